"""The limits of an annotation: which values keep them, and values at their edges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain

from proctor.execution.expressions import Call, Expression, Literal
from proctor.scenarios.numbers import like, number_of

_LONGEST_TEXT = 500


def within(values: Iterator[Expression], limits: Mapping[str, int | float | str]) -> Iterator[Expression]:
    """The values that keep the limits of an annotation; without limits, all of them."""
    if not limits:
        yield from values
        return
    made = tuple(values)
    lowest = limits.get("ge", limits.get("gt"))
    for value in chain(_lowest(lowest, made), made, _of_required_length(limits)):
        if _is_within(value, limits):
            yield value


def _lowest(lowest: int | float | str | None, made: Sequence[Expression]) -> Iterator[Expression]:
    """Numbers at the lower bound, of the annotation's own type."""
    if isinstance(lowest, int) and made and number_of(made[0]) is not None:
        yield from (like(made[0], Decimal(lowest + step)) for step in (1, 0))


def _of_required_length(limits: Mapping[str, int | float | str]) -> Iterator[Expression]:
    """Texts as long as they have to be, and as long as they may be."""
    for name in ("min_length", "max_length"):
        length = limits.get(name)
        if isinstance(length, int) and 0 < length <= _LONGEST_TEXT:
            yield Literal(("abcdefghij" * (length // 10 + 1))[:length])


def _is_within(value: Expression, limits: Mapping[str, int | float | str]) -> bool:
    if isinstance(value, Call) and value.function == "decimal:Decimal":
        value = Literal(float(str(value.args[0].value))) if isinstance(value.args[0], Literal) else value
    if not isinstance(value, Literal):
        return True
    plain = value.value
    if isinstance(plain, str | bytes):
        return _fits_length(len(plain), limits) and _fits_pattern(plain, limits.get("pattern"))
    if isinstance(plain, int | float):
        return all(_compares(plain, op, limits[op]) for op in ("gt", "ge", "lt", "le") if op in limits)
    return True


def _fits_length(length: int, limits: Mapping[str, int | float | str]) -> bool:
    shortest, longest = limits.get("min_length", 0), limits.get("max_length", 10**9)
    return int(shortest) <= length <= int(longest)


def _fits_pattern(text: str | bytes, pattern: int | float | str | None) -> bool:
    return not isinstance(pattern, str) or not isinstance(text, str) or re.search(pattern, text) is not None


def _compares(value: int | float, op: str, bound: int | float | str) -> bool:
    if isinstance(bound, str):
        return True
    return {"gt": value > bound, "ge": value >= bound, "lt": value < bound, "le": value <= bound}[op]
