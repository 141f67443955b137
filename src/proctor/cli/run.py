"""`proctor run`: plan, show the plan, run it, report."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from proctor.analysis.facts import UnreadableModule
from proctor.cli.choices import Choices, Wanted, resolve
from proctor.cli.compose import Composed, composed, end_children
from proctor.cli.narrator import Narrator, phase_name
from proctor.cli.plan import tell_plan, tell_request, write_plan
from proctor.errors import RequestError, Stopped
from proctor.jobs.testgen.delivery import without_scratch
from proctor.jobs.testgen.opening import Opened, measure_before, opened_project
from proctor.jobs.testgen.proving import Proven, prove_unchanged
from proctor.reports.records import PhaseTime, RunReport
from proctor.reports.summary import render_summary, summary_json
from proctor.workflow.records import RunResult

_FORMATS = ("text", "json")


def run(  # noqa: PLR0913 - the command's own options, by name
    path: str, prompt: str, choices: Choices, *, output_format: str, yes: bool, fresh: bool
) -> int:
    """Do the whole job and return the exit code."""
    if output_format not in _FORMATS:
        raise RequestError(
            f"--output-format {output_format!r} is not known",
            hint=f"use one of: {', '.join(_FORMATS)}",
            slug="bad-format",
        )
    started = time.monotonic()
    wanted = resolve(path, prompt, choices)
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
    ) as opened:
        tell_plan(opened, wanted, narrator)
        if not yes and not _is_approved(narrator):
            return 2
        with (
            composed(opened, wanted, write_plan(opened, wanted), narrator) as parts,
            _proving(opened, wanted, parts, narrator) as proofs,
        ):
            result = _carry_out(opened, wanted, parts, narrator, fresh=fresh)
        report = _with_notes(
            report_of(result, parts, opened.survey.unreadable, time.monotonic() - started), parts, proofs
        )
    print(_shown(report, output_format, opened.workplace.scratch))
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


def _shown(report: RunReport, output_format: str, scratch: Path) -> str:
    text = render_summary(report) if output_format == "text" else summary_json(report)
    return without_scratch(text, scratch)


def _is_approved(narrator: Narrator) -> bool:
    """Ask where somebody can answer; a run at zero tokens needs no approval where nobody can."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    narrator.orchestrator("This run costs 0 tokens. Start it? [Y/n] ")
    return sys.stdin.readline().strip().lower() in ("", "y", "yes")


def _carry_out(opened: Opened, wanted: Wanted, parts: Composed, narrator: Narrator, *, fresh: bool) -> RunResult:
    narrator.orchestrator("Measuring the coverage that is there before...")
    for path, coverage in measure_before(opened, wanted.settings).items():
        parts.ledger.entry(path).before = coverage
    result = asyncio.run(_with_stop(parts, fresh=fresh))
    if result.status == "stopped":
        raise Stopped(
            "stopped; finished work is kept and is not done again",
            hint=f"run the same command again to go on: proctor run {wanted.root}",
            slug="stopped",
        )
    return result


async def _with_stop(parts: Composed, *, fresh: bool) -> RunResult:
    """Run the plan; when it is stopped, end what still runs, so that nobody waits for it."""
    result = await parts.run_plan(fresh=fresh)
    if result.status == "stopped":
        parts.stop.set()
        end_children()
    return result


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
