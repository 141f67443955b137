"""Which parameter a place inside an argument belongs to: what constructors in it take has types of its own."""

from __future__ import annotations

from collections.abc import Mapping

from proctor.execution.expressions import Call, Expression, Path, parts
from proctor.execution.records import ClassReport, ParameterReport


def parameter_at(value: Expression, path: Path, classes: Mapping[str, ClassReport]) -> ParameterReport | None:
    """The constructor's parameter whose argument stands at the end of the path, or None elsewhere."""
    for step in path[:-1]:
        value = dict(parts(value))[step]
    facts = classes.get(value.function) if isinstance(value, Call) else None
    if facts is None or not path:
        return None
    last = path[-1]
    if isinstance(last, int):
        return facts.parameters[last] if last < len(facts.parameters) else None
    return next((each for each in facts.parameters if each.name == last), None)
