"""Runs a command of a script: confined, in a copy of the project that is gone afterwards, or in a git worktree."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from proctor.errors import RequestError
from proctor.execution.child import PRIVATE_FOLDER, ChildResult, ChildSettings, run_child
from proctor.project.git import git
from proctor.project.git_commands import refused_git
from proctor.project.manifest import take_manifest
from proctor.project.scratch import scratch_copy
from proctor.project.worktrees import worktree
from proctor.workflow.records import Feedback, JsonObject, Reply, Task, Usage, Verdict

SHELL = "shell"
# The launcher takes Python code, as everything else that is confined is Python.
_BECOME_A_SHELL = "import os, sys; os.execv('/bin/sh', ['sh', '-c', sys.argv[1]])"
_NOTHING: Mapping[str, str] = MappingProxyType({})
# In a user namespace the repository seems to be somebody else's, and its index cannot be refreshed.
_GIT_IN_A_SANDBOX: Mapping[str, str] = MappingProxyType(
    {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
)


class ShellAgent:
    """Implements the engine's `Agent` for commands; `conditions` says how a child runs in `copy`, the run's own one."""

    def __init__(self, root: Path, copy: Path, conditions: Callable[[float], ChildSettings]) -> None:
        self._root = root
        self._copy = copy
        self._conditions = conditions

    @property
    def name(self) -> str:
        """The name of the backend."""
        return SHELL

    @property
    def version(self) -> str:
        """What changes whenever a command would be run differently."""
        return "1"

    def material(self, task: Task) -> JsonObject:
        """Return what a command's result depends on: the files that it sees, and in a worktree the last commit."""
        if task.inputs.get("isolation"):
            return {"files": take_manifest(self._root).digest, "head": git(self._root, "rev-parse", "HEAD")}
        return {"files": take_manifest(self._copy).digest}

    async def run(self, task: Task, feedback: tuple[Feedback, ...]) -> Reply:
        """Run the command to its end."""
        return await asyncio.to_thread(self._run, task)

    def _run(self, task: Task) -> Reply:
        command = str(task.inputs["command"])
        reason = refused_git(command)
        if reason is not None:
            raise RequestError(
                f"refused: {reason}",
                hint="leave it to a person, or use a command that loses nothing",
                slug="git-refused",
            )
        settings = self._conditions(float(task.inputs["timeout"]))
        with self._moved(settings, task.inputs.get("isolation")) as moved:
            child = run_child(["-c", _BECOME_A_SHELL, command], moved)
        return Reply(_output(child), Usage(seconds=child.seconds))

    @contextmanager
    def _moved(self, settings: ChildSettings, isolation: object) -> Iterator[ChildSettings]:
        """The conditions of a child, in a place that is made for this one command."""
        if isolation == "worktree":
            with worktree(self._root) as tree:
                # What git keeps can be read, and where the sandbox is a boundary not written.
                history = Path(git(self._root, "rev-parse", "--path-format=absolute", "--git-common-dir"))
                yield _placed(settings, tree.path, (tree.holder, history), _GIT_IN_A_SANDBOX)
        else:
            with scratch_copy(self._copy, [PRIVATE_FOLDER]) as copy:
                yield _placed(settings, copy.path)


async def check_command(task: Task, reply: Reply) -> Verdict:
    """Accept a command that came to its end, whatever its exit code: that is for the script to judge."""
    if reply.output["exit_code"] is None:
        return Verdict("give_up", f"it took more than {task.inputs['timeout']:g} s")
    return Verdict("accept")


def _placed(
    settings: ChildSettings, folder: Path, readable: Sequence[Path] = (), environment: Mapping[str, str] = _NOTHING
) -> ChildSettings:
    """The conditions of a child, with another folder as its place and the project's Python first."""
    roots = tuple(folder / root.relative_to(settings.cwd) for root in settings.import_roots)
    programs = os.pathsep.join([str(Path(settings.interpreter.path).parent), os.environ.get("PATH", os.defpath)])
    return replace(
        settings,
        cwd=folder,
        import_roots=roots,
        environment={**settings.environment, **environment, "PATH": programs},
        writable=(),
        readable=(*settings.readable, *readable),
    )


def _output(child: ChildResult) -> dict[str, str | int | None]:
    return {"exit_code": child.returncode, "stdout": child.stdout_tail, "stderr": child.stderr_tail}
