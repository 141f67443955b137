"""What is asked of a run: one piece of work, who does it, what decides its result and who judges the reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from proctor.workflow.limits import Limits
from proctor.workflow.protocols import Agent
from proctor.workflow.records import JsonObject, Reply, Task, TaskResult, Verdict

Check: TypeAlias = Callable[[Task, Reply], Awaitable[Verdict]]
Apply: TypeAlias = Callable[[Task, TaskResult], Awaitable[None]]

_ACCEPTED = Verdict("accept")


async def accept_any(_task: Task, _reply: Reply) -> Verdict:
    """Accept a reply as it is: for work that nothing can check but that it was done."""
    return _ACCEPTED


async def apply_nothing(_task: Task, _result: TaskResult) -> None:
    """Leave a result to whoever made the call."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: a task for an agent, with the judge of its replies.

    `material` is asked for when the call starts and says what the result depends on besides the task: hashes of
    input files, seed, options. `apply` gets a usable result, a reused one too, so twice must be the same as once.
    `limits` replace those of the run for this call, except for their concurrency. A call with `is_agent` false (a
    shell command, say) does not count against the cap on agents.
    """

    task: Task
    agent: Agent
    material: Callable[[], JsonObject] = dict
    check: Check = accept_any
    apply: Apply = apply_nothing
    limits: Limits | None = None
    is_agent: bool = True
