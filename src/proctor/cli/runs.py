"""`proctor runs`, `show`, `stop`, `pause`: what the journal knows of runs, and requests to one that is going on."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import get_args

from proctor.cli.choices import project_root
from proctor.cli.journals import control_folder, open_journal
from proctor.errors import ProjectError, RequestError
from proctor.workflow.carrying import run_from_lines, run_to_lines
from proctor.workflow.control import Verb, is_alive, send
from proctor.workflow.events import Event
from proctor.workflow.journal import Journal
from proctor.workflow.records import RunRecord, TaskStatus

_STATUS_ORDER = get_args(TaskStatus)


def list_runs(project: str, *, as_json: bool) -> int:
    """Print every run of a project, the newest last."""
    root = project_root(project)
    with open_journal(root) as journal:
        runs = [(run, status_now(root, run)) for run in journal.runs()]
    if as_json:
        print(json.dumps([run.to_json() | {"status": status} for run, status in runs], indent=2))
        return 0
    for run, status in runs:
        print(f"{run.run_id:<20} {status:<12} {_when(run.started)}  {_census(run)}".rstrip())
    if not runs:
        print("no runs yet")
    return 0


def show(project: str, run_id: str, *, as_json: bool) -> int:
    """Print what is known of one run: how it ended, its tasks, what it spent, and how to go on."""
    root = project_root(project)
    with open_journal(root) as journal:
        run = known_run(journal, run_id)
        events, damaged = journal.events(run.run_id), journal.damaged
    status = status_now(root, run)
    if as_json:
        record = run.to_json() | {"status": status, "events": [event.to_json() for event in events]}
        print(json.dumps(record, indent=2))
        return 0
    print(f"{run.run_id}: {status}" + (f" ({run.cause})" if run.cause else ""))
    print(f"started {_when(run.started)}" + (f", ended {_when(run.ended)}" if run.ended else ""))
    for line in [*_task_lines(events), *_spent(run)]:
        print(line)
    if damaged:
        print(f"{damaged} damaged entries of the journal were left out")
    if status not in ("completed", "running"):
        print(f"go on with: proctor resume {run.run_id}")
    return 0


def ask(project: str, run_id: str | None, verb: Verb) -> int:
    """Ask a run to stop or pause; without an id, the only one that is going on."""
    root = project_root(project)
    with open_journal(root) as journal:
        going_on = [run.run_id for run in journal.runs() if status_now(root, run) == "running"]
        wanted = run_id or (going_on[0] if len(going_on) == 1 else "")
        if run_id is not None:
            known_run(journal, run_id)
    if not wanted or not send(control_folder(root), wanted, verb):
        raise RequestError(
            f"{wanted or project}: no such run is going on on this machine",
            hint=f"going on are: {', '.join(going_on) or 'none'}",
            slug="run-not-going-on",
        )
    print(f"{wanted}: asked to {verb}")
    return 0


def export_run(project: str, run_id: str, file: Path) -> int:
    """Write a run and the finished calls it stands on to a file."""
    with open_journal(project_root(project)) as journal:
        carried = journal.carried(known_run(journal, run_id).run_id)
    assert carried is not None
    try:
        file.write_text("".join(f"{line}\n" for line in run_to_lines(carried)), encoding="utf-8")
    except OSError as error:
        raise _file_trouble(file, error) from error
    left_out = f", {carried.damaged} damaged ones left out" if carried.damaged else ""
    print(f"{file}: {run_id}, {len(carried.calls)} calls{left_out}")
    return 0


def import_run(project: str, file: Path) -> int:
    """Take over a run from a file; its finished calls are reused by what is run here."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise _file_trouble(file, error) from error
    carried = run_from_lines(lines[:-1] if lines[-1:] == [""] else lines, str(file))
    with open_journal(project_root(project)) as journal:
        journal.take_over(carried)
    left_out = f", {carried.damaged} damaged lines left out" if carried.damaged else ""
    print(f"{carried.run.run_id}: {len(carried.calls)} calls taken over{left_out}")
    return 0


def known_run(journal: Journal, run_id: str) -> RunRecord:
    """The run of that id, or an error that lists those there are."""
    run = journal.run(run_id)
    if run is None:
        names = [other.run_id for other in journal.runs()][-10:]
        raise RequestError(
            f"{run_id}: there is no such run in {journal.place}",
            hint=f"the last runs are: {', '.join(names) or 'none'}",
            slug="unknown-run",
        )
    return run


def status_now(root: Path, run: RunRecord) -> str:
    """The status of a run; one that says running while nobody runs it was interrupted."""
    if run.status == "running" and not is_alive(control_folder(root), run.run_id):
        return "interrupted"
    return run.status


def _task_lines(events: tuple[Event, ...]) -> list[str]:
    begun = [event for event in events if event.kind == "run-started"]
    latest = events[events.index(begun[-1]) :] if begun else events
    ends = {event.task_id: event for event in latest if event.kind == "task-ended"}
    started = [event for event in latest if event.kind == "task-started"]
    return [f"  {event.text:<24} {ends[event.task_id].text if event.task_id in ends else '…'}" for event in started]


def _spent(run: RunRecord) -> list[str]:
    usage = run.summary.get("usage")
    return [] if not usage else [f"spent {usage['tokens']} tokens, {usage['money'] or 'an unknown amount of'} $"]


def _census(run: RunRecord) -> str:
    census = run.summary.get("census", {})
    return ", ".join(f"{census[status]} {status}" for status in _STATUS_ORDER if status in census)


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def _file_trouble(file: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"{file}: {error.strerror or error}", hint="name a file that can be read or written", slug="run-file"
    )
