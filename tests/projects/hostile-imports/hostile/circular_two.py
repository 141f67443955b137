from hostile.circular_one import first

second = first + 1

def double(number: int) -> int:
    return 2 * number
