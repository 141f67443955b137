"""Makes the cases of a module stronger with mutants: what no case notices is what the search goes on for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from proctor.execution.records import Observation, TargetReport
from proctor.execution.target_process import TargetProcess
from proctor.mutation.mutants import Mutant, equivalent, mutants_of, sampled
from proctor.mutation.score import Fate
from proctor.mutation.trying import Mutagen, Traced, Trial
from proctor.oracles.assertions import assertions
from proctor.oracles.cases import Case, Observers, establish
from proctor.oracles.endings import is_acceptable
from proctor.oracles.noticing import notices
from proctor.scenarios.proposals import Proposer
from proctor.scenarios.scenario import Scenario
from proctor.scenarios.search import Search, never
from proctor.scenarios.variety import varied

_MOST_ADDED = 6
_MOST_STARTS = 4


@dataclass(frozen=True, slots=True)
class MutationLimits:
    """How many mutants of a module are tried, in how many runs, and how many candidates a function gets for them."""

    mutants: int
    runs: int
    candidates: int
    is_over: Callable[[], bool] = never


@dataclass(frozen=True, slots=True)
class Exploration:
    """The search of a callable with the proposer that varies its scenarios."""

    search: Search
    proposer: Proposer


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A scenario that may become a case, and which of the mutants it would notice."""

    case: Case
    kills: Mapping[Mutant, Observation]


class Strengthener:
    """Tries mutants on cases, and finds cases for those that none notices."""

    def __init__(
        self,
        report: TargetReport,
        source: str,
        process: TargetProcess,
        observers: Observers,
        limits: MutationLimits,
    ) -> None:
        self._report = report
        self._source = source
        self._process = process
        self._observers = observers
        self._limits = limits
        self._mutagen = Mutagen(process, report.module, source, limits.runs)

    def strengthened(
        self, cases: Sequence[Case], explorations: Sequence[Exploration], members: frozenset[str]
    ) -> tuple[tuple[Case, ...], tuple[Fate, ...]]:
        """The cases with more of them where a mutant survived, and what became of every mutant."""
        mutants = self._mutants(members)
        trials = self._mutagen.prepared(_trial(case) for case in cases if case.finding is None)
        fates = {mutant: self._fate(mutant, trials) for mutant in mutants}
        added: list[Case] = []
        for survivors in _by_function(fates.values()):
            if self._mutagen.left <= 0 or self._limits.is_over():
                break
            for candidate in self._killers(survivors, explorations, [*cases, *added], trials):
                added.append(candidate.case)
                fates |= {mutant: Fate(mutant, "killed") for mutant in candidate.kills}
        return _beside(cases, added), tuple(fates.values())

    def _mutants(self, members: frozenset[str]) -> list[Mutant]:
        """A sample of the mutants in these callables and in what belongs to no callable of its own."""
        others = {target.qualname for target in self._report.callables} - members if members else set()
        known = [mutant for mutant in mutants_of(self._source) if mutant.unit.qualname not in others]
        return sampled(known, self._limits.mutants)

    def _fate(self, mutant: Mutant, trials: Sequence[Trial]) -> Fate:
        if equivalent(mutant, self._source):
            return Fate(mutant, "equivalent")
        return Fate(mutant, "untried") if self._limits.is_over() else self._mutagen.fate(mutant, trials)

    def _killers(
        self,
        survivors: Sequence[Mutant],
        explorations: Sequence[Exploration],
        cases: Sequence[Case],
        trials: Sequence[Trial],
    ) -> list[_Candidate]:
        """Established cases that notice survivors of one function, the fewest that notice what any of them does."""
        fresh = self._fresh(survivors, explorations, {case.scenario for case in cases}, trials)
        found = [self._tried(case, trial, survivors) for case, trial in fresh]
        chosen = [self._established(candidate) for candidate in _fewest([item for item in found if item.kills])]
        return [candidate for candidate in chosen if candidate is not None and candidate.kills]

    def _fresh(
        self,
        survivors: Sequence[Mutant],
        explorations: Sequence[Exploration],
        known: set[Scenario],
        trials: Sequence[Trial],
    ) -> list[tuple[Case, Trial]]:
        """New scenarios that execute a survivor, as cases that are not established yet."""
        made: dict[Scenario, None] = {}
        for exploration in self._explorations_of(survivors, explorations, trials):
            fresh = (item for item in self._varied(exploration, survivors) if item not in known and item not in made)
            made |= dict.fromkeys(islice(fresh, self._limits.candidates))
        scenarios = list(made)
        self._mutagen.spend(scenarios)
        seen = self._process.observe([Traced(scenario, self._report.module) for scenario in scenarios])
        pairs = [
            (_provisional(scenario, observation), observation)
            for scenario, observation in zip(scenarios, seen, strict=True)
            if observation.ended and is_acceptable(observation)
        ]
        return [(case, Trial(case.scenario, partial(notices, case), seen.lines)) for case, seen in pairs]

    def _explorations_of(
        self, survivors: Sequence[Mutant], explorations: Sequence[Exploration], trials: Sequence[Trial]
    ) -> list[Exploration]:
        """The function's own search, or those of callables whose cases execute it."""
        name = survivors[0].unit.qualname
        own = [item for item in explorations if item.search.target.qualname == name]
        if own:
            return own
        reaching = [trial.scenario.target for mutant in survivors for trial in self._mutagen.reaching(mutant, trials)]
        wanted = list(dict.fromkeys(reaching))[:2]
        return [item for item in explorations if item.search.target.qualname in wanted]

    def _varied(self, exploration: Exploration, survivors: Sequence[Mutant]) -> Iterator[Scenario]:
        """What the search found and left aside; then variations that aim at the survivors and others, in turn."""
        found = [item for item in exploration.search.found if not item.scenario.mock_calls]
        yield from (item.scenario for item in found)
        sites = frozenset(
            site.id
            for site in self._report.sites.values()
            if any(mutant.lines[0] <= site.line <= mutant.lines[1] for mutant in survivors)
        )
        near = [item for item in found if {site for site, _ in item.seen.covered} & sites] or found
        starts, proposer = near[:_MOST_STARTS], exploration.proposer
        aimed = _in_turn([proposer.directed(item.scenario, item.seen, sites) for item in starts])
        spread = _in_turn([proposer.broad(item.scenario, item.seen) for item in starts])
        yield from _in_turn([aimed, varied(exploration.search.target, [item.scenario for item in near]), spread])

    def _tried(self, case: Case, trial: Trial, survivors: Sequence[Mutant]) -> _Candidate:
        """The mutants that the case would notice, each with what was seen on it."""
        kills = {}
        for mutant in survivors:
            if self._mutagen.left > 0 and self._mutagen.reaching(mutant, [trial]):
                (seen,) = self._mutagen.seen_on(mutant, [trial])
                if seen.outcome != "unmutable" and trial.notices(seen):
                    kills[mutant] = seen
        return _Candidate(case, kills)

    def _established(self, candidate: _Candidate) -> _Candidate | None:
        """The candidate with the assertions that hold everywhere, and what it notices with them."""
        for case in establish(self._observers, candidate.case.kind, [candidate.case.scenario]):
            return _Candidate(case, {m: seen for m, seen in candidate.kills.items() if notices(case, seen)})
        return None


def _trial(case: Case) -> Trial:
    return Trial(case.scenario, partial(notices, case))


def _provisional(scenario: Scenario, seen: Observation) -> Case:
    kind = "integration" if scenario.database == "session" else "unit"
    return Case(scenario.target, kind, scenario, assertions(scenario, seen, seen), seen.committed)


def _by_function(fates: Iterable[Fate]) -> list[list[Mutant]]:
    groups: dict[str, list[Mutant]] = {}
    for fate in fates:
        if fate.kind == "unnoticed":
            groups.setdefault(fate.mutant.unit.qualname, []).append(fate.mutant)
    return list(groups.values())


def _in_turn(sources: Sequence[Iterator[Scenario]]) -> Iterator[Scenario]:
    """One from each, then the next from each, until all are at their end."""
    left = list(sources)
    while left:
        for source in list(left):
            item = next(source, None)
            if item is None:
                left.remove(source)
            else:
                yield item


def _fewest(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The fewest candidates that notice together what any of them notices; among equals the earlier."""
    open_mutants = {mutant for candidate in candidates for mutant in candidate.kills}
    chosen: list[_Candidate] = []
    while open_mutants and len(chosen) < _MOST_ADDED:
        best = max(candidates, key=lambda item: len(open_mutants & item.kills.keys()))
        chosen.append(best)
        open_mutants -= best.kills.keys()
    return chosen


def _beside(cases: Sequence[Case], added: Sequence[Case]) -> tuple[Case, ...]:
    """All cases, each new one behind the last old one of its callable."""
    placed = list(cases)
    for case in added:
        places = [index for index, other in enumerate(placed) if other.target == case.target]
        placed.insert(places[-1] + 1 if places else len(placed), case)
    return tuple(placed)
