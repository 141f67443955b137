"""Assertions from what was observed: exact values where they can be written, fields, rows, exceptions, mock calls.

An assertion is kept only when a second observation, made in another process with another hash seed and on another day,
agrees with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from proctor.execution.expressions import (
    Call,
    Expression,
    Fields,
    Items,
    Literal,
    Name,
    Opaque,
    Pairs,
    expression_from_json,
    is_printable,
    walk,
)
from proctor.execution.records import Observation, Rows
from proctor.scenarios.scenario import Scenario

_MOST_FIELDS = 6
_MOST_ITEMS = 3
_LONGEST_MATCH = 90
_SHORTEST_MATCH = 8
_WRITES = ("add", "add_all", "delete", "flush", "commit", "rollback")


@dataclass(frozen=True, slots=True)
class Equals:
    """`subject == expected`; approximately for floats, by identity for None, booleans and names."""

    subject: str
    expected: Expression

    @property
    def is_strong(self) -> bool:
        """Whether it pins a value down."""
        return True


@dataclass(frozen=True, slots=True)
class HasLength:
    """`len(subject) == size`."""

    subject: str
    size: int

    @property
    def is_strong(self) -> bool:
        """Whether it pins a value down."""
        return True


@dataclass(frozen=True, slots=True)
class IsInstance:
    """`isinstance(subject, cls)`: all that can be said of a value that cannot be written down."""

    subject: str
    cls: str

    @property
    def is_strong(self) -> bool:
        """Whether it pins a value down."""
        return False


@dataclass(frozen=True, slots=True)
class Raises:
    """The call raises the type, with a message that matches."""

    type: str
    match: str

    @property
    def is_strong(self) -> bool:
        """Whether it pins a value down."""
        return True


@dataclass(frozen=True, slots=True)
class RowCount:
    """The table of a model has so many rows."""

    model: str
    count: int

    @property
    def is_strong(self) -> bool:
        """Whether it pins a value down."""
        return True


@dataclass(frozen=True, slots=True)
class Called:
    """A mock's method was called `times` times, last with `arguments` where they can be written."""

    mock: str
    method: str
    times: int
    arguments: tuple[tuple[str, Expression], ...] | None

    @property
    def is_strong(self) -> bool:
        """Whether it pins a value down."""
        return True


Assertion = Equals | HasLength | IsInstance | Raises | RowCount | Called


def assertions(scenario: Scenario, seen: Observation, again: Observation) -> tuple[Assertion, ...]:
    """What holds in both observations, in the order of the first."""
    confirmed = set(_around(scenario, again))
    around = (assertion for assertion in dict.fromkeys(_around(scenario, seen)) if assertion in confirmed)
    ending = _of_ending(seen, again)
    if scenario.act.is_statement and seen.raised is None:
        return tuple(around)
    return (*ending, *around)


def _of_ending(seen: Observation, again: Observation) -> Iterator[Assertion]:
    """How the call ended, as far as both runs agree."""
    if seen.raised is not None and again.raised is not None:
        yield Raises(seen.raised.type, match_for(_common(seen.raised.message, again.raised.message)))
    elif seen.result is not None and again.result is not None:
        yield from _of_both("result", seen.result, again.result)


def _of_both(subject: str, value: Expression, again: Expression) -> Iterator[Assertion]:
    """Assertions for a value that was seen twice: where it differs, for those of its parts that do not."""
    if value == again:
        yield from of_value(subject, value)
        return
    match value, again:
        case Fields(cls=cls, fields=fields), Fields(fields=others):
            seen_again = dict(others)
            kept = tuple((name, item) for name, item in fields if seen_again.get(name) == item)
            yield from _of_fields(subject, cls, kept, 0)
        case (Items(kind=kind, items=items), Items(items=others)) if len(items) == len(others):
            yield HasLength(subject, len(items))
            if kind in ("list", "tuple"):
                for index, pair in enumerate(zip(items, others, strict=True)):
                    if index < _MOST_ITEMS:
                        yield from _of_both(f"{subject}[{index}]", *pair)
        case _:
            confirmed = set(of_value(subject, again))
            yield from (assertion for assertion in of_value(subject, value) if assertion in confirmed)


def _common(message: str, other: str) -> str:
    """The message, or where it is another each time, the words that it begins with."""
    if message == other:
        return message
    same = takewhile(lambda pair: pair[0] == pair[1], zip(message, other, strict=False))
    shared = "".join(character for character, _ in same).rpartition(" ")[0]
    if shared.count("<") > shared.count(">"):  # cut inside the repr of an object
        shared = shared.rpartition("<")[0].rstrip()
    return shared if len(shared) >= _SHORTEST_MATCH else ""


def _around(scenario: Scenario, seen: Observation) -> Iterator[Assertion]:
    yield from _of_rows(scenario, seen)
    yield from _of_objects(scenario, seen)
    yield from _of_mock(scenario, seen)
    yield from _of_replacements(scenario, seen)
    yield from _of_collaborators(seen)


def match_for(message: str) -> str:
    """A part of the message that is short enough to read, or nothing where it shows an address."""
    message = re.split(r"<[^<>]*0x[0-9a-f]{6,}|\S*0x[0-9a-f]{6,}|\n", message.strip())[0].rstrip()
    return message if len(message) <= _LONGEST_MATCH else message[:_LONGEST_MATCH].rpartition(" ")[0]


def of_value(subject: str, value: Expression, depth: int = 0) -> Iterator[Assertion]:
    """Assertions for a value that stands under a name."""
    if is_printable(value) and _is_short(value):
        yield Equals(subject, value)
        return
    match value:
        case Fields(cls=cls, fields=fields, comparable=True) if all(is_printable(item) for _, item in fields):
            yield Equals(subject, Call(cls, (), fields))
        case Fields(cls=cls, fields=fields):
            yield from _of_fields(subject, cls, fields, depth)
        case Items(kind=kind, items=items) if kind in ("list", "tuple"):
            yield from _of_items(subject, kind, items, depth)
        case Items(items=items) | Pairs(items=items):
            yield HasLength(subject, len(items))
        case Opaque(cls=cls, size=None):
            if "<" not in cls and not cls.startswith("builtins:"):
                yield IsInstance(subject, cls)
        case Opaque(size=int(size)):
            yield HasLength(subject, size)


def _is_short(value: Expression) -> bool:
    texts = [part.value for _, part in walk(value) if isinstance(part, Literal) and isinstance(part.value, str | bytes)]
    return sum(len(text) for text in texts) <= 600 and sum(1 for _ in walk(value)) <= 60


def _of_fields(subject: str, cls: str, fields: tuple[tuple[str, Expression], ...], depth: int) -> Iterator[Assertion]:
    shown = [(name, item) for name, item in fields if is_printable(item) and item != Literal(None)]
    if not shown and depth == 0:
        yield IsInstance(subject, cls)
    limit = _MOST_FIELDS * 2 if depth == 0 else _MOST_ITEMS
    for name, item in shown[:limit]:
        yield Equals(f"{subject}.{name}", item)


def _of_items(subject: str, kind: str, items: tuple[Expression, ...], depth: int) -> Iterator[Assertion]:
    if kind == "list":
        yield HasLength(subject, len(items))
    if depth < 2:
        for index, item in enumerate(items[:_MOST_ITEMS]):
            yield from of_value(f"{subject}[{index}]", item, depth + 1)


def _of_rows(scenario: Scenario, seen: Observation) -> Iterator[Assertion]:
    """Rows that were added, removed or changed; only what is committed counts, where the target commits."""
    before = seen.rows_before
    after = seen.rows_after if seen.committed else (seen.rows_pending or seen.rows_after)
    if before is None or after is None:
        return
    for model in sorted(after):
        if len(after[model]) != len(before.get(model, {})):
            yield RowCount(model, len(after[model]))
    for binding in scenario.rows:
        if isinstance(binding.value, Call):
            yield from _of_row(binding.name, binding.value, before, after)


def _of_row(name: str, row: Call, before: Rows, after: Rows) -> Iterator[Assertion]:
    key = _key_of(row, before)
    old, new = before.get(row.function, {}).get(key, {}), after.get(row.function, {}).get(key, {})
    for column, value in new.items():
        if old.get(column) != value and is_printable(value):
            yield Equals(f"{name}.{column}", value)


def _key_of(row: Call, rows: Rows) -> str:
    """The primary key text of a bound row: the row whose written columns all agree."""
    written = {name: value for name, value in row.keywords if not isinstance(value, Name)}
    for key, columns in rows.get(row.function, {}).items():
        if all(columns.get(name) == value for name, value in written.items()):
            return key
    identity = written.get("id")
    return str(identity.value) if isinstance(identity, Literal) else ""


def _of_objects(scenario: Scenario, seen: Observation) -> Iterator[Assertion]:
    """The state of plain receivers after a call that answers nothing."""
    receiver = scenario.act.receiver
    state = seen.objects.get(receiver)
    silent = seen.result == Literal(None) or seen.raised is not None or scenario.act.is_statement
    if not receiver or not silent or not isinstance(state, Fields) or scenario.database:
        return
    for name, item in state.fields:
        if is_printable(item) and _is_short(item) and not isinstance(item, Name):
            yield Equals(f"{receiver}.{name}", item)


def _of_mock(scenario: Scenario, seen: Observation) -> Iterator[Assertion]:
    if scenario.database != "mock":
        return
    yield from _of_mocked_rows(scenario, seen)
    calls: dict[str, list[Mapping[str, object]]] = {name: [] for name in _WRITES}
    for call in seen.writes:
        if call["name"] in calls:
            calls[str(call["name"])].append(call)
    for name, made in calls.items():
        if made or (name == "commit" and seen.raised is not None):
            yield Called("mock_session", name, len(made), _write_arguments(made))


def _of_mocked_rows(scenario: Scenario, seen: Observation) -> Iterator[Assertion]:
    """What the call wrote to rows that no database holds."""
    for binding in scenario.bindings:
        state = seen.objects.get(binding.name)
        if not isinstance(binding.value, Call) or not isinstance(state, Fields) or state.cls != binding.value.function:
            continue
        given = dict(binding.value.keywords)
        for name, value in state.fields:
            is_new = value not in (given.get(name, Literal(None)),) and not isinstance(given.get(name), Name)
            if is_new and is_printable(value) and _is_short(value):
                yield Equals(f"{binding.name}.{name}", value)


def _write_arguments(made: list[Mapping[str, object]]) -> tuple[tuple[str, Expression], ...] | None:
    if len(made) != 1 or made[0]["keywords"]:
        return None
    args = made[0]["args"]
    assert isinstance(args, list)
    shown = tuple(("", expression_from_json(argument)) for argument in args)
    return shown if all(isinstance(value, Name) for _, value in shown) else None


def _of_replacements(scenario: Scenario, seen: Observation) -> Iterator[Assertion]:
    for index, item in enumerate(scenario.replacements):
        calls = seen.replaced_calls.get(str(index), [])
        yield Called(item.name, "", len(calls), _call_arguments(calls))


def _of_collaborators(seen: Observation) -> Iterator[Assertion]:
    """What named mocks were asked: how often, and with which arguments where it was once."""
    for name, method in dict.fromkeys((str(use["name"]), str(use["method"])) for use in seen.asked):
        calls = [use for use in seen.asked if (use["name"], use["method"]) == (name, method)]
        yield Called(name, method, len(calls), _call_arguments(calls))


def _call_arguments(calls: list[Mapping[str, Any]]) -> tuple[tuple[str, Expression], ...] | None:
    if len(calls) != 1:
        return None
    positional = [("", expression_from_json(value)) for value in calls[0]["args"]]
    named = [(name, expression_from_json(value)) for name, value in calls[0]["keywords"]]
    shown = (*positional, *named)
    return shown if all(is_printable(value) and _is_short(value) for _, value in shown) else None
