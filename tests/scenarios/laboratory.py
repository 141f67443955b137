"""A small module, loaded in a real child process, with everything that a search of it needs."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from proctor.analysis.influences import Influences
from proctor.analysis.usage import Use, uses_of_parameters
from proctor.analysis.vocabulary import vocabulary_of
from proctor.execution.child import ChildSettings
from proctor.execution.interpreter import describe_interpreter
from proctor.execution.records import CallableReport, Observation, TargetReport
from proctor.execution.target_process import LoadRequest, TargetProcess
from proctor.oracles.cases import Case, Observers, Twins, derive_twins, establish
from proctor.oracles.endings import is_acceptable
from proctor.scenarios.compose import Composer
from proctor.scenarios.goals import Goals
from proctor.scenarios.inference import inferred
from proctor.scenarios.proposals import Proposer
from proctor.scenarios.rows import RowSource
from proctor.scenarios.scenario import Scenario
from proctor.scenarios.search import Found, Search, SearchLimits, minimised, selected
from proctor.scenarios.texts import TextSource
from proctor.scenarios.values import ValueSource

OTHER_DAY = 400


@dataclass(frozen=True)
class Laboratory:
    """The module `lab` of a scratch folder, held by two processes: the second with another hash seed and day."""

    folder: Path
    source: str
    loaded: TargetReport
    observers: Observers

    @property
    def uses(self) -> dict[str, dict[str, Use]]:
        return uses_of_parameters(self.source)

    @cached_property
    def report(self) -> TargetReport:
        return inferred(self.loaded, self.uses)

    @property
    def first(self) -> TargetProcess:
        assert isinstance(self.observers.first, TargetProcess)
        return self.observers.first

    @property
    def goals(self) -> Goals:
        return Goals.of(self.report.sites)

    @property
    def composer(self) -> Composer:
        return Composer(self.report, ValueSource(self.report), RowSource(self.report.models))

    def target(self, qualname: str) -> CallableReport:
        return next(target for target in self.report.callables if target.qualname == qualname)

    def base(self, qualname: str) -> Scenario:
        scenario = self.composer.base(self.target(qualname))
        assert scenario is not None
        return scenario

    def proposer(self, qualname: str, kind: type[Proposer] = Proposer) -> Proposer:
        values, rows = ValueSource(self.report), RowSource(self.report.models)
        composer = Composer(self.report, values, rows)
        texts = TextSource(vocabulary_of(self.source), qualname)
        return kind(self.target(qualname), self.report, Influences(self.source), values, rows, composer, texts)

    def unrun(self, qualname: str, kind: type[Proposer] = Proposer, runs: int = 400) -> Search:
        limits, proposer = SearchLimits(runs=runs), self.proposer(qualname, kind)
        return Search(self.target(qualname), self.goals, proposer, self.first, limits, is_acceptable)

    def search(self, qualname: str, kind: type[Proposer] = Proposer, runs: int = 400) -> Search:
        search = self.unrun(qualname, kind, runs)
        search.run([self.base(qualname)])
        return search

    def open_conditions(self, search: Search) -> list[tuple[str, str]]:
        """What is not decided yet: the condition's text and the outcome."""
        return sorted((self.goals.sites[site].text, outcome) for site, outcome in search.open_goals())

    def kept(self, search: Search) -> list[Found]:
        """The selected scenarios, simplified."""
        wanted = self.goals.needed | self.goals.wanted
        return [minimised(item, wanted, self.goals, self.first) for item in selected(search.found, wanted)]

    def twins(self, kept: list[Found]) -> Twins:
        return derive_twins(self.observers, kept, self.goals, self.report.models, dict(self.report.exceptions))

    def cases(self, qualname: str) -> list[Case]:
        """What tests of the callable can say, unit tests first."""
        kept = self.kept(self.search(qualname))
        plain = [item.scenario for item in kept if not item.scenario.database]
        real = [item.scenario for item in kept if item.scenario.database and not item.scenario.mock_calls]
        units = establish(self.observers, "unit", [*plain, *self.twins(kept).scenarios])
        return [*units, *establish(self.observers, "integration", real)]

    def see(self, scenario: Scenario) -> Observation:
        return self.first.observe([scenario], detail=True)[0]


@contextmanager
def laboratory(folder: Path, source: str) -> Iterator[Laboratory]:
    """Write the module and load it twice."""
    text = textwrap.dedent(source)
    (folder / "lab.py").write_text(text)
    interpreter = describe_interpreter(Path(sys.executable))
    with ExitStack() as stack:
        loaded = []
        for hash_seed, days in ((1, 0), (2, OTHER_DAY)):
            settings = ChildSettings(interpreter, folder, (folder,), hash_seed=hash_seed)
            loaded.append(stack.enter_context(TargetProcess(settings, LoadRequest("lab", shift_days=days))))
        report, _ = [process.load() for process in loaded]
        assert (report.problems, report.database_problem) == ((), None)
        yield Laboratory(folder, text, report, Observers(*loaded))
