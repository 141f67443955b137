"""The embedded solution of a module's task: investigate, write, and leave out what did not hold under pytest."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from proctor.execution.expressions import Expression
from proctor.jobs.testgen.delivery import signed
from proctor.jobs.testgen.investigation import Investigated, Investigator
from proctor.jobs.testgen.strengthening import MutationLimits
from proctor.jobs.testgen.survey import Survey
from proctor.jobs.testgen.workplace import Conditions, Workplace
from proctor.mutation.mutants import mutants_of
from proctor.mutation.score import MutationScore, score_of
from proctor.oracles.cases import Case
from proctor.oracles.diagnosis import Diagnosis
from proctor.oracles.findings import Finding
from proctor.scenarios.search import SearchLimits
from proctor.writing.fixtures import DatabaseFacts, SharedFixture, shared_fixtures
from proctor.writing.formatting import formatted
from proctor.writing.module import GeneratedModule, ModuleContents, render_module
from proctor.writing.printing import Imports, Printer
from proctor.writing.reasons import reasons

EFFORTS: Mapping[str, SearchLimits] = {
    "low": SearchLimits(runs=100, extra_runs=8),
    "balanced": SearchLimits(runs=200, extra_runs=16),
    "high": SearchLimits(runs=300, extra_runs=24),
    "ultracode": SearchLimits(runs=300, extra_runs=24),
}
MUTATION: Mapping[str, MutationLimits] = {
    "high": MutationLimits(mutants=40, runs=250, candidates=12),
    "ultracode": MutationLimits(mutants=48, runs=300, candidates=12),
}
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ModuleTask:
    """What is asked for one module."""

    path: str
    test_file: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    kinds: frozenset[str]
    effort: str
    inline_fixtures: bool
    side_by_side: int = 1


@dataclass(slots=True)
class Study:
    """What was found out about one module in this run; a second attempt goes on from here."""

    parts: list[Investigated]
    rejected: set[Case] = field(default_factory=set)
    written: GeneratedModule | None = None

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases, those of every part in turn."""
        return tuple(dict.fromkeys(case for part in self.parts for case in part.cases))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings."""
        return tuple(finding for part in self.parts for finding in part.findings)

    def score(self, source: str) -> MutationScore | None:
        """What the tests are worth, measured by mutants; None where none were tried."""
        fates = [fate for part in self.parts for fate in part.fates]
        return score_of(fates, len(mutants_of(source))) if fates else None

    @property
    def conditions(self) -> Conditions:
        """The conditions under which the module runs."""
        return max((part.conditions for part in self.parts), key=lambda c: (len(c.requirements), len(c.imports)))

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """What had to be mended."""
        return tuple(dict.fromkeys(diagnosis for part in self.parts for diagnosis in part.diagnoses))


def study_module(workplace: Workplace, survey: Survey, task: ModuleTask, say: Say) -> Study:
    """Investigate a module group by group; groups go side by side where nobody else needs the processors."""
    facts = survey.facts[task.path]
    say(f"Reading {PurePosixPath(task.path).name} ({facts.lines} lines)")
    methods = [found.name for found in facts.callables if found.is_public]
    say(f"Identified {len(methods)} methods: {', '.join(methods[:6])}{', …' if len(methods) > 6 else ''}")
    groups = task.groups or (("", ()),)
    if len(groups) > 1:
        say(f"Strategy: split into {len(groups)} logical groups")
        for number, (name, members) in enumerate(groups, 1):
            say(f"Group {number}: {name} ({len(members)} methods)")
    limits = replace(EFFORTS[task.effort], is_over=workplace.is_late.is_set)
    investigator = Investigator(workplace, survey, task.path, limits, _mutation(task, workplace))
    return Study(_without_repeats(_shared_out(investigator, [members for _, members in groups], task.side_by_side)))


def _mutation(task: ModuleTask, workplace: Workplace) -> MutationLimits | None:
    """What may be spent on mutants; the groups of a module share it."""
    limits = MUTATION.get(task.effort)
    parts = max(1, len(task.groups))
    if limits is None:
        return None
    return replace(limits, mutants=limits.mutants // parts, runs=limits.runs // parts, is_over=workplace.is_late.is_set)


def _shared_out(investigator: Investigator, groups: Sequence[tuple[str, ...]], hands: int) -> list[Investigated]:
    """Have so many hands take the groups, whoever is free the next; the results stand in the order of the groups."""
    left = deque(enumerate(groups))
    count = max(1, min(hands, len(groups)))
    shares = [_Share(left) for _ in range(count)]
    with ThreadPoolExecutor(count) as pool:
        found = list(pool.map(investigator.investigate, shares))
    numbered = [
        pair for share, parts in zip(shares, found, strict=True) for pair in zip(share.numbers, parts, strict=True)
    ]
    return [part for _, part in sorted(numbered, key=lambda pair: pair[0])]


class _Share:
    """The groups that one hand took, and their places."""

    def __init__(self, left: deque[tuple[int, tuple[str, ...]]]) -> None:
        self._left = left
        self.numbers: list[int] = []

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        while self._left:
            try:
                number, members = self._left.popleft()
            except IndexError:  # another hand was faster
                return
            self.numbers.append(number)
            yield members


def _without_repeats(parts: list[Investigated]) -> list[Investigated]:
    """The constructor belongs to every group; its cases are wanted once."""
    seen: set[str] = set()
    kept = []
    for part in parts:
        targets = {case.target for case in part.cases}
        kept.append(replace(part, cases=tuple(case for case in part.cases if case.target not in seen)))
        seen |= targets
    return kept


def write_module(workplace: Workplace, survey: Survey, task: ModuleTask, study: Study) -> dict[str, Any]:
    """The output of the task: the test file, the shared fixtures that it needs, findings, and what was mended."""
    facts = database_facts(study, survey)
    cases = tuple(case for case in study.cases if case not in study.rejected and _is_wanted(case, task.kinds))
    bases = {target: base for part in study.parts for target, base in part.bases.items()}
    contents = ModuleContents(
        survey.facts[task.path].module,
        cases,
        bases,
        study.parts[0].report.models,
        study.parts[0].frozen,
        facts if task.inline_fixtures else None,
        study.parts[0].report.sites,
    )
    written = render_module(contents)
    study.written = written
    shared = () if task.inline_fixtures else shared_fixtures(written.shared, facts)
    score = study.score((workplace.scratch / task.path).read_text(encoding="utf-8"))
    return {
        "path": task.path,
        "test_file": task.test_file,
        "source": signed(task.test_file, formatted(written.source, task.test_file, workplace.scratch)),
        "tests": written.count,
        "shared": [_fixture_json(fixture) for fixture in shared],
        "findings": [_finding_json(finding, written, task.test_file) for finding in study.findings],
        "reasons": reasons(written.cases(), contents.sites),
        "requirements": list(study.conditions.requirements),
        "imports": list(study.conditions.imports),
        "remedies": [diagnosis.sentence for diagnosis in study.diagnoses],
        "replaced": sorted({value for d in study.diagnoses for key, value in d.details if key == "call"}),
        "groups": [name for name, _ in task.groups],
        "runs": sum(part.runs for part in study.parts),
        "mutation": score.to_json() if score else None,
    }


def database_facts(study: Study, survey: Survey) -> DatabaseFacts:
    """What the database's fixtures are made from."""
    report = study.parts[0].report
    return DatabaseFacts(report.models, survey.model_modules, report.bases, report.session_options)


def _is_wanted(case: Case, kinds: frozenset[str]) -> bool:
    if case.finding is not None:
        return True
    return case.kind in kinds or (case.kind == "unit" and not kinds & {"unit"} and not case.scenario.database)


def reject(study: Study, failing: Iterable[str]) -> None:
    """Leave out the tests that did not hold, by node id without the file; one without parameter means all of them."""
    known = study.written.cases() if study.written is not None else {}
    names = set(failing)
    study.rejected |= {case for name, case in known.items() if name in names or name.partition("[")[0] in names}


def _fixture_json(fixture: SharedFixture) -> dict[str, Any]:
    return {"name": fixture.name, "imports": list(fixture.imports), "source": fixture.source}


def _finding_json(finding: Finding, written: GeneratedModule, test_file: str) -> dict[str, Any]:
    tests = [name for name, case in written.cases().items() if case.finding == finding]
    return {
        "function": finding.function,
        "path": finding.path,
        "line": finding.line,
        "issue": finding.issue,
        "severity": finding.severity,
        "evidence": list(finding.evidence),
        "exception": finding.exception.partition(":")[2],
        "message": finding.message,
        "reproduction": reproduction(finding),
        "test": f"{test_file}::{tests[0]}" if tests else "",
    }


def reproduction(finding: Finding) -> str:
    """The call that shows the bug, as a reader would write it."""
    arguments = ", ".join(_shown(argument.name, argument.value) for argument in finding.scenario.act.arguments)
    receiver = f"{finding.scenario.act.receiver}." if finding.scenario.act.receiver else ""
    return f"{receiver}{finding.scenario.act.member}({arguments})"


def _shown(name: str, value: Expression) -> str:
    return f"{name}={Printer(Imports()).value(value)}"


def fixtures_from_json(items: Sequence[Mapping[str, Any]]) -> tuple[SharedFixture, ...]:
    """The shared fixtures of a task's output."""
    return tuple(SharedFixture(item["name"], tuple(item["imports"]), item["source"]) for item in items)
