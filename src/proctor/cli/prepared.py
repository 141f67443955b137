"""A run from its start to its report: the project opened, the plan or the script ready, and the run of it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import SystemRandom

from proctor.cli.choices import Choices, Wanted, resolve
from proctor.cli.compose import Composed, RunStart, composed, end_children
from proctor.cli.narrator import Narrator, phase_name
from proctor.cli.plan import tell_plan, tell_request, write_plan
from proctor.cli.scripted import Scripted, is_script, read_scripted, resolve_for_script, run_scripted
from proctor.cli.workflow_file import with_plan
from proctor.errors import ConstraintViolation, Stopped
from proctor.jobs.testgen.opening import Opened, measure_before, opened_project
from proctor.project.manifest import take_manifest
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
    """What a run has come to; the outcome has the value of a script."""

    outcome: ScriptOutcome
    report: RunReport
    worked_on: int

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

    def carry_out(self) -> Finished:
        """Run it to its end, or raise Stopped; a child that still runs then is ended."""
        self.narrator.orchestrator("Measuring the coverage that is there before...")
        for path, coverage in measure_before(self.opened, self.wanted.settings.tests_dir).items():
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
        worked_on = len(self.parts.ledger.entries)
        report = _report(outcome.run, self.parts, self.opened, time.monotonic() - self.began)
        return Finished(outcome, report, worked_on)

    async def _with_stop(self, start: RunStart) -> ScriptOutcome:
        """Run the plan or the script; when it is stopped, end what still runs, so that nobody waits for it."""
        if self.scripted is None:
            outcome = ScriptOutcome(await self.parts.run_plan(self.wanted.root, start))
        else:
            outcome = await run_scripted(self.scripted, self.opened, self.wanted, self.parts, start)
        if outcome.run.status == "stopped":
            self.parts.stop.set()
            end_children()
        return outcome

    def prove_unchanged(self, report: RunReport) -> None:
        """Compare the project with what it was before: nothing but the written files may differ."""
        settings, root = self.wanted.settings, self.wanted.root
        after = take_manifest(root, state_dir=settings.state_dir)
        allowed = {*report.files_written, f"{settings.state_dir}/orchestration_plan.json"}
        strange = [item for item in self.opened.manifest.differences(after) if item.path not in allowed]
        if strange:
            named = ", ".join(f"{item.path} ({item.kind})" for item in strange[:10])
            raise ConstraintViolation(
                f"{root}: changed while the run went on, and not by it: {named}",
                hint="compare these files with your version control",
                slug="project-changed",
            )


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


def _report(result: RunResult, parts: Composed, opened: Opened, seconds: float) -> RunReport:
    for broken in opened.survey.unreadable:
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
