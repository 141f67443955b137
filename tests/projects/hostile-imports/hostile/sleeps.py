import time

time.sleep(1_000_000)

def double(number: int) -> int:
    return 2 * number
