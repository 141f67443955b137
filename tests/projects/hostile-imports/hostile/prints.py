import sys

for _ in range(100):
    sys.stdout.write("x" * 1_000_000)
    sys.stderr.write("y" * 1_000_000)

def double(number: int) -> int:
    return 2 * number
