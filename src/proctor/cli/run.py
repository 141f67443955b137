"""`proctor run`: plan, show the plan, run it, report."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from proctor.cli.choices import Choices, Wanted, resolve
from proctor.cli.compose import Composed, composed, end_children
from proctor.cli.narrator import Narrator, phase_name
from proctor.cli.plan import tell_plan, tell_request, write_plan
from proctor.cli.scripted import (
    Scripted,
    check_script,
    chosen_script,
    resolve_for_script,
    run_scripted,
    saved_workflows,
)
from proctor.errors import ConstraintViolation, RequestError, Stopped
from proctor.jobs.testgen.opening import Opened, measure_before, opened_project
from proctor.project.manifest import take_manifest
from proctor.reports.records import PhaseTime, RunReport
from proctor.reports.summary import render_summary, summary_json
from proctor.workflow.records import RunResult
from proctor.workflow.scripts.running import ScriptOutcome

_FORMATS = ("text", "json")


def run(  # noqa: PLR0913 - the command's own options, by name
    path: str, prompt: str, choices: Choices, *, output_format: str, yes: bool, fresh: bool, workflow: str = ""
) -> int:
    """Do the whole job and return the exit code."""
    if output_format not in _FORMATS:
        raise RequestError(
            f"--output-format {output_format!r} is not known",
            hint=f"use one of: {', '.join(_FORMATS)}",
            slug="bad-format",
        )
    started = time.monotonic()
    wanted = resolve_for_script(path, prompt, choices) if workflow else resolve(path, prompt, choices)
    scripted = _scripted(workflow, prompt, wanted) if workflow else None
    narrator = Narrator()
    tell_request(wanted, narrator)
    with opened_project(
        wanted.root,
        wanted.request,
        wanted.settings,
        effort=wanted.effort,
        environment=os.environ,
        say=narrator.orchestrator,
    ) as opened:
        tell_plan(opened, wanted, narrator)
        if not yes and not _is_approved(narrator):
            return 2
        with composed(opened, wanted, write_plan(opened, wanted), narrator) as parts:
            outcome = _carry_out(opened, wanted, parts, narrator, scripted, fresh=fresh)
            result = outcome.run
            report = _report(result, parts, opened, time.monotonic() - started)
    _prove_unchanged(opened, wanted, report)
    if scripted is None or parts.ledger.entries:
        print(render_summary(report) if output_format == "text" else summary_json(report))
    if scripted is None:
        return _exit_code(result, report)
    if output_format == "text":
        print(f"Result of {scripted.script.name}: {json.dumps(outcome.value, ensure_ascii=False)}")
    return _script_exit_code(result)


def _is_approved(narrator: Narrator) -> bool:
    """Ask where somebody can answer; a run at zero tokens needs no approval where nobody can."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    narrator.orchestrator("This run costs 0 tokens. Start it? [Y/n] ")
    return sys.stdin.readline().strip().lower() in ("", "y", "yes")


def _scripted(workflow: str, prompt: str, wanted: Wanted) -> Scripted:
    """The script to run, checked before anything else is done."""
    saved = saved_workflows(wanted.root, wanted.settings.state_dir)
    script = chosen_script(workflow, saved)
    asyncio.run(check_script(script))
    return Scripted(script, prompt, saved)


def _carry_out(  # noqa: PLR0913 - all that a run is made of
    opened: Opened, wanted: Wanted, parts: Composed, narrator: Narrator, scripted: Scripted | None, *, fresh: bool
) -> ScriptOutcome:
    narrator.orchestrator("Measuring the coverage that is there before...")
    for path, coverage in measure_before(opened, wanted.settings.tests_dir).items():
        parts.ledger.entry(path).before = coverage
    outcome = asyncio.run(_with_stop(opened, wanted, parts, scripted, fresh=fresh))
    if outcome.run.status == "stopped":
        raise Stopped(
            "stopped; finished work is kept and is not done again",
            hint=f"run the same command again to go on: proctor run {wanted.root}",
            slug="stopped",
        )
    return outcome


async def _with_stop(
    opened: Opened, wanted: Wanted, parts: Composed, scripted: Scripted | None, *, fresh: bool
) -> ScriptOutcome:
    """Run the plan or the script; when it is stopped, end what still runs, so that nobody waits for it."""
    if scripted is None:
        outcome = ScriptOutcome(await parts.run_plan(fresh=fresh))
    else:
        outcome = await run_scripted(scripted, opened, wanted, parts, fresh=fresh)
    if outcome.run.status == "stopped":
        parts.stop.set()
        end_children()
    return outcome


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


def _script_exit_code(result: RunResult) -> int:
    if result.status in ("paused", "failed"):
        return 3
    return 0 if all(item.is_usable and not item.is_degraded for item in result.results) else 1
