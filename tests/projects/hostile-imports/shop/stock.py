"""How much is left."""


def left(stock: int, sold: int) -> int:
    """What remains; never less than nothing."""
    if sold > stock:
        return 0
    return stock - sold
