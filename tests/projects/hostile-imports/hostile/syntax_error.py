def half(number:
    return number / 2

def double(number: int) -> int:
    return 2 * number
