"""What the engine needs of an agent and of a job, and nothing more.

How a job plans a request, and what its `brief(task)` and `solve(task)` are, is between the job and its agents: an agent
that wants them gets the job when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from proctor.workflow.plan import Phase
from proctor.workflow.records import Feedback, JsonObject, Reply, Task, TaskResult, Verdict


@runtime_checkable
class Agent(Protocol):
    """Who does a task; name and version are part of the journal key, so a new version works afresh."""

    @property
    def name(self) -> str:
        """Return the name of the backend."""

    @property
    def version(self) -> str:
        """Return what changes whenever the backend would answer differently."""

    async def run(self, task: Task, feedback: tuple[Feedback, ...]) -> Reply:
        """Make one attempt, with the feedback on every earlier one."""


class Job(Protocol):
    """What is wanted; an exception from one of the task methods costs that task, not the run."""

    def tasks(self, phase: Phase) -> Sequence[Task]:
        """Return the tasks of a phase, with ids that are unique in the plan (see `plan.task_for`)."""

    def key_material(self, task: Task) -> JsonObject:
        """Return whatever the result depends on besides the task: hashes of input files, seed, options."""

    async def check(self, task: Task, reply: Reply) -> Verdict:
        """Judge a reply; no agent certifies its own work."""

    async def accept(self, task: Task, result: TaskResult) -> None:
        """Apply a usable result; called again for a cached one, so twice must be the same as once."""

    async def sync(self, phase_id: str, results: Sequence[TaskResult]) -> None:
        """Put together what later phases share, at the end of a phase."""
