"""The embedded agent: does what the job itself knows how to do, deterministically and at zero tokens."""

from __future__ import annotations

import asyncio
from typing import Protocol

from proctor.workflow.records import Feedback, Reply, Task


class Solver(Protocol):
    """A job that can do its tasks without anybody's help."""

    def solve(self, task: Task, feedback: tuple[Feedback, ...]) -> Reply:
        """Do the task, minding what was said about earlier attempts."""


class EmbeddedAgent:
    """Runs the job's own solver in a thread, so that several tasks go on side by side."""

    def __init__(self, solver: Solver, version: str) -> None:
        self._solver = solver
        self._version = version

    @property
    def name(self) -> str:
        """The name of the backend."""
        return "embedded"

    @property
    def version(self) -> str:
        """What changes whenever the engine would answer differently."""
        return self._version

    async def run(self, task: Task, feedback: tuple[Feedback, ...]) -> Reply:
        """Solve the task."""
        return await asyncio.to_thread(self._solver.solve, task, feedback)
