"""Small text helpers for mails, invoices and logs."""

from decimal import Decimal

SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£"}


def format_money(amount: Decimal, currency: str = "usd") -> str:
    """Write an amount the way customers read it."""
    symbol = SYMBOLS.get(currency.lower())
    if symbol is None:
        return f"{amount:,.2f} {currency.upper()}"
    return f"{symbol}{amount:,.2f}"


def order_number(order_id: int) -> str:
    """Return the number that is printed on invoices."""
    return f"SO-{order_id:06d}"


def mask_email(email: str) -> str:
    """Hide most of the local part of an address."""
    local, at, domain = email.partition("@")
    if not at:
        return "***"
    return f"{local[:1]}***@{domain}"


def truncate(text: str, width: int) -> str:
    """Shorten a text to a width, with an ellipsis when something was cut off."""
    if len(text) <= width:
        return text
    return text[: max(width - 1, 0)].rstrip() + "…"
