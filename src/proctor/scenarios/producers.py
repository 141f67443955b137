"""Calls that are known to make an object of a class: found by running constructors and factories, then used elsewhere.

The feedback is that of Pacheco et al. (Randoop, ICSE 2007): what a call returned is a value where that type is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from proctor.execution.expressions import Call, Expression, Name, walk
from proctor.execution.records import CallableReport, ClassReport, Observation, ParameterReport
from proctor.scenarios.scenario import Scenario, Step

_MOST_KEPT = 6


class Producers:
    """What was seen to make objects, by class path, in the order found."""

    def __init__(self, module: str, classes: Mapping[str, ClassReport]) -> None:
        self._module = module
        self._classes = classes
        self._made: dict[str, list[Call]] = {}

    def of(self, path: str) -> tuple[Call, ...]:
        """Calls that make an object of the class."""
        return tuple(self._made.get(path, ()))

    def subclasses(self, path: str) -> tuple[str, ...]:
        """Concrete classes that are known to derive from it."""
        return tuple(
            other
            for other, facts in self._classes.items()
            if path in facts.bases
            and not facts.abstract
            and facts.kind not in ("protocol", "abstract")
            and not facts.local
        )

    def learn(self, target: CallableReport, found: Iterable[tuple[Scenario, Observation]]) -> None:
        """Take over what the calls of a target returned, where the call can stand by itself as an expression."""
        for scenario, seen in found:
            path = target.owner if target.kind == "constructor" else seen.result_type
            if seen.outcome != "returned" or path is None or path not in self._classes:
                continue
            call = self._as_call(target, scenario)
            made = self._made.setdefault(path, [])
            if call is not None and call not in made and len(made) < _MOST_KEPT:
                made.append(call)

    def _as_call(self, target: CallableReport, scenario: Scenario) -> Call | None:
        is_alone = not (scenario.bindings or scenario.before or scenario.database or scenario.replacements)
        if not is_alone or scenario.act.consume or scenario.act.receiver or scenario.act.kind != "function":
            return None
        path = target.owner if target.kind == "constructor" else f"{self._module}:{target.qualname}"
        return None if path is None else call_of(scenario.act, path)


def call_of(step: Step, path: str) -> Call | None:
    """A step as an expression, where it mentions nothing that only its scenario has."""
    values = [argument.value for argument in step.arguments]
    if any(isinstance(part, Name) for value in values for _, part in walk(value)):
        return None
    args = tuple(argument.value for argument in step.arguments if not argument.keyword)
    return Call(path, args, tuple((a.name, a.value) for a in step.arguments if a.keyword))


def with_optionals(
    call: Call, parameters: Iterable[ParameterReport], candidates: Mapping[str, tuple[Expression, ...]]
) -> Iterator[Call]:
    """A construction with one more of its optional arguments."""
    given = {name for name, _ in call.keywords}
    for position, parameter in enumerate(parameters):
        is_given = position < len(call.args) or parameter.name in given
        if is_given or not parameter.has_default or parameter.kind not in ("either", "keyword"):
            continue
        for value in candidates.get(parameter.name, ()):
            yield replace(call, keywords=(*call.keywords, (parameter.name, value)))
