"""Strings for regular expressions: some that match, and some that nearly do; both are checked with `re` itself."""

from __future__ import annotations

import functools
import importlib
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

# What re's parser hands out: numbers, pairs, and lists of (operation, argument) inside each other.
_Parsed = Any

_CANDIDATES = "a0A-_ .x9Zé!\n"
_CATEGORIES = {"CATEGORY_DIGIT": r"\d", "CATEGORY_SPACE": r"\s", "CATEGORY_WORD": r"\w"}
_LONGEST_REPEAT = 256
_LONGEST_TEXT = 512
_ATTEMPTS = 200


class _UnsupportedPatternError(Exception):
    """A construct for which no string is made."""


@dataclass(slots=True)
class _Choices:
    """One way through the pattern: the number's digits, in mixed radix, are the options taken."""

    number: int
    groups: dict[int, str] = field(default_factory=dict)
    ahead: list[str] = field(default_factory=list)
    sets: dict[int, list[str]] = field(default_factory=dict)

    def pick(self, options: Sequence[_Parsed]) -> _Parsed:
        if not options:
            raise _UnsupportedPatternError
        self.number, digit = divmod(self.number, len(options))
        return options[digit]


@functools.lru_cache(maxsize=512)
def matching(pattern: str, flags: int = 0, limit: int = 5) -> tuple[str, ...]:
    """Up to limit different strings that the pattern matches, as a whole where possible; none when out of reach."""
    compiled = _compiled(pattern, flags)
    if compiled is None:
        return ()
    seen: dict[str, None] = {}
    whole: list[str] = []
    for text in _candidates(pattern, flags):
        if text not in seen and compiled.fullmatch(text):
            whole.append(text)
        seen[text] = None
        if len(whole) == limit:
            break
    return tuple((whole or [text for text in seen if compiled.match(text)])[:limit])


@functools.lru_cache(maxsize=512)
def near_misses(pattern: str, flags: int = 0, limit: int = 5) -> tuple[str, ...]:
    """Up to limit strings one edit away from a match that do not match as a whole, what not even search finds first."""
    compiled = _compiled(pattern, flags)
    edits = [edit for text in matching(pattern, flags, 2) for edit in _edits(text)] if compiled else []
    missed = [text for text in dict.fromkeys(edits) if compiled and not compiled.fullmatch(text)]
    return tuple(sorted(missed, key=lambda text: compiled is None or compiled.search(text) is not None)[:limit])


def _compiled(pattern: str, flags: int) -> re.Pattern[str] | None:
    try:
        with warnings.catch_warnings():
            # A doubtful pattern is the project's affair.
            warnings.simplefilter("ignore")
            return re.compile(pattern, flags)
    except (re.error, ValueError, OverflowError, RecursionError):
        return None


def _nodes(pattern: str, flags: int) -> _Parsed:
    # The parser that re itself uses; its public name sre_parse is deprecated, and stubs know neither.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("re._parser").parse(pattern, flags)


def _candidates(pattern: str, flags: int) -> Iterator[str]:
    parsed = _nodes(pattern, flags)
    sets: dict[int, list[str]] = {}
    for number in range(_ATTEMPTS):
        choices = _Choices(number, sets=sets)
        try:
            text = _sequence(parsed, choices)
        except _UnsupportedPatternError:
            return
        for candidate in _with_lookaheads(text, "".join(choices.ahead)):
            if len(candidate) <= _LONGEST_TEXT:
                yield candidate
        if choices.number:
            # Digits were left over: all ways have been gone.
            return


def _with_lookaheads(text: str, ahead: str) -> Iterator[str]:
    """What must come ahead is often part of the text itself, as in rules for passwords."""
    yield text
    if ahead:
        yield ahead + text[len(ahead) :]
        yield ahead + text
        yield text + ahead


def _sequence(nodes: _Parsed, choices: _Choices) -> str:
    return "".join(_text(str(operation), argument, choices) for operation, argument in nodes)


def _text(operation: str, argument: _Parsed, choices: _Choices) -> str:
    """The string for one node of the parsed pattern."""
    match operation:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return str(choices.pick([char for char in _CANDIDATES if char != chr(argument)][:2]))
        case "ANY":
            return str(choices.pick(["a", "0"]))
        case "IN":
            # The parsed pattern lives as long as the choices do, so its parts can be told apart by identity.
            members = choices.sets.get(id(argument)) or _characters(argument)
            choices.sets[id(argument)] = members
            return str(choices.pick(members))
        case "BRANCH":
            return _sequence(choices.pick(argument[1]), choices)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _repeated(argument, choices)
        case _:
            return _grouped(operation, argument, choices)


def _grouped(operation: str, argument: _Parsed, choices: _Choices) -> str:
    match operation:
        case "SUBPATTERN":
            return _captured(argument[0], argument[-1], choices)
        case "ATOMIC_GROUP":
            return _sequence(argument, choices)
        case "GROUPREF":
            return choices.groups.get(argument, "")
        case "GROUPREF_EXISTS":
            number, there, not_there = argument
            return _sequence(there if number in choices.groups else not_there or (), choices)
        case "ASSERT":
            return _noted_ahead(argument, choices)
        case "AT" | "ASSERT_NOT" | "FAILURE":
            # They take no room; whether they hold is checked on the finished string.
            return ""
        case _:
            raise _UnsupportedPatternError(operation)


def _captured(number: int | None, nodes: _Parsed, choices: _Choices) -> str:
    text = _sequence(nodes, choices)
    if number is not None:
        choices.groups[number] = text
    return text


def _noted_ahead(argument: _Parsed, choices: _Choices) -> str:
    direction, nodes = argument
    text = _sequence(nodes, choices)
    if direction > 0:
        choices.ahead.append(text)
    return ""


def _repeated(argument: _Parsed, choices: _Choices) -> str:
    """At least one where that is allowed, then the edges: the fewest, two more, the most."""
    least, most, nodes = argument
    if least > _LONGEST_REPEAT:
        raise _UnsupportedPatternError("repeat")
    highest = int(most)
    options = [max(least, min(1, highest)), least, min(highest, least + 2)]
    if highest <= _LONGEST_REPEAT:
        options.append(highest)
    count = choices.pick(list(dict.fromkeys(options)))
    pieces = []
    for _ in range(count):
        pieces.append(_sequence(nodes, choices))
        if sum(map(len, pieces)) > _LONGEST_TEXT:
            raise _UnsupportedPatternError("too long")
    return "".join(pieces)


def _characters(items: _Parsed) -> list[str]:
    """A few members of a set: its own literals and range ends, and the usual characters it admits."""
    own = [char for operation, argument in items for char in _ends(str(operation), argument)]
    admitted = [char for char in dict.fromkeys([*_CANDIDATES, *own]) if _is_in(char, items)]
    return sorted(admitted, key=lambda char: (not char.isalnum(), char not in own))[:3]


def _ends(operation: str, argument: _Parsed) -> list[str]:
    if operation == "LITERAL":
        return [chr(argument)]
    return [chr(argument[0]), chr(argument[1])] if operation == "RANGE" else []


def _is_in(char: str, items: _Parsed) -> bool:
    is_negated = str(items[0][0]) == "NEGATE"
    found = any(_is_member(char, str(operation), argument) for operation, argument in items)
    return found != is_negated


def _is_member(char: str, operation: str, argument: _Parsed) -> bool:
    if operation == "LITERAL":
        return bool(ord(char) == argument)
    if operation == "RANGE":
        return bool(argument[0] <= ord(char) <= argument[1])
    if operation == "CATEGORY":
        name = str(argument)
        expression = _CATEGORIES.get(name.replace("_NOT_", "_"))
        return expression is not None and bool(re.match(expression, char)) != ("_NOT_" in name)
    return False


def _edits(text: str) -> Iterator[str]:
    """Shorter, longer, and with one character of another kind."""
    yield ""
    if text:
        yield text[:-1]
        yield text[1:]
        yield from (text[:place] + _other(text[place]) + text[place + 1 :] for place in _places(text))
        yield from (text[:place] + text[place + 1 :] for place in _places(text))
    yield f"{text}!"
    yield f" {text}"
    yield text.swapcase()
    yield text + text


def _places(text: str) -> list[int]:
    """The first, the last, and where the kind of character changes."""
    changes = [place for place in range(1, len(text)) if text[place].isalnum() != text[place - 1].isalnum()]
    return list(dict.fromkeys([0, *changes, len(text) - 1]))[:8]


def _other(char: str) -> str:
    if char.isdecimal():
        return "x"
    return "0" if char.isalpha() else "a"
