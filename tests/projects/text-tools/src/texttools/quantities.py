"""Durations and roman numerals, in both directions."""

from __future__ import annotations

import re

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
PART = re.compile(r"([0-9]{1,9})\s*([dhms])")
ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


def parse_duration(text: str) -> int:
    """Return the seconds in a text such as ``1h 30m``.

    Raises:
        ValueError: if the text is empty, has anything but numbers with units in it, or names a unit twice.
    """
    rest = text.strip().lower()
    if not rest:
        raise ValueError("duration is empty")
    seconds = 0
    seen: set[str] = set()
    while rest:
        match = PART.match(rest)
        if match is None:
            raise ValueError(f"cannot read duration at {rest!r}")
        amount, unit = match.groups()
        if unit in seen:
            raise ValueError(f"unit {unit!r} is there twice")
        seen.add(unit)
        seconds += int(amount) * UNITS[unit]
        rest = rest[match.end() :].lstrip()
    return seconds


def format_duration(seconds: int, parts: int = 2) -> str:
    """Write seconds with the largest units first, at most so many of them.

    Raises:
        ValueError: if seconds is negative or parts is less than one.
    """
    if seconds < 0:
        raise ValueError("seconds must not be negative")
    if parts < 1:
        raise ValueError("parts must be at least 1")
    written = []
    for unit, size in UNITS.items():
        amount, seconds = divmod(seconds, size)
        if amount and len(written) < parts:
            written.append(f"{amount}{unit}")
    return " ".join(written) or "0s"


def to_roman(number: int) -> str:
    """Return the roman numeral of a number.

    Raises:
        ValueError: if the number is not between 1 and 3999.
    """
    if not 1 <= number <= 3999:
        raise ValueError(f"{number} has no roman numeral")
    letters = ""
    for value, symbol in ROMAN:
        while number >= value:
            letters += symbol
            number -= value
    return letters


def from_roman(numeral: str) -> int:
    """Return the number a roman numeral stands for.

    Raises:
        ValueError: if it is not a numeral in its one proper spelling.
    """
    wanted = numeral.strip().upper()
    number, rest = 0, wanted
    for value, symbol in ROMAN:
        while rest.startswith(symbol):
            number += value
            rest = rest[len(symbol) :]
    if rest or not 1 <= number <= 3999 or to_roman(number) != wanted:
        raise ValueError(f"{numeral!r} is not a roman numeral")
    return number
