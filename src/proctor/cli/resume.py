"""`proctor resume`: the command of an earlier run once more, under its id; what is finished is not done again."""

from __future__ import annotations

from proctor.cli import run as verb
from proctor.cli.choices import Choices, project_root
from proctor.cli.journals import open_journal
from proctor.cli.prepared import Start
from proctor.cli.runs import known_run, status_now
from proctor.errors import RequestError
from proctor.workflow.budget import Caps


def resume(project: str, run_id: str | None, caps: Caps, output_format: str) -> int:
    """Go on with a run; without an id, with the last one that is not complete. Caps that are not given stay."""
    return verb.run(start_of(project, run_id, caps), output_format=output_format, yes=True)


def start_of(project: str, run_id: str | None, caps: Caps) -> Start:
    """What a run was started with, to be started again under its id."""
    root = project_root(project)
    with open_journal(root) as journal:
        open_runs = [run.run_id for run in journal.runs() if status_now(root, run) not in ("completed", "running")]
        wanted = run_id or (open_runs[-1] if open_runs else "")
        if not wanted:
            raise RequestError(
                f"{root}: there is no run to go on with", hint="start one: proctor run", slug="nothing-to-resume"
            )
        run = known_run(journal, wanted)
    if status_now(root, run) == "running":
        raise RequestError(f"{wanted}: this run is going on", hint="stop it first", slug="run-going-on")
    options = run.options
    if "choices" not in options:
        raise RequestError(
            f"{wanted}: the journal does not say how this run was started",
            hint="give the same command again: what is finished is reused",
            slug="run-not-resumable",
        )
    return Start(
        str(root),
        options["prompt"],
        Choices(**options["choices"]),
        options["workflow"],
        caps.over(Caps.from_json(options["caps"])),
        wanted,
        fresh=False,
    )
