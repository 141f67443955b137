"""Assertions from what was observed: exact values where they can be written, fields, rows, exceptions, mock calls.

An assertion is kept only when a second observation, made in another process with another hash seed and on another day,
agrees with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan
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
from proctor.execution.records import Observation, Raised, Rows
from proctor.oracles.messages import common_part, match_for
from proctor.oracles.surroundings import CHANGED_RECEIVER, of_arguments, of_output, of_views
from proctor.scenarios.scenario import Scenario

_MOST_FIELDS = 6
_MOST_ITEMS = 3
_MOST_EMPTY_FIELDS = 8
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
    """The call raises the type, with a message that matches, or with none where it is silent."""

    type: str
    match: str
    is_silent: bool = False

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


@dataclass(frozen=True, slots=True)
class Warns:
    """The call warns with a category and a message that matches."""

    type: str
    match: str

    @property
    def is_strong(self) -> bool:
        """Whether it pins a value down."""
        return True


Assertion = Equals | HasLength | IsInstance | Raises | RowCount | Called | Warns


def assertions(scenario: Scenario, seen: Observation, again: Observation) -> tuple[Assertion, ...]:
    """What holds in both observations, in the order of the first."""
    around = _confirmed(_around(scenario, seen), _around(scenario, again))
    if scenario.act.is_statement and seen.raised is None:
        return around
    return (*_of_ending(seen, again), *around)


def _confirmed(seen: Iterator[Assertion], again: Iterator[Assertion]) -> tuple[Assertion, ...]:
    """Those of the first that are among the second."""
    second = set(again)
    return tuple(assertion for assertion in dict.fromkeys(seen) if assertion in second)


def _of_ending(seen: Observation, again: Observation) -> Iterator[Assertion]:
    """How the call ended, as far as both runs agree."""
    if seen.raised is not None and again.raised is not None:
        messages = seen.raised.message, again.raised.message
        yield Raises(_importable(seen.raised), match_for(common_part(*messages)), messages == ("", ""))
    elif seen.result is not None and again.result is not None:
        plain = list(_of_both("result", seen.result, again.result))
        views = _confirmed(_of_views("result", seen), _of_views("result", again))
        yield from plain
        yield from (view for view in views if view not in plain and not _is_whole(plain))


def _is_whole(found: list[Assertion]) -> bool:
    """Whether the value was compared as a whole."""
    return any(isinstance(item, Equals) and item.subject == "result" for item in found)


def _of_views(subject: str, seen: Observation) -> Iterator[Assertion]:
    yield from (Equals(asked, value) for asked, value in of_views(subject, seen, _is_short))


def _importable(raised: Raised) -> str:
    """The class of the exception, or where a test cannot import it, the nearest one that it can."""
    return next((cls for cls in (raised.type, *raised.bases) if "<" not in cls), "builtins:Exception")


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


def _around(scenario: Scenario, seen: Observation) -> Iterator[Assertion]:
    yield from _of_rows(scenario, seen)
    yield from _of_objects(scenario, seen)
    yield from _of_mock(scenario, seen)
    yield from _of_replacements(scenario, seen)
    yield from _of_collaborators(seen)
    yield from (Equals(subject, value) for subject, value in of_arguments(scenario, seen, _is_short))
    yield from (Equals(subject, value) for subject, value in of_output(scenario, seen))
    yield from (Warns(category, match_for(text)) for category, text in seen.warnings[:1] if "<" not in category)


def of_value(subject: str, value: Expression, depth: int = 0) -> Iterator[Assertion]:
    """Assertions for a value that stands under a name."""
    if isinstance(value, Literal) and isinstance(value.value, float) and isnan(value.value):
        yield Equals(f"math.isnan({subject})", Literal(True))
        return
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
        case Pairs(items=items) if depth < 2 and any(is_printable(key) for key, _ in items):
            yield HasLength(subject, len(items))
            yield from _of_pairs(subject, items, depth)
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
    is_small = len(fields) <= _MOST_EMPTY_FIELDS
    limit = _MOST_FIELDS * 2 if depth == 0 else _MOST_ITEMS
    found: list[Assertion] = []
    for name, item in fields:
        if isinstance(item, Fields) and depth < 2:
            found += _of_fields(f"{subject}.{name}", item.cls, item.fields, depth + 1)
        elif is_printable(item) and (is_small or item != Literal(None)):
            found.append(Equals(f"{subject}.{name}", item))
    yield from found[:limit]
    if not found and depth == 0 and "<" not in cls:
        yield IsInstance(subject, cls)


def _of_pairs(subject: str, items: tuple[tuple[Expression, Expression], ...], depth: int) -> Iterator[Assertion]:
    for key, item in items[:_MOST_FIELDS]:
        if isinstance(key, Literal) and key.kind in ("str", "int", "bool"):
            yield from of_value(f"{subject}[{key.value!r}]", item, depth + 1)


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
    """The state of plain receivers after a call that answers nothing or changed it."""
    receiver = scenario.act.receiver
    state = seen.objects.get(receiver)
    silent = seen.result == Literal(None) or seen.raised is not None or scenario.act.is_statement
    is_changed = CHANGED_RECEIVER in seen.arguments
    if not receiver or scenario.database or not (is_changed or (silent and scenario.act.kind != "property")):
        return
    if is_changed:
        yield from _of_views(receiver, seen)
    if is_changed and state is not None and is_printable(state) and _is_short(state):
        yield Equals(receiver, state)
    for name, item in state.fields if isinstance(state, Fields) else ():
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
