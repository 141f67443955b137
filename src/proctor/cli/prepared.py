"""A run from its start to its report: the project opened, the plan or the script ready, and the run of it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import SystemRandom

from proctor.analysis.facts import UnreadableModule
from proctor.cli.choices import Choices, Wanted, resolve
from proctor.cli.compose import Composed, RunStart, composed, end_children
from proctor.cli.narrator import Narrator, phase_name
from proctor.cli.plan import tell_plan, tell_request, write_plan
from proctor.cli.scripted import Scripted, is_script, read_scripted, resolve_for_script, run_scripted
from proctor.cli.workflow_file import with_plan
from proctor.errors import ProctorError, Stopped
from proctor.jobs.testgen.opening import Opened, measure_before, opened_project
from proctor.jobs.testgen.proving import Proven, prove_unchanged
from proctor.reports.records import PhaseTime, RunReport
from proctor.workflow.budget import Caps
from proctor.workflow.estimate import Estimate
from proctor.workflow.events import EventSink
from proctor.workflow.records import RunResult
from proctor.workflow.run_ids import new_run_id
from proctor.workflow.scripts.running import ScriptOutcome


@dataclass(frozen=True, slots=True)
class Start:
    """What a run is started with: what is wanted, its caps, and the id of the run that it goes on with, if any."""

    path: str
    prompt: str
    choices: Choices
    workflow: str | None
    caps: Caps
    run_id: str | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run has come to: its outcome, which has the value of a script, the report, and what was proven."""

    outcome: ScriptOutcome
    report: RunReport
    is_whole: bool
    """Whether all that was asked for is there and was written."""
    has_tests: bool
    violation: ProctorError | None

    @property
    def result(self) -> RunResult:
        """How the run ended."""
        return self.outcome.run


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run that could start; nothing of it has."""

    start: Start
    wanted: Wanted
    scripted: Scripted | None
    opened: Opened
    parts: Composed
    narrator: Narrator
    began: float

    @property
    def estimate(self) -> Estimate:
        """What the plan costs at most; a script may call more agents than the plan has."""
        return self.parts.estimate

    @property
    def script_name(self) -> str | None:
        """The name of the script, if it is one."""
        return None if self.scripted is None else self.scripted.script.name

    def carry_out(self) -> Finished:
        """Run it to its end, or raise Stopped; a child that still runs then is ended."""
        with self._proving() as proofs:
            outcome = self._outcome()
        report = report_of(outcome.run, self.parts, self.opened.survey.unreadable, time.monotonic() - self.began)
        report = _with_notes(report, self.parts, proofs)
        violation = next((proven.violation for proven in proofs if proven.violation is not None), None)
        return Finished(
            outcome, report, self._is_whole(outcome.run, report), bool(self.parts.ledger.entries), violation
        )

    def _outcome(self) -> ScriptOutcome:
        self.narrator.orchestrator("Measuring the coverage that is there before...")
        for path, coverage in measure_before(self.opened, self.wanted.settings).items():
            self.parts.ledger.entry(path).before = coverage
        start = _run_start(self.start, self.wanted, self.parts)
        self.narrator.orchestrator(f"Run {start.run_id}")
        outcome = asyncio.run(self._with_stop(start))
        if outcome.run.status == "stopped":
            raise Stopped(
                "stopped; finished work is kept and is not done again",
                hint=f"go on with: proctor resume {start.run_id} --project {self.wanted.root}",
                slug="stopped",
            )
        return outcome

    async def _with_stop(self, start: RunStart) -> ScriptOutcome:
        """Run the plan or the script; when it is stopped, end what still runs, so that nobody waits for it."""
        if self.scripted is None:
            outcome = ScriptOutcome(await self.parts.run_plan(start))
        else:
            outcome = await run_scripted(self.scripted, self.opened, self.wanted, self.parts, start)
        if outcome.run.status == "stopped":
            self.parts.stop.set()
            end_children()
        return outcome

    @contextmanager
    def _proving(self) -> Iterator[list[Proven]]:
        """Compare the project afterwards, however the run ends, while the copy with the earlier bytes is there."""
        proofs: list[Proven] = []
        try:
            yield proofs
        except BaseException:  # stopped or failed: what was found is said beside the reason, which goes on its way
            proven = self._proof()
            for text in (*proven.notes, *_told(proven)):
                self.narrator.orchestrator(text)
            raise
        proofs.append(self._proof())

    def _proof(self) -> Proven:
        return prove_unchanged(self.opened, self.parts.delivery.hashes, self.wanted.settings.state_dir)

    def _is_whole(self, result: RunResult, report: RunReport) -> bool:
        if self.parts.delivery.refused:
            return False
        if self.scripted is not None:
            return all(item.is_usable and not item.is_degraded for item in result.results)
        return all(module.status == "done" for module in report.modules)


@contextmanager
def prepared_run(start: Start, narrator: Narrator, sinks: Sequence[EventSink]) -> Iterator[PreparedRun]:
    """Read what is wanted, open the project, make and tell the plan; the copy is gone afterwards."""
    began = time.monotonic()
    wanted, scripted = wanted_by(start), scripted_by(start)
    tell_request(wanted, narrator)
    with opened_project(
        wanted.root,
        wanted.request,
        wanted.settings,
        effort=wanted.effort,
        sandbox=wanted.sandbox,
        environment=os.environ,
        say=narrator.orchestrator,
        planned=wanted.plan,
    ) as opened:
        tell_plan(opened, wanted, narrator)
        with composed(opened, wanted, write_plan(opened, wanted), narrator, sinks) as parts:
            yield PreparedRun(start, wanted, scripted, opened, parts, narrator, began)


def wanted_by(start: Start) -> Wanted:
    """Read prompt and settings, and the plan file when there is one."""
    path, prompt = _words(start)
    if start.workflow is None:
        return resolve(path, prompt, start.choices)
    if is_script(start.workflow):
        return resolve_for_script(path, prompt, start.choices)
    return with_plan(resolve(path, prompt, start.choices), Path(start.workflow), start.choices)


def scripted_by(start: Start) -> Scripted | None:
    """The script to run, if it is one, read and checked before anything else is done."""
    if start.workflow is None or not is_script(start.workflow):
        return None
    return read_scripted(start.workflow, wanted_by(start), _words(start)[1])


def _words(start: Start) -> tuple[str, str]:
    """Path and prompt; after `--workflow FILE`, one word that is no folder is the prompt."""
    if start.workflow is not None and not start.prompt and not os.path.exists(start.path):
        return ".", start.path
    return start.path, start.prompt


def _run_start(start: Start, wanted: Wanted, parts: Composed) -> RunStart:
    taken = {run.run_id for run in parts.journal.runs()}
    options = {
        "prompt": _words(start)[1] or wanted.request.prompt,
        "choices": asdict(start.choices),
        "workflow": _lasting(start.workflow),
        "caps": start.caps.to_json(),
    }
    return RunStart(start.run_id or new_run_id(SystemRandom(), taken), start.caps, options, start.fresh)


def _lasting(workflow: str | None) -> str | None:
    """The name of a saved workflow as it is, and the path of a file from wherever it is read again."""
    is_file = workflow is not None and Path(workflow).exists()
    return str(Path(workflow).resolve()) if workflow is not None and is_file else workflow


def report_of(result: RunResult, parts: Composed, unreadable: Sequence[UnreadableModule], seconds: float) -> RunReport:
    """What the run brought, with a note wherever something stood in the way."""
    for broken in unreadable:
        parts.ledger.entry(broken.path).note = f"{broken.path}:{broken.line}: {broken.message}"
    for item in result.results:
        entry = next((e for e in parts.ledger.entries.values() if parts.targets.get(item.task_id) == e.path), None)
        if entry is None and item.task_id in parts.targets:
            entry = parts.ledger.entry(parts.targets[item.task_id])
        if entry is not None and item.cause and not entry.note:
            entry.note = item.cause
    phases = [PhaseTime(phase_name(name), spent) for name, spent in result.phase_seconds.items()]
    written = tuple(path for path, is_new in parts.delivery.written.items() if is_new)
    return parts.wrap_up.report(phases, seconds, written)


def _told(proven: Proven) -> Iterator[str]:
    if proven.violation is not None:
        yield f"{proven.violation.message}; {proven.violation.hint}"


def _with_notes(report: RunReport, parts: Composed, proofs: Sequence[Proven]) -> RunReport:
    refused = (f"not written: {items[0]}" for items in parts.delivery.refused.values())
    notes = (note for proven in proofs for note in proven.notes)
    return replace(report, notes=(*report.notes, *refused, *notes))
