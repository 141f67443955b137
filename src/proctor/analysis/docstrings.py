"""Reads what docstrings promise, in the usual three styles: exceptions that are raised, and types of parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from proctor.analysis.syntax import unique

_SPHINX = re.compile(r"^\s*:(?:raises?|except(?:ion)?)\s+([\w., ]+?)\s*:", re.MULTILINE)
_SECTION = re.compile(r"^\s*Raises:?\s*$", re.IGNORECASE)
_ENTRY = re.compile(r"^\s*`{0,2}((?:\w+\.)*[A-Z]\w*)`{0,2}\s*(?::|$)")


def documented_exceptions(docstring: str | None) -> tuple[str, ...]:
    """The names of the exceptions that a docstring says may be raised."""
    if not docstring:
        return ()
    return unique([*_from_fields(docstring), *_from_section(docstring.splitlines())])


def _from_fields(docstring: str) -> Iterator[str]:
    for names in _SPHINX.findall(docstring):
        yield from (name.strip() for name in names.split(",") if name.strip())


def _from_section(lines: list[str]) -> Iterator[str]:
    """A section ends with its indentation, or where the next heading is underlined."""
    start = next((number for number, line in enumerate(lines) if _SECTION.match(line)), None)
    if start is None:
        return
    body = lines[start + 1 :]
    is_underlined = bool(body) and set(body[0].strip()) == {"-"}
    heading_indent = _indent(lines[start])
    for line, following in pairwise([*body[is_underlined:], ""]):
        if _ends_section(line, following, heading_indent, is_underlined):
            return
        entry = _ENTRY.match(line)
        if entry:
            yield entry.group(1)


def _ends_section(line: str, following: str, heading_indent: int, is_underlined: bool) -> bool:
    if is_underlined:
        return set(following.strip()) == {"-"}
    return not line.strip() or _indent(line) <= heading_indent


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


_SPHINX_TYPE = re.compile(r"^\s*:type\s+(\w+)\s*:\s*(.+?)\s*$", re.MULTILINE)
_SPHINX_TYPED_PARAMETER = re.compile(r"^\s*:param\s+([^:]+?)\s+(\w+)\s*:", re.MULTILINE)
_GOOGLE_PARAMETER = re.compile(r"^\s+\*{0,2}(\w+)\s*\(([^()]+(?:\([^()]*\))?[^()]*)\)\s*:", re.MULTILINE)
_NUMPY_PARAMETER = re.compile(r"^\s*\*{0,2}(\w+)\s+:\s+(\S.*?)\s*$", re.MULTILINE)


def documented_types(docstring: str | None) -> dict[str, str]:
    """The types that a docstring gives to parameters, as written, in the Google, NumPy and Sphinx styles."""
    if not docstring:
        return {}
    found = dict(_NUMPY_PARAMETER.findall(docstring))
    found |= dict(_GOOGLE_PARAMETER.findall(docstring))
    found |= {name: kind for kind, name in _SPHINX_TYPED_PARAMETER.findall(docstring)}
    return found | dict(_SPHINX_TYPE.findall(docstring))
