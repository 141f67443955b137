from decimal import Decimal

from app.core.money import positive_money, share_of, to_cents


def test_amounts_are_rounded_half_up():
    assert positive_money(Decimal("1.005")) == Decimal("1.01")


def test_share_of():
    assert to_cents(share_of(Decimal("80.00"), Decimal(25))) == 2000
