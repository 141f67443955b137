"""`proctor run`: plan, show the plan, run it, report."""

from __future__ import annotations

import asyncio
import json
import os
import sys
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
from proctor.cli.traces import trace_sinks
from proctor.cli.workflow_file import with_plan
from proctor.errors import RequestError, Stopped
from proctor.jobs.testgen.delivery import without_scratch
from proctor.jobs.testgen.opening import Opened, measure_before, opened_project
from proctor.jobs.testgen.proving import Proven, prove_unchanged
from proctor.reports.records import PhaseTime, RunReport
from proctor.reports.summary import render_summary, summary_json
from proctor.workflow.budget import Caps
from proctor.workflow.estimate import Estimate
from proctor.workflow.events import Event, EventSink
from proctor.workflow.records import RunResult, canonical_json
from proctor.workflow.run_ids import new_run_id

_FORMATS = ("text", "json", "stream-json")


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


def run(start: Start, *, output_format: str, yes: bool) -> int:
    """Do the whole job and return the exit code."""
    if output_format not in _FORMATS:
        raise RequestError(
            f"--output-format {output_format!r} is not known",
            hint=f"use one of: {', '.join(_FORMATS)}",
            slug="bad-format",
        )
    started = time.monotonic()
    wanted = wanted_by(start)
    narrator = Narrator()
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
        with (
            composed(opened, wanted, write_plan(opened, wanted), narrator, _sinks(output_format)) as parts,
            _proving(opened, wanted, parts, narrator) as proofs,
        ):
            narrator.orchestrator(f"Estimate: {parts.estimate}")
            if not yes and not _is_approved(parts.estimate, start.caps, narrator):
                return 2
            result = _carry_out(opened, wanted, parts, narrator, _run_start(start, wanted, parts))
        report = report_of(result, parts, opened.survey.unreadable, time.monotonic() - started)
        report = _with_notes(report, parts, proofs)
    _print_result(report, output_format, opened.workplace.scratch)
    _say_how_to_go_on(result, narrator)
    for proven in proofs:
        if proven.violation is not None:
            raise proven.violation
    return _exit_code(result, report, parts)


@contextmanager
def _proving(opened: Opened, wanted: Wanted, parts: Composed, narrator: Narrator) -> Iterator[list[Proven]]:
    """Compare the project afterwards, however the run ends, while the copy with the earlier bytes is still there."""
    proofs: list[Proven] = []
    try:
        yield proofs
    except BaseException:  # stopped or failed: what was found is said beside the reason, which goes on its way
        proven = prove_unchanged(opened, parts.delivery.hashes, wanted.settings.state_dir)
        for text in (*proven.notes, *_told(proven)):
            narrator.orchestrator(text)
        raise
    proofs.append(prove_unchanged(opened, parts.delivery.hashes, wanted.settings.state_dir))


def _told(proven: Proven) -> Iterator[str]:
    if proven.violation is not None:
        yield f"{proven.violation.message}; {proven.violation.hint}"


def _with_notes(report: RunReport, parts: Composed, proofs: Sequence[Proven]) -> RunReport:
    refused = (f"not written: {items[0]}" for items in parts.delivery.refused.values())
    notes = (note for proven in proofs for note in proven.notes)
    return replace(report, notes=(*report.notes, *refused, *notes))


def wanted_by(start: Start) -> Wanted:
    """Read prompt and settings, and the plan file when there is one."""
    path, prompt = start.path, start.prompt
    if start.workflow is not None and not prompt and not os.path.exists(path):
        path, prompt = ".", path  # `--workflow FILE "PROMPT"`: the one word given is no folder
    wanted = resolve(path, prompt, start.choices)
    return wanted if start.workflow is None else with_plan(wanted, Path(start.workflow), start.choices)


def _sinks(output_format: str) -> list[EventSink]:
    streamed = [_print_event] if output_format == "stream-json" else []
    return [*streamed, *trace_sinks(os.environ)]


def _print_event(event: Event, /) -> None:
    print(canonical_json(event.to_json()), flush=True)


def _print_result(report: RunReport, output_format: str, scratch: Path) -> None:
    match output_format:
        case "text":
            text = render_summary(report)
        case "json":
            text = summary_json(report)
        case _:
            text = canonical_json({"kind": "report", "data": json.loads(summary_json(report))})
    print(without_scratch(text, scratch))


def _run_start(start: Start, wanted: Wanted, parts: Composed) -> RunStart:
    taken = {run.run_id for run in parts.journal.runs()}
    workflow = None if start.workflow is None else str(Path(start.workflow).resolve())
    options = {
        "prompt": wanted.request.prompt,
        "choices": asdict(start.choices),
        "workflow": workflow,
        "caps": start.caps.to_json(),
    }
    return RunStart(start.run_id or new_run_id(SystemRandom(), taken), start.caps, options, start.fresh)


def _is_approved(estimate: Estimate, caps: Caps, narrator: Narrator) -> bool:
    """Ask where somebody can answer; where nobody can, only a large run without a cap needs approval beforehand."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        narrator.orchestrator("Start it? [Y/n] ")
        return sys.stdin.readline().strip().lower() in ("", "y", "yes")
    if estimate.needs_approval and not estimate.is_covered_by(caps):
        raise RequestError(
            f"this run is large ({estimate}), and nobody can be asked",
            hint="start it with --yes, or cap it with --max-agents, --max-tokens or --max-money",
            slug="approval-needed",
        )
    return True


def _carry_out(opened: Opened, wanted: Wanted, parts: Composed, narrator: Narrator, start: RunStart) -> RunResult:
    narrator.orchestrator("Measuring the coverage that is there before...")
    for path, coverage in measure_before(opened, wanted.settings).items():
        parts.ledger.entry(path).before = coverage
    narrator.orchestrator(f"Run {start.run_id}")
    result = asyncio.run(_with_stop(parts, start))
    if result.status == "stopped":
        raise Stopped(
            "stopped; finished work is kept and is not done again",
            hint=f"go on with: proctor resume {start.run_id} --project {wanted.root}",
            slug="stopped",
        )
    return result


async def _with_stop(parts: Composed, start: RunStart) -> RunResult:
    """Run the plan; when it is stopped, end what still runs, so that nobody waits for it."""
    result = await parts.run_plan(start)
    if result.status == "stopped":
        parts.stop.set()
        end_children()
    return result


def _say_how_to_go_on(result: RunResult, narrator: Narrator) -> None:
    if result.status in ("paused", "failed"):
        narrator.orchestrator(f"{result.status}: {result.cause or 'no task could be finished'}")
        narrator.orchestrator(f"Go on with: proctor resume {result.run_id}")


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


def _exit_code(result: RunResult, report: RunReport, parts: Composed) -> int:
    if result.status in ("paused", "failed"):
        return 3
    is_whole = all(module.status == "done" for module in report.modules) and not parts.delivery.refused
    return 0 if is_whole else 1
