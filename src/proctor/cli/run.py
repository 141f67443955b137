"""`proctor run`: plan, show the plan, run it, report."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import SystemRandom

from proctor.cli.choices import Choices, Wanted, resolve
from proctor.cli.compose import Composed, RunStart, composed, end_children
from proctor.cli.narrator import Narrator, phase_name
from proctor.cli.plan import tell_plan, tell_request, write_plan
from proctor.cli.traces import trace_sinks
from proctor.cli.workflow_file import with_plan
from proctor.errors import ConstraintViolation, RequestError, Stopped
from proctor.jobs.testgen.opening import Opened, measure_before, opened_project
from proctor.project.manifest import take_manifest
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
        environment=os.environ,
        say=narrator.orchestrator,
        planned=wanted.plan,
    ) as opened:
        tell_plan(opened, wanted, narrator)
        with composed(opened, wanted, write_plan(opened, wanted), narrator, _sinks(output_format)) as parts:
            narrator.orchestrator(f"Estimate: {parts.estimate}")
            if not yes and not _is_approved(parts.estimate, start.caps, narrator):
                return 2
            result = _carry_out(opened, wanted, parts, narrator, _run_start(start, wanted, parts))
            report = _report(result, parts, opened, time.monotonic() - started)
    _prove_unchanged(opened, wanted, report)
    _print_result(report, output_format)
    _say_how_to_go_on(result, narrator)
    return _exit_code(result, report)


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


def _print_result(report: RunReport, output_format: str) -> None:
    match output_format:
        case "text":
            print(render_summary(report))
        case "json":
            print(summary_json(report))
        case _:
            print(canonical_json({"kind": "report", "data": json.loads(summary_json(report))}))


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
    for path, coverage in measure_before(opened, wanted.settings.tests_dir).items():
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


def _prove_unchanged(opened: Opened, wanted: Wanted, report: RunReport) -> None:
    """Compare the project with what it was before: nothing but the written files may differ."""
    after = take_manifest(wanted.root, state_dir=wanted.settings.state_dir)
    allowed = {*report.files_written, f"{wanted.settings.state_dir}/orchestration_plan.json"}
    strange = [item for item in opened.manifest.differences(after) if item.path not in allowed]
    if strange:
        named = ", ".join(f"{item.path} ({item.kind})" for item in strange[:10])
        raise ConstraintViolation(
            f"{wanted.root}: changed while the run went on, and not by it: {named}",
            hint="compare these files with your version control",
            slug="project-changed",
        )


def _exit_code(result: RunResult, report: RunReport) -> int:
    if result.status in ("paused", "failed"):
        return 3
    return 0 if all(module.status == "done" for module in report.modules) else 1
