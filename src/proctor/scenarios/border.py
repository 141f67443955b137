"""Calls that leave the project: replaced where the sandbox refused them, with answers of the shape that is used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from proctor.execution.expressions import Call, Expression, Function, Items, Literal, Pairs, StandIn, walk
from proctor.execution.records import Observation
from proctor.scenarios.scenario import Outcome, Replacement, Scenario, Slot, with_value
from proctor.scenarios.values import number_for, text_for

NAMESPACE = "types:SimpleNamespace"
_NO_ATTRIBUTE = re.compile(r"'types\.SimpleNamespace' object has no attribute '(\w+)'")


def replaced(scenario: Scenario, seen: Observation) -> Scenario | None:
    """The scenario with the refused call replaced by a stand-in, or None when there was no such call."""
    if seen.site is None or seen.outcome not in ("denied", "unbuildable"):
        return None
    holder, name = str(seen.site["holder"]), str(seen.site["name"])
    if any((item.holder, item.name) == (holder, name) for item in scenario.replacements):
        return None
    item = Replacement(holder, name, (Outcome(StandIn(name)),))
    return replace(scenario, replacements=(*scenario.replacements, item))


def settled(scenario: Scenario, seen: Observation) -> Scenario | None:
    """The scenario with a stand-in exchanged for a plain object of the shape it was used in; None when none is left."""
    for index, item in enumerate(scenario.replacements):
        for position, outcome in enumerate(item.outcomes):
            place = ("outcome", index, position)
            if isinstance(outcome.value, StandIn) and seen.ended:
                made = of_shape(seen.shapes.get(str(index), {}), item.name)
                return with_value(scenario, Slot(place, (), outcome.value), made)
            grown = _grown(outcome.value, seen)
            if grown is not None:
                return with_value(scenario, Slot(place, (), outcome.value), grown)
    return None


def of_shape(shape: Mapping[str, Any], name: str) -> Expression:
    """An expression for an object that was used in the given way."""
    if "entered" in shape:
        return Call("contextlib:nullcontext", (of_shape(shape["entered"]["entered"], name),))
    if "called" in shape:
        return Function(of_shape(shape["called"]["result"], name))
    if "attributes" in shape:
        fields = sorted(shape["attributes"].items())
        return Call(NAMESPACE, (), tuple((field, of_shape(inner, field)) for field, inner in fields))
    if "items" in shape:
        fields = sorted(shape["items"].items())
        return Pairs(tuple((Literal(field), of_shape(inner, field)) for field, inner in fields))
    if "iterated" in shape:
        return Items("list", (Literal(text_for(name)),))
    if "numeric" in shape:
        return Literal(number_for(name))
    return Literal(identifier_for(name))


def identifier_for(name: str) -> str:
    """A text that an outside service might answer for a field of that name."""
    return "id_123" if name == "id" else text_for(name)


def _grown(value: Expression, seen: Observation) -> Expression | None:
    """A plain object that turned out to lack an attribute, with it."""
    found = _NO_ATTRIBUTE.search(seen.raised.message) if seen.raised else None
    if found is None:
        return None
    name = found.group(1)
    for _, part in walk(value):
        if isinstance(part, Call) and part.function == NAMESPACE and part is value:
            return Call(NAMESPACE, (), tuple(sorted((*part.keywords, (name, Literal(identifier_for(name)))))))
    return None
