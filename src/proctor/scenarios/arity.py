"""Calls with several values for `*args`: one, two and three of them, as a caller would give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from proctor.execution.expressions import Expression
from proctor.execution.records import CallableReport
from proctor.scenarios.scenario import Argument, Scenario
from proctor.scenarios.values import ValueSource

_MOST = 3


def several_arguments(scenario: Scenario, target: CallableReport, values: ValueSource) -> Iterator[Scenario]:
    """The scenario with values for the parameter that takes any number of them; nothing where there is none."""
    for parameter in target.parameters:
        if parameter.kind == "args":
            candidates = values.candidates(parameter.type, parameter.name.rstrip("s"))
            for chosen in _rows(candidates):
                made = tuple(Argument(_label(parameter.name, i), value, False) for i, value in enumerate(chosen))
                plain = tuple(argument for argument in scenario.act.arguments if not argument.keyword)
                keywords = scenario.act.arguments[len(plain) :]
                yield replace(scenario, act=replace(scenario.act, arguments=(*plain, *made, *keywords)))


def _rows(candidates: Sequence[Expression]) -> Iterator[Sequence[Expression]]:
    for length in range(1, min(_MOST, len(candidates)) + 1):
        yield candidates[:length]
        yield [candidates[0]] * length
        yield candidates[length : 2 * length]
        yield list(candidates[:length])[::-1]


def _label(name: str, position: int) -> str:
    words = ("", "_two", "_three")
    return f"{name}{words[position]}"
