import os

os.chdir("/")

def double(number: int) -> int:
    return 2 * number
