"""Findings: crashes of the code under test for which there is evidence that the caller did nothing wrong.

An implicit crash alone is no bug; false alarms are worse than silence. What counts as evidence today: None was passed
where the function's own annotation allows it, or where a caller in the project may pass it without a guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from proctor.analysis.callers import CallerFact
from proctor.execution.expressions import NONE
from proctor.execution.records import CallableReport, Observation, Raised
from proctor.scenarios.scenario import Scenario

_CRASHES = frozenset({"builtins:TypeError", "builtins:AttributeError"})
_SEVERITY = "medium"


@dataclass(frozen=True, slots=True)
class Finding:
    """A bug of the source with its evidence; `parameter` is what was None, `scenario` shows it."""

    function: str
    parameter: str
    path: str
    line: int
    exception: str
    message: str
    severity: str
    evidence: tuple[str, ...]
    scenario: Scenario

    @property
    def issue(self) -> str:
        """The bug in one line."""
        name = self.exception.partition(":")[2]
        return f"No None guard on `{self.parameter}`: raises {name} ({self.message})"


def find_bugs(
    target: CallableReport,
    crashes: Iterable[tuple[Scenario, Observation]],
    callers: Sequence[CallerFact],
    healthy: Iterable[Scenario],
) -> tuple[Finding, ...]:
    """One finding a parameter whose None crashes the function, though another value in its place does not."""
    healthy_calls = tuple(healthy)
    found: dict[str, Finding] = {}
    for scenario, seen in crashes:
        raised = seen.raised
        if raised is None or not _is_crash_on_none(raised):
            continue
        for parameter in _none_parameters(scenario):
            evidence = _evidence(target, parameter, callers)
            if evidence and parameter not in found and _is_cause(scenario, parameter, healthy_calls):
                found[parameter] = _finding(target, parameter, raised, evidence, scenario)
    return tuple(found.values())


def _is_crash_on_none(raised: Raised) -> bool:
    return raised.type in _CRASHES and raised.origin == "implicit" and "None" in raised.message


def _none_parameters(scenario: Scenario) -> tuple[str, ...]:
    """The parameters that are None; with more than one nobody can tell which of them is to blame."""
    names = tuple(argument.name for argument in scenario.act.arguments if argument.value == NONE)
    return names if len(names) == 1 else ()


def _evidence(target: CallableReport, parameter: str, callers: Sequence[CallerFact]) -> tuple[str, ...]:
    from_callers = tuple(fact.reason for fact in callers if fact.parameter == parameter and fact.is_evidence)
    if from_callers:
        return from_callers
    declared = next((item for item in target.parameters if item.name == parameter), None)
    if declared is not None and declared.type.allows_none:
        return (f"the annotation of `{parameter}` allows None",)
    return ()


def _is_cause(scenario: Scenario, parameter: str, healthy: Sequence[Scenario]) -> bool:
    return any(_differs_only_in(parameter, scenario, other) for other in healthy)


def _differs_only_in(parameter: str, scenario: Scenario, other: Scenario) -> bool:
    """Whether another call is the same but for one argument, which is not None there."""
    values = {argument.name: argument.value for argument in other.act.arguments}
    if values.get(parameter, NONE) == NONE:
        return False
    arguments = tuple(
        replace(argument, value=values[parameter]) if argument.name == parameter else argument
        for argument in scenario.act.arguments
    )
    return replace(scenario, act=replace(scenario.act, arguments=arguments)) == other


def _finding(
    target: CallableReport,
    parameter: str,
    raised: Raised,
    evidence: tuple[str, ...],
    scenario: Scenario,
) -> Finding:
    return Finding(
        target.qualname,
        parameter,
        raised.file,
        raised.line,
        raised.type,
        raised.message,
        _SEVERITY,
        evidence,
        scenario,
    )
