"""Rows for the models of a project: complete by the columns' own metadata, with the rows that their keys refer to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from proctor.execution.expressions import Call, Expression, Literal, Name, Pairs, Symbol
from proctor.execution.records import ColumnReport, ModelReport, RelationshipReport
from proctor.scenarios.scenario import Binding, Scenario
from proctor.scenarios.values import literals, number_for, temporal, text_for


def snake(name: str) -> str:
    """`OrderItem` → `order_item`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


_ORDINALS = ("", "other_", "third_", "fourth_", "fifth_")


class RowSource:
    """Makes and varies the rows of a scenario."""

    def __init__(self, models: Mapping[str, ModelReport]) -> None:
        self._models = models
        self._by_table = {model.table: model for model in models.values()}
        self._by_name = {snake(path.partition(":")[2]): model for path, model in models.items()}

    def model_of_table(self, table: str) -> ModelReport | None:
        """The model whose table has that name."""
        return self._by_table.get(table)

    def model_of_id(self, parameter: str) -> ModelReport | None:
        """The model that a parameter such as `order_id` refers to by its name."""
        return self._by_name.get(parameter[:-3]) if parameter.endswith("_id") else None

    def model(self, path: str) -> ModelReport | None:
        """The model of a class path."""
        return self._models.get(path)

    def of_model(self, scenario: Scenario, model: ModelReport) -> tuple[Binding, ...]:
        """The rows of a model that a scenario has."""
        rows = scenario.rows
        return tuple(row for row in rows if isinstance(row.value, Call) and row.value.function == model.path)

    def add(
        self, scenario: Scenario, model: ModelReport, given: Mapping[str, Expression] | None = None, depth: int = 0
    ) -> Scenario:
        """The scenario with one more row of the model, and the rows that its required keys refer to."""
        count = len(self.of_model(scenario, model))
        if count >= len(_ORDINALS):
            return scenario
        keywords: list[tuple[str, Expression]] = []
        for column in model.columns:
            value = (given or {}).get(column.name)
            if value is None and column.foreign and (not column.nullable or column.primary):
                scenario, value = self._referred(scenario, model, column, depth)
            elif value is None:
                value = self._own(column, count)
            if value is not None:
                keywords.append((column.name, value))
        name = _ORDINALS[count] + snake(model.path.partition(":")[2].rpartition(".")[2])
        row = Binding(name, Call(model.path, (), tuple(keywords)), "row")
        return replace(scenario, bindings=(*_rows_first(scenario, row),))

    def _referred(
        self, scenario: Scenario, model: ModelReport, column: ColumnReport, depth: int
    ) -> tuple[Scenario, Expression | None]:
        table, _, key = (column.foreign or "").rpartition(".")
        parent = self._by_table.get(table)
        if parent is None or parent.path == model.path or depth > 4:
            return scenario, Literal(1)
        if not self.of_model(scenario, parent):
            scenario = self.add(scenario, parent, depth=depth + 1)
        attribute = next((item.name for item in parent.columns if item.column == key), key)
        rows = self.of_model(scenario, parent)
        return scenario, Name(rows[0].name, attribute) if rows else Literal(1)

    def _own(self, column: ColumnReport, count: int) -> Expression | None:
        if column.primary and column.kind == "builtins:int" and not column.foreign:
            return Literal(count + 1)
        if (column.nullable or column.has_default) and not column.primary:
            return None
        return column_value(column, count)

    def candidates(self, model: ModelReport, column: ColumnReport) -> tuple[Expression, ...]:
        """Other values for a column of a row."""
        made = _column_candidates(column)
        if column.nullable:
            made = (*made, Literal(None))
        return made

    def many_to_one(self, model: ModelReport, column_name: str) -> RelationshipReport | None:
        """The relationship whose local key is that column."""
        for relationship in model.relationships:
            if relationship.direction == "MANYTOONE" and column_name in relationship.local:
                return relationship
        return None


def _rows_first(scenario: Scenario, row: Binding) -> tuple[Binding, ...]:
    """Rows stand before the objects that may use them."""
    objects = tuple(binding for binding in scenario.bindings if binding.kind != "row")
    return (*scenario.rows, row, *objects)


def column_value(column: ColumnReport, count: int) -> Expression:
    """A plausible value for a column; unique columns and keys differ from row to row."""
    candidates = _column_candidates(column)
    if column.kind == "builtins:str" and (column.unique or column.primary) and count:
        return Literal(_varied(text_for(column.name), count)[: column.length or 255])
    if column.primary or column.unique:
        return candidates[count % len(candidates)]
    return candidates[0]


def _varied(text: str, count: int) -> str:
    head, at, tail = text.partition("@")
    words = ("", "grace", "alan", "edsger", "barbara")
    return f"{words[count]}{at}{tail}" if at else f"{head}-{words[count].upper()}"


def _column_candidates(column: ColumnReport) -> tuple[Expression, ...]:
    match column.kind:
        case "builtins:str":
            texts = (text_for(column.name), "other", "", "A longer text with spaces")
            options = column.members or texts
            return literals(tuple(text[: column.length or 255] for text in options))
        case "builtins:int":
            return literals((number_for(column.name), 1, 0, 2, 5, 10, 100, 1000, -1))
        case "builtins:bool":
            return literals((True, False))
        case "builtins:float":
            return literals((1.5, 0.0, 10.0, 100.0, -1.0))
        case "decimal:Decimal":
            return tuple(
                Call("decimal:Decimal", (Literal(text),))
                for text in ("10.00", "0.00", "0.01", "25.50", "99.99", "100.00", "500.00", "1000.00", "-1.00")
            )
        case "enum":
            return tuple(Symbol(member) for member in column.members)
        case "json":
            return (Pairs(((Literal("key"), Literal("value")),)), Pairs())
        case "builtins:bytes":
            return literals((b"abc", b""))
        case "unknown":
            return literals((text_for(column.name), 1))
    return _temporal(column)


def _temporal(column: ColumnReport) -> tuple[Expression, ...]:
    made = tuple(temporal(column.kind))
    if column.kind == "datetime:datetime":
        half = len(made) // 2
        return made[half:] if column.timezone else made[:half]
    return made or literals((text_for(column.name),))
