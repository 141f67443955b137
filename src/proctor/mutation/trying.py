"""Tries mutants in the loaded target: only scenarios that execute the changed lines run, until one notices."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from proctor.execution.records import Observation
from proctor.execution.target_process import Runnable
from proctor.mutation.mentions import Mentions
from proctor.mutation.mutants import Mutant
from proctor.mutation.score import Fate
from proctor.scenarios.scenario import Scenario

_PARTS = ((0, 1), (1, 4), (4, 12))
_MOST_TRIALS = 12
_MOST_FORKS = 3
# What a run counts as: a fork with the whole module executed anew, a database, anything else.
_FORK_COSTS, _DATABASE_COSTS, _PLAIN_COSTS = 10, 10, 1
_SHORTEST, _LONGEST, _PATIENCE = 0.4, 2.0, 20.0


class Process(Protocol):
    """Runs what can say itself as JSON; the target's process does."""

    def observe(
        self, scenarios: Sequence[Runnable], *, detail: bool = False, record: bool = False
    ) -> list[Observation]:
        """One observation a scenario, in order."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A scenario with the question whether its test would notice; `lines` are what it executes, in so many seconds."""

    scenario: Scenario
    notices: Callable[[Observation], bool]
    lines: frozenset[int] = frozenset()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Mutated:
    """A scenario to be run on a mutant."""

    scenario: Scenario
    mutant: Mutant
    module: str
    seconds: float

    def to_json(self, *, detail: bool = False, record: bool = False) -> Mapping[str, Any]:
        """What the probe runs; everything that can be asserted is looked at."""
        mutant = self.mutant.to_json() | {"module": self.module}
        return self.scenario.to_json(detail=True) | {"mutant": mutant, "seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class Traced:
    """A scenario whose lines in one module are noted."""

    scenario: Scenario
    module: str

    def to_json(self, *, detail: bool = False, record: bool = False) -> Mapping[str, Any]:
        """What the probe runs."""
        return self.scenario.to_json(detail=True) | {"lines_of": self.module}


class Mutagen:
    """Tries the mutants of one module in one process, within so many runs."""

    def __init__(self, process: Process, module: str, source: str, runs: int) -> None:
        self._process = process
        self._module = module
        self._mentions = Mentions(source)
        self._is_as_before: dict[Scenario, bool] = {}
        self._original = source
        self.left = runs

    def prepared(self, trials: Iterable[Trial]) -> list[Trial]:
        """The trials with what they execute; without those that fail on the original, here and now."""
        found = []
        for trial in trials:
            started = time.monotonic()
            (seen,) = self._process.observe([Traced(trial.scenario, self._module)])
            if not trial.notices(seen):
                found.append(replace(trial, lines=seen.lines, seconds=time.monotonic() - started))
        return found

    def fate(self, mutant: Mutant, trials: Sequence[Trial]) -> Fate:
        """What becomes of the mutant; untried when it cannot be loaded or the runs are used up."""
        reaching = self.reaching(mutant, trials)
        if not reaching:
            return Fate(mutant, "unreached")
        if self.left <= 0:
            return Fate(mutant, "untried")
        for part in (reaching[first:last] for first, last in _PARTS):
            seen = self.seen_on(mutant, part)
            if any(observation.outcome == "unmutable" for observation in seen):
                return Fate(mutant, "untried")
            if any(trial.notices(observation) for trial, observation in zip(part, seen, strict=True)):
                return Fate(mutant, "killed")
        return Fate(mutant, "unnoticed")

    def seen_on(self, mutant: Mutant, trials: Sequence[Trial]) -> list[Observation]:
        """What the trials look like on the mutant."""
        self.spend([trial.scenario for trial in trials], _PLAIN_COSTS if mutant.unit.name else _FORK_COSTS)
        runs = [Mutated(trial.scenario, mutant, self._module, _limit(trial)) for trial in trials]
        return self._process.observe(runs)

    def spend(self, scenarios: Iterable[Scenario], least: int = _PLAIN_COSTS) -> None:
        """Count runs; it is counted and not timed, so that the same project gives the same tests everywhere."""
        self.left -= sum(max(least, _DATABASE_COSTS if scenario.database else 0) for scenario in scenarios)

    def reaching(self, mutant: Mutant, trials: Sequence[Trial]) -> list[Trial]:
        """The trials that meet the mutant: those that call its function first, then those that execute least else."""
        own = mutant.unit.qualname
        if not mutant.unit.name:
            users = self._mentions.lines_about(mutant.defines)
            met = [trial for trial in trials if trial.lines & users]
            return [trial for trial in _in_order(met, own)[:_MOST_FORKS] if self._survives_reload(trial, mutant)]
        lines = set(range(mutant.lines[0], mutant.lines[1] + 1))
        if mutant.is_default:
            lines = set(range(mutant.unit.first, mutant.unit.last + 1))
        return _in_order([trial for trial in trials if trial.lines & lines], own)[:_MOST_TRIALS]

    def _survives_reload(self, trial: Trial, mutant: Mutant) -> bool:
        """Whether the trial ends as ever when the module is executed anew, unchanged."""
        if trial.scenario not in self._is_as_before:
            same = replace(mutant, source=self._original)
            self._is_as_before[trial.scenario] = not trial.notices(self.seen_on(same, [trial])[0])
        return self._is_as_before[trial.scenario]


def _in_order(trials: Sequence[Trial], target: str) -> list[Trial]:
    return sorted(trials, key=lambda trial: (trial.scenario.target != target, len(trial.lines)))


def _limit(trial: Trial) -> float:
    """A mutant that runs for ever must not take long; one that is a little slower is not killed by that."""
    return min(_LONGEST, _SHORTEST + _PATIENCE * trial.seconds)
