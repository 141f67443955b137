import ctypes

ctypes.string_at(0)

def double(number: int) -> int:
    return 2 * number
