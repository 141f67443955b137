"""Amounts are Decimals with two places; these helpers are the only place where rounding happens."""

from decimal import ROUND_HALF_UP, Context, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MAX_AMOUNT = Decimal("9999999.99")


def to_money(value: Decimal) -> Decimal:
    """Round to whole cents and refuse what no price or total can be."""
    if not value.is_finite():
        raise ValueError("amount must be a finite number")
    if abs(value) > MAX_AMOUNT:
        raise ValueError(f"amount must not exceed {MAX_AMOUNT}")
    return round_money(value)


def round_money(value: Decimal) -> Decimal:
    """Round a sum to whole cents; unlike a single amount it may be as large as it likes."""
    # the default context would give up on sums of more than 26 digits
    return value.quantize(CENT, rounding=ROUND_HALF_UP, context=Context(prec=60))


def positive_money(value: Decimal) -> Decimal:
    """Round to whole cents and insist on more than nothing."""
    amount = to_money(value)
    if amount <= 0:
        raise ValueError("amount must be greater than zero")
    return amount


def check_percent(percent: Decimal, low: int = 0, high: int = 100) -> Decimal:
    """Return the percentage if it is a number between the two limits."""
    if not percent.is_finite() or not low <= percent <= high:
        raise ValueError(f"percent must be between {low} and {high}")
    return percent


def share_of(amount: Decimal, percent: Decimal) -> Decimal:
    """Return so many percent of an amount, in whole cents."""
    return to_money(amount * percent / 100)


def to_cents(amount: Decimal) -> int:
    """Return the amount in the smallest unit, as payment providers want it."""
    return int(to_money(amount) * 100)
