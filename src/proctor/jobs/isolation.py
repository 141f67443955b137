"""A git worktree for each attempt of an agent that works on files: the project itself is never its place of work."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol, runtime_checkable

from proctor.project.worktrees import worktree
from proctor.workflow.protocols import Agent
from proctor.workflow.records import Feedback, Reply, Task


@runtime_checkable
class PlaceableAgent(Agent, Protocol):
    """An agent that can be told in which folder to work."""

    def working_in(self, folder: Path) -> Agent:
        """Return the same agent at work in another folder."""


class IsolatedAgent:
    """Lets an agent work in a worktree that is made for one attempt and removed after it."""

    def __init__(self, inner: PlaceableAgent, root: Path) -> None:
        self._inner = inner
        self._root = root

    @property
    def name(self) -> str:
        """The name of the agent inside."""
        return self._inner.name

    @property
    def version(self) -> str:
        """The version of the agent inside."""
        return self._inner.version

    async def run(self, task: Task, feedback: tuple[Feedback, ...]) -> Reply:
        """Make one attempt in a fresh worktree."""
        tree = worktree(self._root)
        await asyncio.to_thread(tree.__enter__)
        try:
            reply = await self._inner.working_in(tree.path).run(task, feedback)
        except BaseException as error:  # whatever it was, the worktree goes, and the error goes on its way
            await asyncio.to_thread(tree.__exit__, type(error), error, None)
            raise
        await asyncio.to_thread(tree.__exit__, None, None, None)
        return reply
