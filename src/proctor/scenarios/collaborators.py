"""Collaborators of a service that cannot be real: mocks with a specification, and what their methods answer.

A mock stands under a name of its own. Which methods are asked shows when the target runs; each gets an answer of the
type that it declares, then None, another value, or an exception that the target handles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from proctor.execution.expressions import NONE, Call, Expression, Function, Literal, Mock, Name, replace_at, walk
from proctor.execution.records import CallableReport, Observation, TargetReport, TypeReport
from proctor.scenarios.rows import snake
from proctor.scenarios.scenario import Binding, Scenario, slots, with_value
from proctor.scenarios.values import ValueSource, text_for

_NO_ATTRIBUTE = re.compile(r"^'(\w+)' object has no attribute '(\w+)'$")
_MOST_ANSWERS = 5
_INTERFACES = ("protocol", "abstract")
_RETURNS = ".return_value"
_RAISES = ".side_effect"


class Collaborators:
    """Answers for the mocks in scenarios of one module."""

    def __init__(self, report: TargetReport, values: ValueSource) -> None:
        self._classes = report.classes
        self._exceptions = report.exceptions
        self._values = values
        self._callables: Mapping[tuple[str | None, str], CallableReport] = {
            (target.owner, target.name): target for target in report.callables
        }

    def lifted(self, scenario: Scenario) -> Scenario:
        """The scenario with a name for every mock in it, so that its methods can be told what to answer."""
        scenario = self._with_interfaces(scenario)
        for slot in list(slots(scenario)):
            is_named = slot.where[0] == "binding" and not slot.path
            if isinstance(slot.value, Mock) and slot.where[0] in ("argument", "binding") and not is_named:
                name = _free_name(slot.value.path, scenario)
                scenario = with_value(scenario, slot, Name(name))
                scenario = replace(scenario, bindings=(Binding(name, slot.value), *scenario.bindings))
        return scenario

    def _with_interfaces(self, scenario: Scenario) -> Scenario:
        """The receiver with mocks for what it takes as an interface, also where it would make one for itself.

        What it makes for itself may be slow and answer at random; how it does that, its constructor's own tests show.
        """
        receiver = scenario.binding(scenario.act.receiver)
        if receiver is None or receiver.kind == "row" or not isinstance(receiver.value, Call):
            return scenario
        facts = self._classes.get(receiver.value.function)
        given = dict(receiver.value.keywords)
        for parameter in facts.parameters[len(receiver.value.args) :] if facts else ():
            kinds = [self._classes[part.name] for part in parameter.type.alternatives if part.name in self._classes]
            if parameter.has_default and parameter.name not in given and kinds and kinds[0].kind in _INTERFACES:
                given[parameter.name] = Mock(kinds[0].path)
        made = replace(receiver, value=replace(receiver.value, keywords=tuple(given.items())))
        return replace(scenario, bindings=tuple(made if b is receiver else b for b in scenario.bindings))

    def answered(self, scenario: Scenario, seen: Observation) -> Scenario | None:
        """The scenario with what it turned out to lack: answers, attributes, hooks; None when it lacks nothing."""
        given = {(name, attribute.partition(".")[0]) for name, attribute, _ in scenario.assignments}
        missing = [
            (name, f"{method}{_RETURNS}", next(iter(self._answers(scenario, name, method)), NONE))
            for name, method in _asked(seen)
            if (name, method) not in given
        ]
        missing += [lack for lack in self._lacking(scenario, seen) if lack[:2] not in given]
        if not missing:
            return None
        return replace(scenario, assignments=(*scenario.assignments, *missing))

    def _answers(self, scenario: Scenario, name: str, method: str) -> tuple[Expression, ...]:
        binding = scenario.binding(name)
        facts = self._classes.get(binding.value.path) if binding and isinstance(binding.value, Mock) else None
        kind = facts.methods.get(method, TypeReport("unknown")) if facts else TypeReport("unknown")
        found = self._values.candidates(kind, method)
        return tuple(value for value in found if not any(isinstance(part, Mock) for _, part in walk(value)))

    def _lacking(self, scenario: Scenario, seen: Observation) -> Iterator[tuple[str, str, Expression]]:
        """An attribute that the class leaves to others to set, or a method that it leaves to others to write."""
        receiver = scenario.binding(scenario.act.receiver)
        if seen.raised is None or receiver is None or not isinstance(receiver.value, Call):
            return
        lacks = _NO_ATTRIBUTE.match(seen.raised.message)
        owner = receiver.value.function
        if lacks and lacks.group(1) == owner.rpartition(":")[2].rpartition(".")[2]:
            yield receiver.name, lacks.group(2), Literal(text_for(lacks.group(2)))
        hook = self._callables.get((owner, seen.raised.function))
        is_left = seen.raised.type == "builtins:NotImplementedError"
        if is_left and hook is not None and hook.kind == "method" and hook.name != scenario.act.member:
            yield receiver.name, hook.name, Function(None, hook.is_async)

    def otherwise(self, scenario: Scenario, caught: frozenset[str]) -> Iterator[Scenario]:
        """The scenario with each answer in turn exchanged: for None, for others of its type, for what is caught."""
        for position, (name, attribute, value) in enumerate(scenario.assignments):
            method, dot, _ = attribute.partition(_RETURNS)
            if not dot:
                continue
            for other in dict.fromkeys((NONE, *self._answers(scenario, name, method)[:_MOST_ANSWERS])):
                if other != value:
                    yield _with_assignment(scenario, position, attribute, other)
            for text in sorted(caught):
                if text in self._exceptions:
                    yield _with_assignment(scenario, position, f"{method}{_RAISES}", self._exceptions[text])
            yield from _inside(scenario, position, attribute, value)


def _inside(scenario: Scenario, position: int, attribute: str, value: Expression) -> Iterator[Scenario]:
    """Flags of an answer the other way round, and its texts as the texts of the arguments."""
    given = [a.value for a in scenario.act.arguments if isinstance(a.value, Literal) and isinstance(a.value.value, str)]
    for path, part in walk(value):
        if isinstance(part, Literal) and isinstance(part.value, bool):
            flipped = replace_at(value, path, Literal(not part.value))
            yield _with_assignment(scenario, position, attribute, flipped)
        elif path and isinstance(part, Literal) and isinstance(part.value, str):
            for text in given:
                if text != part:
                    yield _with_assignment(scenario, position, attribute, replace_at(value, path, text))


def _with_assignment(scenario: Scenario, position: int, attribute: str, value: Expression) -> Scenario:
    items = list(scenario.assignments)
    items[position] = (items[position][0], attribute, value)
    return replace(scenario, assignments=tuple(items))


def _asked(seen: Observation) -> list[tuple[str, str]]:
    return list(dict.fromkeys((str(use["name"]), str(use["method"])) for use in seen.asked))


def _free_name(path: str, scenario: Scenario) -> str:
    taken = {binding.name for binding in scenario.bindings}
    name = snake(path.partition(":")[2].rpartition(".")[2]).strip("_")
    while name in taken:
        name = f"other_{name}"
    return name
