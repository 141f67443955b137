"""`proctor run`: plan, show the plan, run it, report."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from proctor.cli.narrator import Narrator
from proctor.cli.prepared import Finished, Start, prepared_run
from proctor.cli.traces import trace_sinks
from proctor.errors import RequestError
from proctor.jobs.testgen.delivery import without_scratch
from proctor.reports.summary import render_summary, summary_json
from proctor.workflow.budget import Caps
from proctor.workflow.estimate import Estimate
from proctor.workflow.events import Event, EventSink
from proctor.workflow.records import RunResult, canonical_json

_FORMATS = ("text", "json", "stream-json")


def run(start: Start, *, output_format: str, yes: bool) -> int:
    """Do the whole job and return the exit code."""
    if output_format not in _FORMATS:
        raise RequestError(
            f"--output-format {output_format!r} is not known",
            hint=f"use one of: {', '.join(_FORMATS)}",
            slug="bad-format",
        )
    narrator = Narrator()
    with prepared_run(start, narrator, _sinks(output_format)) as prepared:
        narrator.orchestrator(f"Estimate: {prepared.estimate}")
        if not yes and not _is_approved(prepared.estimate, start.caps, narrator):
            return 2
        finished = prepared.carry_out()
    print(without_scratch(_result(finished, prepared.script_name, output_format), prepared.opened.workplace.scratch))
    _say_how_to_go_on(finished.result, narrator)
    if finished.violation is not None:
        raise finished.violation
    return _exit_code(finished)


def _sinks(output_format: str) -> list[EventSink]:
    streamed = [_print_event] if output_format == "stream-json" else []
    return [*streamed, *trace_sinks(os.environ)]


def _print_event(event: Event, /) -> None:
    print(canonical_json(event.to_json()), flush=True)


def _result(finished: Finished, script: str | None, output_format: str) -> str:
    match output_format:
        case "text":
            return result_text(finished, script)
        case "json":
            return summary_json(finished.report) if script is None else json.dumps(_data(finished, script), indent=2)
        case _:
            return canonical_json({"kind": "report", "data": _data(finished, script)})


def result_text(finished: Finished, script: str | None) -> str:
    """The report, and what a script said; a script that wrote no tests has nothing to report but that."""
    report = [render_summary(finished.report)] if script is None or finished.has_tests else []
    value = json.dumps(finished.outcome.value, ensure_ascii=False)
    return "\n".join(report if script is None else [*report, f"Result of {script}: {value}"])


def _data(finished: Finished, script: str | None) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(summary_json(finished.report))
    return report if script is None else {**report, "workflow": script, "value": finished.outcome.value}


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


def _say_how_to_go_on(result: RunResult, narrator: Narrator) -> None:
    if result.status in ("paused", "failed"):
        narrator.orchestrator(f"{result.status}: {result.cause or 'no task could be finished'}")
        narrator.orchestrator(f"Go on with: proctor resume {result.run_id}")


def _exit_code(finished: Finished) -> int:
    if finished.result.status in ("paused", "failed"):
        return 3
    return 0 if finished.is_whole else 1
