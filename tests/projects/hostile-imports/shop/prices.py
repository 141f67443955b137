"""What a parcel costs."""


def postage(grams: int, express: bool = False) -> int:
    """The price in cents."""
    if grams <= 0:
        raise ValueError("a parcel weighs something")
    price = 200 if grams <= 1000 else 450
    return price * 2 if express else price
