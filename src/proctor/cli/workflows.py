"""`proctor workflows`: the saved workflows, their text, and the check of a script without running it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from proctor.cli.scripted import check_script, chosen_script, saved_workflows
from proctor.project.settings import read_settings
from proctor.workflow.scripts.saved import SavedWorkflows


def list_workflows(path: str) -> int:
    """Print the name and the first words of each saved workflow."""
    scripts = _saved(path).all()
    width = max(len(script.name) for script in scripts)
    for script in scripts:
        print(f"{script.name:{width}}  {script.outline.description}".rstrip())
    return 0


def show_workflow(name: str, path: str) -> int:
    """Print the text of a saved workflow, to be read or copied."""
    print(_saved(path).find(name).text, end="")
    return 0


def check_workflow(name: str, path: str) -> int:
    """Check a script and say what a run of it would look like."""
    script = chosen_script(name, _saved(path))
    asyncio.run(check_script(script))
    outline = script.outline
    phases = ", ".join(outline.phases) or "no fixed phases"
    print(f"{script.place}: ok ({phases}; agents are called in {outline.agent_calls} places)")
    return 0


def _saved(path: str) -> SavedWorkflows:
    root = Path(path).resolve()
    return saved_workflows(root, read_settings(root).state_dir)
