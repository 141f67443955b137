"""A scenario: everything needed to call one target once, as data that can be run, varied, compared and printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from proctor.execution.expressions import Expression, Path, replace_at, walk
from proctor.execution.probe.operators import IN_PLACE

_STATEMENTS = IN_PLACE | {"__setitem__", "__delitem__"}


@dataclass(frozen=True, slots=True)
class Binding:
    """A named object of the arrangement; kind "row" is also added to the database session."""

    name: str
    value: Expression
    kind: str = "object"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"name": self.name, "value": self.value.to_json(), "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Argument:
    """A value for a parameter; `keyword` says how it is passed."""

    name: str
    value: Expression
    keyword: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A call: of a function (`target`), or of a member of a bound object (`receiver`).

    `kind` is function, method, property, setter or operator; `consume` says how what it gives is used up; with a
    `name`, later steps know the result by it.
    """

    kind: str
    target: str
    member: str
    receiver: str = ""
    arguments: tuple[Argument, ...] = ()
    consume: str = ""
    name: str = ""

    @property
    def is_statement(self) -> bool:
        """Whether it is written as a statement that has no value: an assignment or a deletion."""
        return self.kind == "setter" or (self.kind == "operator" and self.member in _STATEMENTS)

    def to_json(self) -> dict[str, Any]:
        """What the probe needs."""
        return {
            "kind": self.kind,
            "target": self.target,
            "member": self.member,
            "receiver": self.receiver,
            "args": [argument.value.to_json() for argument in self.arguments if not argument.keyword],
            "keywords": [[a.name, a.value.to_json()] for a in self.arguments if a.keyword],
            "consume": self.consume,
            "name": self.name,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a replaced call ends: with a value or with an exception."""

    value: Expression
    raises: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"raises" if self.raises else "returns": self.value.to_json()}


@dataclass(frozen=True, slots=True)
class Replacement:
    """A call at the border to the outside that is replaced: `name` of `holder` (`module` or `module:Class`)."""

    holder: str
    name: str
    outcomes: tuple[Outcome, ...]
    is_async: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        outcomes = [outcome.to_json() for outcome in self.outcomes]
        return {"holder": self.holder, "name": self.name, "outcomes": outcomes, "is_async": self.is_async}


@dataclass(frozen=True, slots=True)
class MockCall:
    """The answers that a mock gives at the end of a call chain such as ("query()", "filter()", "first()")."""

    path: tuple[str, ...]
    outcomes: tuple[Outcome, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"path": list(self.path), "outcomes": [outcome.to_json() for outcome in self.outcomes]}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to call a target. `database` is "session" (real), "mock" or "" (none)."""

    target: str
    act: Step
    bindings: tuple[Binding, ...] = ()
    assignments: tuple[tuple[str, str, Expression], ...] = ()
    before: tuple[Step, ...] = ()
    database: str = ""
    environment: tuple[tuple[str, str | None], ...] = ()
    replacements: tuple[Replacement, ...] = ()
    mock_calls: tuple[MockCall, ...] = ()
    uses_folder: bool = False

    def to_json(self, *, detail: bool = False, record: bool = False) -> dict[str, Any]:
        """What the probe runs: `detail` asks for rows and objects, `record` for a log of what the session was asked."""
        return {
            "act": self.act.to_json(),
            "bindings": [binding.to_json() for binding in self.bindings],
            "assignments": [[name, attribute, value.to_json()] for name, attribute, value in self.assignments],
            "before": [step.to_json() for step in self.before],
            "database": self.database,
            "environment": [list(pair) for pair in self.environment],
            "replacements": [item.to_json() for item in self.replacements],
            "mock_calls": [item.to_json() for item in self.mock_calls],
            "tmp_path": self.uses_folder,
            "detail": detail,
            "record": record,
        }

    def binding(self, name: str) -> Binding | None:
        """The binding of that name."""
        return next((binding for binding in self.bindings if binding.name == name), None)

    @property
    def rows(self) -> tuple[Binding, ...]:
        """The bindings that become rows of the database."""
        return tuple(binding for binding in self.bindings if binding.kind == "row")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a scenario where an expression stands: in a binding, an argument or a replacement's outcome.

    `where` is ("binding", name), ("argument", position), ("step", index, position) or ("outcome", index, position).
    """

    where: tuple[str | int, ...]
    path: Path
    value: Expression

    @property
    def label(self) -> str:
        """The nearest name on the way to this place, or ""."""
        return next((step for step in reversed(self.path) if isinstance(step, str) and not step.startswith("key")), "")


def slots(scenario: Scenario) -> Iterator[Slot]:
    """Every place of a scenario, outer ones first: arguments, then steps, bindings and replaced calls."""
    for position, argument in enumerate(scenario.act.arguments):
        yield from _slots_in(("argument", position), argument.value)
    for index, step in enumerate(scenario.before):
        for position, argument in enumerate(step.arguments):
            yield from _slots_in(("step", index, position), argument.value)
    for binding in scenario.bindings:
        yield from _slots_in(("binding", binding.name), binding.value)
    for index, item in enumerate(scenario.replacements):
        for position, outcome in enumerate(item.outcomes):
            yield from _slots_in(("outcome", index, position), outcome.value)


def _slots_in(where: tuple[str | int, ...], value: Expression) -> Iterator[Slot]:
    for path, part in walk(value):
        yield Slot(where, path, part)


def with_value(scenario: Scenario, slot: Slot, value: Expression) -> Scenario:
    """The scenario with the expression at `slot` exchanged."""
    match slot.where:
        case ("argument", int(position)):
            return replace(scenario, act=_with_argument(scenario.act, position, slot.path, value))
        case ("step", int(index), int(position)):
            steps = list(scenario.before)
            steps[index] = _with_argument(steps[index], position, slot.path, value)
            return replace(scenario, before=tuple(steps))
        case ("binding", str(name)):
            return replace(scenario, bindings=tuple(_with_part(b, name, slot.path, value) for b in scenario.bindings))
        case ("outcome", int(index), int(position)):
            items = list(scenario.replacements)
            outcomes = list(items[index].outcomes)
            outcomes[position] = replace(
                outcomes[position], value=replace_at(outcomes[position].value, slot.path, value)
            )
            items[index] = replace(items[index], outcomes=tuple(outcomes))
            return replace(scenario, replacements=tuple(items))
    return scenario


def _with_argument(step: Step, position: int, path: Path, value: Expression) -> Step:
    arguments = list(step.arguments)
    arguments[position] = replace(arguments[position], value=replace_at(arguments[position].value, path, value))
    return replace(step, arguments=tuple(arguments))


def _with_part(binding: Binding, name: str, path: Path, value: Expression) -> Binding:
    if binding.name != name:
        return binding
    return replace(binding, value=replace_at(binding.value, path, value))
