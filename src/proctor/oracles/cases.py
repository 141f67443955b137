"""Cases: scenarios with what to assert about them, established by observing each twice, and their unit twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proctor.execution.expressions import Expression, Items, is_printable
from proctor.execution.records import ModelReport, Observation
from proctor.oracles.assertions import Assertion, Raises, assertions
from proctor.oracles.diagnosis import Diagnosis
from proctor.oracles.findings import Finding
from proctor.scenarios.goals import Goals
from proctor.scenarios.scenario import Scenario
from proctor.scenarios.search import Found, Observer
from proctor.scenarios.twins import TwinDetail, raising_calls, unit_twin, with_raise


@dataclass(frozen=True, slots=True)
class Case:
    """A test to be written: `kind` is unit or integration; with a finding it documents a bug.

    `covered` is what the call reached.
    `committed` says that the target ended its transaction, so that what a rollback leaves can be asserted.
    """

    target: str
    kind: str
    scenario: Scenario
    assertions: tuple[Assertion, ...]
    committed: bool = False
    finding: Finding | None = None
    covered: frozenset[tuple[int, str]] = frozenset()

    @property
    def is_strong(self) -> bool:
        """Whether it pins something down, be it that the call raises."""
        return any(item.is_strong for item in self.assertions)

    @property
    def raises(self) -> Raises | None:
        """The exception that the case expects."""
        return next((item for item in self.assertions if isinstance(item, Raises)), None)


class Observers:
    """Two processes that hold the same target: the second with another hash seed and on another day."""

    def __init__(self, first: Observer, second: Observer) -> None:
        self.first = first
        self.second = second

    def both(self, scenarios: Sequence[Scenario]) -> list[tuple[Observation, Observation]]:
        """Two detailed observations a scenario."""
        wanted = list(scenarios)
        return list(zip(self.first.observe(wanted, detail=True), self.second.observe(wanted, detail=True), strict=True))


def establish(observers: Observers, kind: str, scenarios: Sequence[Scenario]) -> list[Case]:
    """The cases of scenarios that end the same way both times and of which something can be asserted."""
    cases = []
    for scenario, (seen, again) in zip(scenarios, observers.both(scenarios), strict=True):
        if not seen.ended or seen.ending() != again.ending():
            continue
        held = assertions(scenario, seen, again)
        if held:
            cases.append(Case(scenario.target, kind, scenario, held, seen.committed, covered=seen.covered))
    return _telling(cases)


def _telling(cases: Sequence[Case]) -> list[Case]:
    """The cases that pin something down, and of the others those that reach what none of these does."""
    reached = {goal for case in cases if case.is_strong for goal in case.covered}
    kept = []
    for case in cases:
        if case.is_strong or not case.covered <= reached:
            reached |= case.covered
            kept.append(case)
    return kept


@dataclass(frozen=True, slots=True)
class Twins:
    """The unit twins that behave as their originals do, and what had to be mended on the way."""

    scenarios: tuple[Scenario, ...]
    diagnoses: tuple[Diagnosis, ...]


def derive_twins(
    observers: Observers,
    found: Sequence[Found],
    goals: Goals,
    models: Mapping[str, ModelReport],
    exceptions: Mapping[str, Expression],
) -> Twins:
    """Unit twins of scenarios on a real session: kept when they take the same branches and end the same way."""
    originals = [item for item in found if item.scenario.database == "session"]
    recorded = observers.first.observe([item.scenario for item in originals], detail=True, record=True)
    rest = list(zip(originals, recorded, strict=True))
    kept: dict[int, Scenario] = {}
    diagnoses: list[Diagnosis] = []
    for detail in (TwinDetail(), TwinDetail(raises=True), TwinDetail(defaults=True), TwinDetail(True, True, True)):
        twins = [_twin(item, log, models, exceptions, detail) for item, log in rest]
        true = _true_ones(observers.first, rest, twins, goals)
        kept |= true
        if detail.raises:
            diagnoses += [_raise_diagnosis(item, log) for item, log in rest if id(item) in true and raising_calls(log)]
        rest = [(item, log) for item, log in rest if id(item) not in true]
    return Twins(tuple(kept[id(item)] for item in originals if id(item) in kept), tuple(diagnoses))


def _twin(
    item: Found,
    log: Observation,
    models: Mapping[str, ModelReport],
    exceptions: Mapping[str, Expression],
    detail: TwinDetail,
) -> Scenario | None:
    twin = unit_twin(item.scenario, log, models, detail)
    return _with_recorded_raises(twin, log, exceptions) if twin is not None and detail.raises else twin


def _true_ones(
    observer: Observer,
    originals: Sequence[tuple[Found, Observation]],
    twins: Sequence[Scenario | None],
    goals: Goals,
) -> dict[int, Scenario]:
    """The twins that behave as their originals, by the identity of the original."""
    made = [(item, twin) for (item, _), twin in zip(originals, twins, strict=True) if twin is not None]
    seen = observer.observe([twin for _, twin in made], detail=True)
    return {id(item): twin for (item, twin), run in zip(made, seen, strict=True) if _behaves_alike(run, item, goals)}


def _raise_diagnosis(item: Found, log: Observation) -> Diagnosis:
    return Diagnosis.mock_does_not_raise(item.scenario.target, raising_calls(log)[0][1])


def _with_recorded_raises(twin: Scenario, log: Observation, exceptions: Mapping[str, Expression]) -> Scenario | None:
    """Remedy for a mock that does not raise: let it raise what the real session raised at the same call."""
    mended: Scenario = twin
    for path, error in raising_calls(log):
        made = next((e for e in exceptions.values() if getattr(e, "function", "") == error), None)
        if made is None:
            return None
        mended = with_raise(mended, path, made)
    return mended


def _behaves_alike(seen: Observation, item: Found, goals: Goals) -> bool:
    if seen.ending() != item.seen.ending() or not _answers_alike(seen.result, item.seen.result):
        return False
    message = seen.raised.message if seen.raised else ""
    expected = item.seen.raised.message if item.seen.raised else ""
    same_branches = goals.reached(seen) & goals.needed == item.reached & goals.needed
    return same_branches and _first_line(message) == _first_line(expected)


def _answers_alike(mocked: Expression | None, real: Expression | None) -> bool:
    """Whether a mock led to the same answer; objects may lack what only a database fills in."""
    if mocked is None or real is None:
        return mocked is real
    if isinstance(real, Items) and isinstance(mocked, Items):
        pairs = zip(mocked.items, real.items, strict=False)
        return len(mocked.items) == len(real.items) and all(_answers_alike(*pair) for pair in pairs)
    return mocked == real or (not (is_printable(mocked) and is_printable(real)) and type(mocked) is type(real))


def _first_line(message: str) -> str:
    """Database errors repeat the statement below their first line."""
    return message.partition("\n")[0] if "[SQL" not in message else ""
