from decimal import Decimal

from app.core.formatting import format_money, mask_email, order_number, truncate


def test_format_money():
    assert format_money(Decimal("1234.5")) == "$1,234.50"


def test_mask_email():
    assert mask_email("jane@example.com") == "j***@example.com"


def test_order_number_and_truncate():
    assert truncate(order_number(7), 5) == "SO-0…"
