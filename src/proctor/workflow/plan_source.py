"""Where in a plan file something stands: errors name the line and column, and the place as a path in the JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Step: TypeAlias = int | str

_SPACE = re.compile(r"[ \t\n\r]*")
_PARSER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class PlanSource:
    """A plan file that is being read; one that was made in memory has no text."""

    name: str
    text: str = ""

    def at(self, *path: Step) -> str:
        """Return `file:line:column: phases[0].agents[1].output`; without text, the line and column are left out."""
        position = _position(self.text, path) if self.text else None
        place = self.name if position is None else f"{self.name}:{_line_and_column(self.text, position)}"
        return f"{place}: {spelled(path)}"


def spelled(path: Sequence[Step]) -> str:
    """Return a path in the JSON as people write it."""
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return shown.removeprefix(".") or "the whole file"


def _line_and_column(text: str, position: int) -> str:
    before = text[:position]
    return f"{before.count(chr(10)) + 1}:{position - before.rfind(chr(10))}"


def _position(text: str, path: Sequence[Step]) -> int | None:
    """Find the deepest part of the path that is there; None when the text is nothing that can be walked through."""
    found = value = _skip(text, 0)
    try:
        for step in path:
            inner = _member(text, value, step)
            if inner is None:
                break
            found, value = inner
    except (ValueError, RecursionError):
        return None
    return found


def _member(text: str, start: int, step: Step) -> tuple[int, int] | None:
    """Return where a member begins, with its name if it has one, and where its value does; the last of equal ones."""
    if text[start : start + 1] not in "{[" or isinstance(step, str) != (text[start : start + 1] == "{"):
        return None
    members = _members(text, start)
    found = [(begin, value) for number, (begin, value, name) in enumerate(members) if step in (name, number)]
    return found[-1] if found else None


def _members(text: str, start: int) -> Iterator[tuple[int, int, str | None]]:
    is_object = text[start] == "{"
    at = _skip(text, start + 1)
    while text[at : at + 1] not in ("}", "]", ""):
        begin, name = at, None
        if is_object:
            name, after = _PARSER.raw_decode(text, at)
            at = _skip(text, _skip(text, after) + 1)
        yield begin, at, name
        _, after = _PARSER.raw_decode(text, at)
        at = _skip(text, after)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()
