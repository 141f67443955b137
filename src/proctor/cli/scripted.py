"""A script instead of a plan: where it is found, what it is started with, and the run of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from proctor.cli.choices import Choices, Wanted, resolve
from proctor.cli.compose import Composed, RunStart
from proctor.cli.journals import control_folder
from proctor.errors import RequestError
from proctor.jobs.crew import Crew
from proctor.jobs.shell import ShellAgent
from proctor.jobs.testgen.opening import Opened
from proctor.jobs.testgen.workplace import Conditions
from proctor.workflow.control import listening
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


def is_script(workflow: str) -> bool:
    """Whether `--workflow` names a script: a Python file or a saved workflow, and not a plan file."""
    is_name = re.fullmatch(r"[a-z][a-z0-9_-]*", workflow) is not None
    return workflow.endswith(".py") or (is_name and not Path(workflow).exists())


def chosen_script(name: str, saved: SavedWorkflows) -> Script:
    """The script in a file, where a file is named, else the saved workflow with the name."""
    return read_script(Path(name)) if name.endswith(".py") else saved.find(name)


def read_scripted(workflow: str, wanted: Wanted, prompt: str) -> Scripted:
    """The script to run; one with a fault in it is refused here, before anything else is done."""
    saved = saved_workflows(wanted.root, wanted.settings.state_dir)
    script = chosen_script(workflow, saved)
    asyncio.run(check_script(script))
    return Scripted(script, prompt, saved)


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
    scripted: Scripted, opened: Opened, wanted: Wanted, parts: Composed, start: RunStart
) -> ScriptOutcome:
    """Run the script with the parts of a run; others may stop or pause it meanwhile."""
    run = parts.new_run(start, scripted.script.text)
    parts.voice.speaks_to(run.log)
    with Interpreter() as interpreter, listening(control_folder(wanted.root), run):
        setting = Setting(interpreter, _crew(opened, parts), scripted.saved.find)
        return await run_script(scripted.script, _arguments(scripted, wanted, parts), run, setting)


def _crew(opened: Opened, parts: Composed) -> Crew:
    shell = ShellAgent(
        opened.root,
        opened.workplace.scratch,
        lambda seconds: opened.workplace.settings(Conditions(), seconds=seconds),
    )
    return Crew(
        opened.root,
        parts.job,
        {parts.agent.name: parts.agent},
        {},
        shell,
        lambda: {"sources": opened.fingerprint},
        parts.limits,
    )


def _arguments(scripted: Scripted, wanted: Wanted, parts: Composed) -> Mapping[str, Any]:
    """What the script finds in `args`: the prompt as it was given, and the plan that a run without a script follows."""
    return {
        "prompt": scripted.prompt,
        "effort": wanted.effort,
        "min_coverage": wanted.minimum,
        "plan": parts.plan.model_dump(mode="json", exclude_defaults=True),
    }
