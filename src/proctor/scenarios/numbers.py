"""Numbers in expressions: read out of literals and Decimals, and written back in the form of the place they go to."""

from __future__ import annotations

import datetime
from decimal import Decimal, InvalidOperation

from proctor.execution.expressions import Call, Expression, Literal

_DATE_TYPES = {"datetime:datetime": datetime.datetime, "datetime:date": datetime.date}


def number_of(expression: Expression) -> Decimal | None:
    """The number that an int, float or Decimal expression stands for."""
    if isinstance(expression, Literal) and expression.kind in ("int", "float"):
        return _decimal(str(expression.value))
    if isinstance(expression, Call) and expression.function == "decimal:Decimal" and expression.args:
        inner = expression.args[0]
        return _decimal(str(inner.value)) if isinstance(inner, Literal) else None
    return None


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def like(place: Expression, number: Decimal) -> Expression:
    """The number in the form of the expression that stands at the place now."""
    if isinstance(place, Call):
        return Call("decimal:Decimal", (Literal(plain_text(number)),))
    if isinstance(place, Literal) and place.kind == "float":
        return Literal(float(number))
    return Literal(int(number))


def plain_text(number: Decimal) -> str:
    """The number without an exponent."""
    return format(number, "f")


def neighbours(number: Decimal) -> tuple[Decimal, ...]:
    """The number and what lies just beside it: by one, and by one hundredth for amounts of money."""
    return (number, number + 1, number - 1, number + Decimal("0.01"), number - Decimal("0.01"))


def shifted_days(expression: Expression, days: int) -> Expression | None:
    """A date or datetime expression moved by days, or None for other expressions."""
    if not isinstance(expression, Call) or expression.function not in _DATE_TYPES:
        return None
    values = [part.value for part in expression.args if isinstance(part, Literal)]
    if len(values) != len(expression.args) or not all(isinstance(value, int) for value in values):
        return None
    moved = _moved(expression.function, [int(str(value)) for value in values], days)
    if moved is None:
        return None
    parts = [moved.year, moved.month, moved.day]
    return Call(expression.function, tuple(map(Literal, parts)) + expression.args[3:], expression.keywords)


def _moved(function: str, values: list[int], days: int) -> datetime.date | None:
    try:
        return datetime.date(*values[:3]) + datetime.timedelta(days=days)
    except (ValueError, OverflowError, TypeError):
        return None
