"""The last phase: the whole suite once more, the test dependencies, COVERAGE_REPORT.md and the bug reports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from proctor.execution.confinement.policy import Confinement
from proctor.execution.coverage_data import FileCoverage
from proctor.execution.suite import SuiteResult, run_suite
from proctor.jobs.testgen.delivery import free_path, signed, without_scratch
from proctor.jobs.testgen.ledger import Ledger, ModuleEntry
from proctor.jobs.testgen.survey import Survey
from proctor.jobs.testgen.workplace import Conditions, Workplace
from proctor.mutation.score import MutationScore
from proctor.project.changes import content_hash
from proctor.project.modules import import_roots
from proctor.reports.bugs import bugs_json, render_bugs
from proctor.reports.coverage_report import render_coverage_report
from proctor.reports.records import Bug, ModuleOutcome, PhaseTime, RunReport, SandboxLine
from proctor.workflow.records import Verdict
from proctor.writing.pyproject import with_pytest_settings, with_test_requirements

_REPORT = "COVERAGE_REPORT.md"
_BAD = frozenset({"failed", "error", "xpassed"})


@dataclass(frozen=True, slots=True)
class WrapUpOptions:
    """What the last phase needs to know: names, places, and which files were asked for."""

    root: Path
    project: str
    tests_dir: str
    state_dir: str
    outputs: tuple[str, ...]
    minimum: float
    sandbox: Confinement
    notes: tuple[str, ...]
    manifest_digest: str


class WrapUp:
    """Composes, checks and hands over what belongs to the run as a whole."""

    def __init__(self, workplace: Workplace, survey: Survey, ledger: Ledger, options: WrapUpOptions) -> None:
        self._workplace = workplace
        self._survey = survey
        self._ledger = ledger
        self._options = options
        self._suite: SuiteResult | None = None
        self._is_accepted = False

    def compose(self) -> dict[str, Any]:
        """Run the whole suite, and say how it went; the texts are made from what it measured."""
        self._suite = self._run_everything()
        for path, entry in self._ledger.entries.items():
            entry.after = self._suite.coverage.get(path, entry.after)
        return {"files": sorted(self.files()), "failing": self._failing()}

    def check(self, output: Mapping[str, Any]) -> Verdict:
        """The suite as a whole must be green; tests that a person wrote count for themselves."""
        failing = list(output["failing"])
        ours = [nodeid for nodeid in failing if nodeid.partition("::")[0] in self._test_files()]
        if ours:
            return Verdict("degrade", f"{len(ours)} generated tests fail beside the others, such as {ours[0]}")
        return Verdict("accept", "")

    def accept(self, output: Mapping[str, Any]) -> None:
        """From now on the files belong to what is delivered."""
        if self._suite is None:
            self.compose()
        self._is_accepted = True

    def files(self) -> dict[str, str]:
        """The texts by path; none before the phase was accepted."""
        if self._suite is None or not self._is_accepted:
            return {}
        report = self.report((), 0.0, ())
        made: dict[str, str] = {}
        if self._wants(_REPORT):
            path = free_path(self._options.root, _REPORT)
            made[path] = signed(path, self._placed(render_coverage_report(report)))
        if self._wants("pyproject.toml"):
            made |= self._pyproject()
        state = self._options.state_dir
        made[f"{state}/bugs_found.md"] = self._placed(render_bugs(report.bugs))
        made[f"{state}/bugs.json"] = self._placed(bugs_json(report.bugs))
        made[f"{state}/tests.json"] = self._reasons()
        return made

    def _reasons(self) -> str:
        """Why each test exists, by its node id: what `proctor explain` reads."""
        told = {
            f"{output['test_file']}::{name}": {"path": output["path"], **reason}
            for output in self._ledger.outputs
            for name, reason in output.get("reasons", {}).items()
        }
        return json.dumps({"version": 1, "tests": told}, indent=1, sort_keys=True) + "\n"

    def report(self, phases: Sequence[PhaseTime], seconds: float, written: Sequence[str]) -> RunReport:
        """Everything that the run has to tell."""
        entries = [self._ledger.entry(target.path) for target in self._survey.targets]
        return RunReport(
            project=self._options.project,
            modules=tuple(self._outcome(entry) for entry in entries),
            bugs=tuple(self._bugs()),
            phases=tuple(phases),
            seconds=seconds,
            files_written=tuple(written),
            tokens=0,
            sandbox=SandboxLine(self._options.sandbox.level, self._options.sandbox.reason),
            requirements=self._collected("requirements"),
            remedies=self._collected("remedies"),
            minimum=self._options.minimum,
            notes=self._options.notes,
            unchanged=not written,
            manifest_digest=self._options.manifest_digest,
        )

    def _placed(self, text: str) -> str:
        """A report that names places in the project where what was measured named those in the copy."""
        return without_scratch(text, self._workplace.scratch)

    def _run_everything(self) -> SuiteResult:
        conditions = Conditions(self._collected("imports"), self._collected("requirements"))
        settings = self._workplace.settings_for_people(conditions, seconds=900)
        return run_suite(
            settings,
            [self._options.tests_dir],
            order_seed=self._workplace.seed + 2,
            hash_seed=2,
            coverage_of=self._unmeasured(),
            rootdir=self._workplace.scratch,
        )

    def _unmeasured(self) -> list[str]:
        """The targets whose coverage the checks of this run do not tell: reused ones, and what people's tests cover."""
        measured = {
            path
            for path, entry in self._ledger.entries.items()
            if entry.after is not None and (entry.before is None or not entry.before.covered_lines)
        }
        return [target.path for target in self._survey.targets if target.path not in measured]

    def _failing(self) -> list[str]:
        assert self._suite is not None
        bad = [*self._suite.collection_errors, *(o for o in self._suite.outcomes if o.outcome in _BAD)]
        return sorted(outcome.nodeid for outcome in bad)

    def _test_files(self) -> set[str]:
        return {str(output["test_file"]) for output in self._ledger.outputs}

    def _wants(self, name: str) -> bool:
        return name in self._options.outputs or not self._options.outputs

    def _pyproject(self) -> dict[str, str]:
        place = self._options.root / "pyproject.toml"
        text = place.read_text(encoding="utf-8") if place.is_file() else None
        extended = with_test_requirements(text, ["pytest>=7", "pytest-cov>=4"])
        roots = import_roots(self._options.root)
        extended = with_pytest_settings(extended, roots, self._options.tests_dir)
        return {} if text is not None and content_hash(text) == content_hash(extended) else {"pyproject.toml": extended}

    def _collected(self, key: str) -> tuple[str, ...]:
        found = dict.fromkeys(value for output in self._ledger.outputs for value in output.get(key, ()))
        return tuple(found)

    def _outcome(self, entry: ModuleEntry) -> ModuleOutcome:
        output = entry.output
        facts = self._survey.facts.get(entry.path)
        return ModuleOutcome(
            path=entry.path,
            module=facts.module if facts else entry.path,
            before=entry.before,
            after=entry.after,
            passed=entry.passed,
            xfailed=entry.xfailed,
            test_file=output.get("test_file"),
            groups=tuple(output.get("groups", ())),
            status=self._status(entry),
            note=entry.note,
            replaced=tuple(output.get("replaced", ())),
            open_branches=_open_branches(entry.after, self._workplace.scratch / entry.path),
            mutation=MutationScore.from_json(output["mutation"]) if output.get("mutation") else None,
        )

    def _status(self, entry: ModuleEntry) -> Literal["done", "below", "failed", "skipped"]:
        if not entry.output:
            return "failed"
        rate: FileCoverage | None = entry.after
        return "done" if rate is not None and rate.branch_rate >= self._options.minimum else "below"

    def _bugs(self) -> list[Bug]:
        found = [item for output in self._ledger.outputs for item in output["findings"]]
        found.sort(key=lambda item: (item["path"], item["line"], item["issue"]))
        return [
            Bug(
                number=number,
                path=item["path"],
                line=item["line"],
                function=item["function"],
                issue=item["issue"],
                severity=item["severity"],
                evidence=tuple(item["evidence"]),
                reproduction=item["reproduction"],
                test=item["test"],
                exception=item["exception"],
            )
            for number, item in enumerate(found, 1)
        ]


def _open_branches(coverage: FileCoverage | None, source: Path) -> tuple[str, ...]:
    """The branches that no test took, each with the line that decides it."""
    if coverage is None or not source.is_file():
        return ()
    lines = source.read_text(encoding="utf-8", errors="replace").splitlines()
    shown = []
    for start, end in coverage.missing_branches:
        text = lines[start - 1].strip() if 0 < start <= len(lines) else ""
        shown.append(f"line {start} ({text}) to {'the end' if end < 0 else f'line {end}'}")
    return tuple(shown)
