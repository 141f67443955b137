"""Edits suggested by the words of a condition: columns, relationships and arguments whose names influence it.

A condition on `order.coupon` is decided by a column or a row that the scenario may not even mention yet; its name does.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from proctor.analysis.influences import Influences
from proctor.execution.expressions import Call, Expression, Literal, Name
from proctor.execution.records import CallableReport, ModelReport, Note, SiteReport
from proctor.scenarios.compose import Composer
from proctor.scenarios.correspondence import nearby, towards
from proctor.scenarios.rows import RowSource
from proctor.scenarios.scenario import Binding, Scenario, Slot, slots, with_value
from proctor.scenarios.values import ValueSource, unique

Edit = Callable[[Scenario], Scenario]
_MOST_VALUES = 12
_MOST_PAIRS = 90


class EditSource:
    """Edits for the conditions of one callable."""

    def __init__(
        self, target: CallableReport, influences: Influences, values: ValueSource, rows: RowSource, composer: Composer
    ) -> None:
        self._target = target
        self._influences = influences
        self._values = values
        self._rows = rows
        self._composer = composer

    def singles(self, scenario: Scenario, site: SiteReport, notes: Sequence[Note]) -> list[Edit]:
        """One edit after the other, those on arguments first."""
        words = self._influences.of(site.function, site.text)
        operands = tuple(operand for note in notes for operand in note.operands)
        return [
            *self._of_arguments(scenario, words),
            *self._of_columns(scenario, words, operands),
            *self._of_relationships(scenario, words),
        ]

    def pairs(self, scenario: Scenario, site: SiteReport, notes: Sequence[Note], seed: int) -> Iterator[Scenario]:
        """Two edits at once: what decides may hide behind another condition on the way."""
        edits = self.singles(scenario, site, notes)
        combined = [(first, second) for i, first in enumerate(edits) for second in edits[i + 1 :]]
        random.Random(seed).shuffle(combined)
        for first, second in combined[:_MOST_PAIRS]:
            yield second(first(scenario))

    def _of_arguments(self, scenario: Scenario, words: frozenset[str]) -> Iterator[Edit]:
        given = {argument.name: position for position, argument in enumerate(scenario.act.arguments)}
        for parameter in self._target.parameters:
            if parameter.name not in words or parameter.kind in ("args", "kwargs"):
                continue
            candidates = self._values.candidates(parameter.type, parameter.name)[:_MOST_VALUES]
            for value in candidates:
                if parameter.name in given:
                    yield partial(_set, Slot(("argument", given[parameter.name]), (), value), value)
                else:
                    yield partial(_argue, self._composer, parameter.name, self._target, value)
        for slot in slots(scenario):
            if slot.where[0] == "argument" and slot.path and slot.label in words:
                yield from (partial(_set, slot, value) for value in nearby(slot.value))

    def _of_columns(
        self, scenario: Scenario, words: frozenset[str], operands: tuple[Expression, ...]
    ) -> Iterator[Edit]:
        for row, model in self._modelled(scenario):
            for column in model.columns:
                if column.name not in words or column.primary or column.foreign:
                    continue
                candidates = self._rows.candidates(model, column)
                aimed = [
                    value for operand in operands for value in towards(candidates[0], candidates[0], "==", operand)
                ]
                fitting = [value for value in aimed if _kind(value) == _kind(candidates[0])]
                for value in unique((*fitting, *candidates))[:_MOST_VALUES]:
                    yield partial(set_column, row.name, column.name, value)

    def _of_relationships(self, scenario: Scenario, words: frozenset[str]) -> Iterator[Edit]:
        for row, model in self._modelled(scenario):
            for relationship in model.relationships:
                target = self._rows.model(relationship.target)
                if relationship.name not in words or target is None:
                    continue
                if relationship.direction == "ONETOMANY":
                    yield partial(_grow, self._rows, target, 1)
                    yield partial(_grow, self._rows, target, 2)
                elif relationship.direction == "MANYTOONE" and relationship.local:
                    yield partial(self._refer, row.name, relationship.local[0], target)

    def _refer(self, row: str, column: str, target: ModelReport, scenario: Scenario) -> Scenario:
        """The row refers to a row of the other model, which stands before it."""
        if not self._rows.of_model(scenario, target):
            scenario = self._rows.add(scenario, target)
            made = scenario.rows[-1]
            rest = tuple(binding for binding in scenario.bindings if binding is not made)
            scenario = replace(scenario, bindings=(made, *rest))
        key = next((item.name for item in target.columns if item.primary), "id")
        other = self._rows.of_model(scenario, target)[0].name
        return set_column(row, column, Name(other, key), scenario) if other != row else scenario

    def _modelled(self, scenario: Scenario) -> Iterator[tuple[Binding, ModelReport]]:
        for row in scenario.rows:
            model = self._rows.model(row.value.function) if isinstance(row.value, Call) else None
            if model is not None:
                yield row, model


def _kind(value: Expression) -> str:
    """Literals of different types are different kinds: a text column does not take True."""
    return value.kind if isinstance(value, Literal) else type(value).__name__


def set_column(row: str, column: str, value: Expression, scenario: Scenario) -> Scenario:
    """The scenario with a column of one of its rows set."""
    bindings = tuple(_with_column(item, column, value) if item.name == row else item for item in scenario.bindings)
    return replace(scenario, bindings=bindings)


def _with_column(binding: Binding, column: str, value: Expression) -> Binding:
    if not isinstance(binding.value, Call):
        return binding
    keywords = dict(binding.value.keywords) | {column: value}
    return replace(binding, value=replace(binding.value, keywords=tuple(keywords.items())))


def _set(slot: Slot, value: Expression, scenario: Scenario) -> Scenario:
    return with_value(scenario, slot, value)


def _argue(composer: Composer, name: str, target: CallableReport, value: Expression, scenario: Scenario) -> Scenario:
    if any(argument.name == name for argument in scenario.act.arguments):
        return scenario
    parameter = next(parameter for parameter in target.parameters if parameter.name == name)
    return composer.with_argument(scenario, parameter, value) or scenario


def _grow(rows: RowSource, model: ModelReport, count: int, scenario: Scenario) -> Scenario:
    for _ in range(count):
        scenario = rows.add(scenario, model)
    return scenario
