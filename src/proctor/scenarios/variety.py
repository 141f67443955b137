"""Variations that tell a function from a slightly wrong one: values that differ, longer lists, other combinations.

They reach no branch that was not reached before; what they are good for shows on mutants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from proctor.execution.expressions import Call, Expression, Items, Literal, Pairs, replace_at, walk
from proctor.execution.records import CallableReport
from proctor.scenarios.correspondence import nearby
from proctor.scenarios.scenario import Argument, Scenario, Slot, slots, with_value


def varied(target: CallableReport, scenarios: Sequence[Scenario]) -> Iterator[Scenario]:
    """All variations of scenarios of one callable: recombined, then each by itself."""
    yield from _recombined(scenarios)
    has_more = any(parameter.kind == "args" for parameter in target.parameters)
    for scenario in scenarios:
        yield from _without_options(scenario)
        yield from _like_the_receiver(scenario)
        yield from _with_more_arguments(scenario) if has_more else ()
        yield from _told_apart(scenario)
        yield from _lengthened(scenario)


def _recombined(scenarios: Sequence[Scenario]) -> Iterator[Scenario]:
    """Each scenario with one argument as another scenario has it."""
    for scenario, other in product(scenarios, scenarios):
        if scenario.bindings != other.bindings or scenario.act.receiver != other.act.receiver:
            continue
        for argument in other.act.arguments:
            arguments = _with(scenario.act.arguments, argument)
            if arguments != scenario.act.arguments:
                yield replace(scenario, act=replace(scenario.act, arguments=arguments))


def _with(arguments: tuple[Argument, ...], wanted: Argument) -> tuple[Argument, ...]:
    if any(argument.name == wanted.name for argument in arguments):
        return tuple(wanted if argument.name == wanted.name else argument for argument in arguments)
    return (*arguments, wanted) if wanted.keyword else arguments


def _without_options(scenario: Scenario) -> Iterator[Scenario]:
    """One named argument left out, so that its default counts."""
    for argument in scenario.act.arguments:
        if argument.keyword:
            rest = tuple(other for other in scenario.act.arguments if other is not argument)
            yield replace(scenario, act=replace(scenario.act, arguments=rest))


def _like_the_receiver(scenario: Scenario) -> Iterator[Scenario]:
    """An argument that equals the object which is called, and such that differ from it in one value."""
    receiver = scenario.binding(scenario.act.receiver)
    if receiver is None or not isinstance(receiver.value, Call):
        return
    for position, argument in enumerate(scenario.act.arguments):
        place = Slot(("argument", position), (), argument.value)
        yield with_value(scenario, place, receiver.value)
        for path, part in list(walk(receiver.value)):
            for value in nearby(part)[-1:] if path else ():
                yield with_value(scenario, place, replace_at(receiver.value, path, value))


def _with_more_arguments(scenario: Scenario) -> Iterator[Scenario]:
    """More values for `*args`, different from those that are there."""
    given = scenario.act.arguments
    plain = [argument for argument in given if not argument.keyword]
    for values in (nearby(plain[-1].value)[:1], nearby(plain[-1].value)[:3]) if plain else ():
        more = tuple(replace(plain[-1], value=value) for value in values)
        named = tuple(argument for argument in given if argument.keyword)
        yield replace(scenario, act=replace(scenario.act, arguments=(*plain, *more, *named)))


def _told_apart(scenario: Scenario) -> Iterator[Scenario]:
    """Two equal plain values made different: what is swapped shows only then."""
    seen: list[Expression] = []
    for slot in list(slots(scenario)):
        if isinstance(slot.value, Literal) and slot.value.kind in ("int", "float", "str"):
            if slot.value in seen:
                yield from (with_value(scenario, slot, value) for value in nearby(slot.value)[:3])
            seen.append(slot.value)


def _lengthened(scenario: Scenario) -> Iterator[Scenario]:
    """Lists with more and different items, out of order; mappings with one more key."""
    for slot in list(slots(scenario)):
        match slot.value:
            case Items(kind=kind, items=items) if items:
                others = nearby(items[0])[:3]
                if others:
                    yield with_value(scenario, slot, Items(kind, (*items, *others[:1])))
                    yield with_value(scenario, slot, Items(kind, (*others, *items, *items[:1])))
            case Pairs(items=items) if items:
                key, value = items[-1]
                for other in nearby(key)[-1:]:
                    yield with_value(scenario, slot, Pairs((*items, (other, (*nearby(value), value)[0]))))
