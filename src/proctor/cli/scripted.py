"""A script instead of a plan: where it is found, what it is started with, and the run of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from proctor.cli.choices import Choices, Wanted, resolve
from proctor.cli.compose import ATTEMPTS, Composed
from proctor.errors import RequestError
from proctor.jobs.crew import Crew
from proctor.jobs.shell import ShellAgent
from proctor.jobs.testgen.opening import Opened
from proctor.jobs.testgen.workplace import Conditions
from proctor.project.worktrees import sweep_worktrees
from proctor.workflow.budget import Budget
from proctor.workflow.clock import SystemClock
from proctor.workflow.limits import Limits
from proctor.workflow.run import Run
from proctor.workflow.scripts.interpreter import Interpreter
from proctor.workflow.scripts.running import ScriptOutcome, Setting, run_script
from proctor.workflow.scripts.saved import SavedWorkflows
from proctor.workflow.scripts.source import Script, read_script


@dataclass(frozen=True, slots=True)
class Scripted:
    """A script that is to be run, with the words it was asked for with and the workflows it can call."""

    script: Script
    prompt: str
    saved: SavedWorkflows


def saved_workflows(root: Path, state_dir: str) -> SavedWorkflows:
    """The workflows of a project, and those that come with Proctor."""
    text = files("proctor.jobs.testgen").joinpath("workflows/testgen.py").read_text(encoding="utf-8")
    return SavedWorkflows(root / state_dir / "workflows", (Script("testgen", "testgen (built in)", text),))


def chosen_script(name: str, saved: SavedWorkflows) -> Script:
    """The script in a file, where a file is named, else the saved workflow with the name."""
    return read_script(Path(name)) if name.endswith(".py") else saved.find(name)


async def check_script(script: Script) -> None:
    """Read and type-check a script; ScriptError says what is wrong."""
    with Interpreter() as interpreter:
        await interpreter.check(script)


def resolve_for_script(path: str, prompt: str, choices: Choices) -> Wanted:
    """Settings and request for a script, which may understand what the request reader does not."""
    with suppress(RequestError):
        return resolve(path, prompt, choices)
    return resolve(path, "", choices)


async def run_scripted(
    scripted: Scripted, opened: Opened, wanted: Wanted, parts: Composed, fresh: bool
) -> ScriptOutcome:
    """Run the script with the parts of a run."""
    sweep_worktrees()
    limits = Limits(concurrency=parts.concurrency, attempts=ATTEMPTS)
    run = Run(
        secrets.token_hex(4),
        journal=parts.journal,
        sinks=(parts.narrator.event,),
        clock=SystemClock(),
        limits=limits,
        budget=Budget(),
        fresh=fresh,
        options={"workflow": scripted.script.name},
    )
    with Interpreter() as interpreter:
        setting = Setting(interpreter, _crew(opened, parts, limits), scripted.saved.find)
        return await run_script(scripted.script, _arguments(scripted, wanted, parts), run, setting)


def _crew(opened: Opened, parts: Composed, limits: Limits) -> Crew:
    shell = ShellAgent(
        opened.root,
        opened.workplace.scratch,
        lambda seconds: opened.workplace.settings(Conditions(), seconds=seconds),
    )
    return Crew(
        parts.job,
        {parts.agent.name: parts.agent},
        {},
        shell,
        lambda: {"sources": opened.fingerprint},
        limits,
    )


def _arguments(scripted: Scripted, wanted: Wanted, parts: Composed) -> Mapping[str, Any]:
    """What the script finds in `args`: the prompt as it was given, and the plan that a run without a script follows."""
    return {
        "prompt": scripted.prompt,
        "effort": wanted.effort,
        "min_coverage": wanted.minimum,
        "plan": parts.plan.model_dump(mode="json", exclude_defaults=True),
    }
