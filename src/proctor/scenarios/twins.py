"""Unit twins: the same call on a mocked session whose answers are recorded from the real one, so that it cannot lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from proctor.execution.expressions import (
    Call,
    Expression,
    Fields,
    Items,
    Literal,
    Name,
    expression_from_json,
    is_printable,
    replace_at,
    walk,
)
from proctor.execution.records import ModelReport, Observation
from proctor.scenarios.scenario import Argument, Binding, MockCall, Outcome, Scenario

_SILENT = frozenset(
    f"{name}()"
    for name in ("add", "add_all", "delete", "flush", "commit", "rollback", "refresh", "expire", "close", "expunge")
)


@dataclass(frozen=True, slots=True)
class TwinDetail:
    """How much of the real session's doings a twin repeats: exceptions, column defaults, links between rows."""

    raises: bool = False
    defaults: bool = False
    linked: bool = False


def unit_twin(
    scenario: Scenario, recorded: Observation, models: Mapping[str, ModelReport], detail: TwinDetail
) -> Scenario | None:
    """The scenario on a mocked session, or None when an answer of the real one cannot be written down."""
    if scenario.database != "session" or scenario.before:
        return None
    calls = _mock_calls(recorded.session_log)
    if calls is None:
        return None
    stored = models if detail.defaults else {}
    bindings = tuple(_on_mock(binding, recorded, stored) for binding in scenario.bindings)
    act = replace(scenario.act, arguments=tuple(_argument_on_mock(a) for a in scenario.act.arguments))
    forced = {call.path for call in scenario.mock_calls}
    calls = (*scenario.mock_calls, *(call for call in calls if call.path not in forced))
    assignments = tuple(_links(bindings, models)) if detail.linked else ()
    return replace(scenario, act=act, bindings=bindings, database="mock", mock_calls=calls, assignments=assignments)


def raising_calls(recorded: Observation) -> tuple[tuple[tuple[str, ...], str], ...]:
    """The call chains of the recorded session that ended in an exception, with its type."""
    return tuple((tuple(call["path"]), str(call["raises"])) for call in recorded.session_log if "raises" in call)


def with_raise(scenario: Scenario, path: tuple[str, ...], error: Expression) -> Scenario:
    """The scenario with the mock raising at the end of a call chain."""
    others = tuple(call for call in scenario.mock_calls if call.path != path)
    return replace(scenario, mock_calls=(*others, MockCall(path, (Outcome(error, raises=True),))))


def _mock_calls(log: Iterable[Mapping[str, Any]]) -> tuple[MockCall, ...] | None:
    answers: dict[tuple[str, ...], list[Outcome]] = {}
    for call in log:
        path = tuple(call["path"])
        if "raises" in call or path[-1] in _SILENT:
            continue
        value = _written(expression_from_json(call["returns"]))
        if value is None:
            return None
        answers.setdefault(path, []).append(Outcome(_as_mocked(value)))
    return tuple(MockCall(path, _folded(outcomes)) for path, outcomes in answers.items())


def _folded(outcomes: list[Outcome]) -> tuple[Outcome, ...]:
    return (outcomes[0],) if all(outcome == outcomes[0] for outcome in outcomes) else tuple(outcomes)


def _written(value: Expression) -> Expression | None:
    """An answer of the database as an expression that makes an equal one."""
    if isinstance(value, Fields):
        shown = tuple((name, item) for name, item in value.fields if item != Literal(None) and is_printable(item))
        return Call(value.cls, (), shown) if "<" not in value.cls else None
    if isinstance(value, Items):
        items = [_written(item) for item in value.items]
        return Items(value.kind, tuple(item for item in items if item is not None)) if None not in items else None
    return value if is_printable(value) else None


def _on_mock(binding: Binding, recorded: Observation, models: Mapping[str, ModelReport]) -> Binding:
    value = _as_mocked(binding.value)
    if binding.kind != "row" or not isinstance(value, Call) or value.function not in models:
        return Binding(binding.name, value)
    return Binding(binding.name, _complete(value, recorded, models[value.function]))


def _complete(row: Call, recorded: Observation, model: ModelReport) -> Call:
    """The row with the column defaults that the database gave it: a transient object has none."""
    stored = _stored(row, recorded)
    written = dict(row.keywords)
    for column in model.columns:
        value = stored.get(column.name)
        wanted = column.has_default and column.name not in written and not column.kind.startswith("datetime")
        if wanted and value is not None and value != Literal(None) and is_printable(value):
            written[column.name] = value
    return replace(row, keywords=tuple(written.items()))


def _stored(row: Call, recorded: Observation) -> Mapping[str, Expression]:
    written = {name: value for name, value in row.keywords if not isinstance(value, Name)}
    for columns in (recorded.rows_before or {}).get(row.function, {}).values():
        if all(columns.get(name) == value for name, value in written.items()):
            return columns
    return {}


def _as_mocked(value: Expression) -> Expression:
    for path, part in list(walk(value)):
        if part == Name("db_session"):
            value = replace_at(value, path, Name("mock_session"))
    return value


def _argument_on_mock(argument: Argument) -> Argument:
    return replace(argument, value=_as_mocked(argument.value))


def _links(bindings: tuple[Binding, ...], models: Mapping[str, ModelReport]) -> Iterable[tuple[str, str, Expression]]:
    """For each key that refers to a bound row, the relationship beside it."""
    for binding in bindings:
        model = models.get(binding.value.function) if isinstance(binding.value, Call) else None
        if model is None or not isinstance(binding.value, Call):
            continue
        keys = {name: value for name, value in binding.value.keywords if isinstance(value, Name) and value.attribute}
        for relationship in model.relationships:
            if relationship.direction == "MANYTOONE" and relationship.local and relationship.local[0] in keys:
                yield binding.name, relationship.name, Name(keys[relationship.local[0]].name)
