"""The part of an exception's message that a test can match: stable from run to run, and short enough to read."""

from __future__ import annotations

import re
from itertools import takewhile

_LONGEST = 90
_SHORTEST = 8
_LEAST = 4
# What differs from run to run or from machine to machine: objects shown with their addresses, addresses, full paths.
_UNSTABLE = re.compile(r"<[^<>]*0x[0-9a-f]{6,}[^<>]*>?|\S*0x[0-9a-f]{6,}|(?<![\w/.:])(?:/[\w.+-]+){2,}\S*|\n")


def common_part(message: str, other: str) -> str:
    """The message, or where it is another each time, the words that it begins or else ends with."""
    if message == other:
        return message
    start = _same_start(message, other).rpartition(" ")[0]
    end = _same_start(message[::-1], other[::-1])[::-1].partition(" ")[2]
    if start.count("<") > start.count(">"):  # cut inside the repr of an object
        start = start.rpartition("<")[0].rstrip()
    telling = start if len(start) >= _SHORTEST else max(start, end, key=len)
    return telling if len(telling) >= _LEAST else ""


def _same_start(message: str, other: str) -> str:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(message, other, strict=False))
    return "".join(character for character, _ in pairs)


def match_for(message: str) -> str:
    """The first stable part of the message that says enough, else its first at all, without a full stop at the end."""
    fragments = [part.strip() for part in _UNSTABLE.split(message) if part.strip()]
    telling = next((part for part in fragments if len(part) >= _SHORTEST), fragments[0] if fragments else "")
    if len(telling) > _LONGEST:
        telling = telling[:_LONGEST].rpartition(" ")[0]
    return telling.rstrip(".!") if len(telling.rstrip(".!")) >= _SHORTEST else telling
