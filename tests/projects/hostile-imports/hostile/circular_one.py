from hostile.circular_two import second

first = second + 1

def double(number: int) -> int:
    return 2 * number
