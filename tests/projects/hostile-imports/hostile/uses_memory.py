held = [bytearray(64 << 20) for _ in range(1_000)]

def double(number: int) -> int:
    return 2 * number
