"""What a call left behind besides its result: changed arguments, output, and what objects show of themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from proctor.execution.expressions import Expression, Fields, Literal, Name, is_printable, walk
from proctor.execution.records import Observation
from proctor.scenarios.scenario import Scenario

CHANGED_RECEIVER = "self"
OUTPUT = "capsys.readouterr().out"
_LONGEST_OUTPUT = 600

Pair = tuple[str, Expression]
Short = Callable[[Expression], bool]


def of_views(subject: str, seen: Observation, is_short: Short) -> Iterator[Pair]:
    """The properties, items and text of an object, as `subject` shows them."""
    shown = {form.format(subject): value for form, value in seen.views.get(subject, ())}
    for asked, value in shown.items():
        is_counted = asked.startswith("len(") and f"list({subject})" in shown
        if not is_counted and is_printable(value) and is_short(value):
            yield asked, value


def of_arguments(scenario: Scenario, seen: Observation, is_short: Short) -> Iterator[Pair]:
    """The arguments that the call changed, as they are afterwards; objects by the fields that can be written."""
    position = 0
    for argument in scenario.act.arguments:
        key = argument.name if argument.keyword else str(position)
        position += not argument.keyword
        after = seen.arguments.get(key)
        if (
            after is None
            or argument.name == "result"
            or any(isinstance(part, Name) for _, part in walk(argument.value))
        ):
            continue
        for subject, value in _shown(argument.name, after):
            if is_printable(value) and is_short(value):
                yield subject, value


def _shown(name: str, after: Expression) -> Iterator[Pair]:
    if isinstance(after, Fields):
        yield from ((f"{name}.{field}", value) for field, value in after.fields)
    else:
        yield name, after


def of_output(scenario: Scenario, seen: Observation) -> Iterator[Pair]:
    """What the call printed; what earlier calls printed would stand before it."""
    text = seen.stdout
    is_stable = not re.search(r"0x[0-9a-f]{6,}", text)
    if text.strip() and len(text) <= _LONGEST_OUTPUT and is_stable and not scenario.before:
        yield OUTPUT, Literal(text)
