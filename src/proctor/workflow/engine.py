"""Runs a plan: every phase as soon as those it depends on are over, its tasks as calls of one run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any

from proctor.errors import PlanError, RunPaused
from proctor.workflow.budget import Budget
from proctor.workflow.calls import Call
from proctor.workflow.clock import Clock
from proctor.workflow.events import EventSink
from proctor.workflow.journal import Journal
from proctor.workflow.limits import Limits
from proctor.workflow.plan import Phase, Plan
from proctor.workflow.protocols import Agent, Job
from proctor.workflow.records import JsonObject, RunResult, Task, TaskResult
from proctor.workflow.run import Run


async def run_plan(  # noqa: PLR0913 - the engine owns none of its parts: each is handed in by name
    plan: Plan,
    *,
    job: Job,
    agent: Agent,
    journal: Journal,
    sink: EventSink,
    clock: Clock,
    limits: Limits,
    budget: Budget,
    run_id: str,
    fresh: bool = False,
    options: JsonObject | None = None,
) -> RunResult:
    """Run a plan to its end, or to the budget or a cancellation; with fresh, nothing is taken from the journal."""
    run = Run(
        run_id,
        journal=journal,
        sinks=(sink,),
        clock=clock,
        limits=limits,
        budget=budget,
        fresh=fresh,
        plan=plan.to_json_text(),
        options=options,
    )
    async with run:
        await PlanRun(plan, job, agent, run).to_its_end()
    return run.result


class PlanRun:
    """The phases of one plan in one run."""

    def __init__(self, plan: Plan, job: Job, agent: Agent, run: Run) -> None:
        self._phases = plan.ordered_phases()
        self._job = job
        self._agent = agent
        self._run = run
        self._over: Mapping[str, asyncio.Event] = {phase.id: asyncio.Event() for phase in self._phases}

    async def to_its_end(self) -> None:
        """Run every phase, side by side where no dependency is in the way."""
        work = _tasks_by_phase(self._phases, self._job)
        tasks = [task for _, found in work for task in found]
        size = {"phases": len(work), "tasks": len(tasks)}
        self._run.begin(f"{size['phases']} phases, {size['tasks']} tasks", tasks, size)
        await _side_by_side([self._phase_in_turn(phase, found) for phase, found in work])

    async def _phase_in_turn(self, phase: Phase, tasks: Sequence[Task]) -> None:
        for name in phase.depends_on:
            await self._over[name].wait()
        if not self._run.is_pausing:
            await self._phase(phase, tasks)
        self._over[phase.id].set()

    async def _phase(self, phase: Phase, tasks: Sequence[Task]) -> None:
        with self._run.phase(phase.id, phase.strategy):
            results = await self._results(phase, tasks)
            if not self._run.is_pausing:
                await self._job.sync(phase.id, results)
                self._run.events.phase("phase-synced", phase.id, phase.id, {})

    async def _results(self, phase: Phase, tasks: Sequence[Task]) -> Sequence[TaskResult]:
        """Let a few workers take tasks from one queue: bounded, and equal calls are counted in the plan's order."""
        width = 1 if phase.strategy == "sequential" else min(self._run.limits.concurrency, len(tasks))
        queue, results = iter(tasks), dict[str, TaskResult]()
        await _side_by_side([self._work_off(queue, results) for _ in range(width)])
        return [results[task.id] for task in tasks if task.id in results]

    async def _work_off(self, queue: Iterator[Task], results: dict[str, TaskResult]) -> None:
        while not self._run.is_pausing and (task := next(queue, None)) is not None:
            try:
                results[task.id] = await self._run.call(self._call(task))
            except RunPaused:
                # the other workers finish the task they are at: its cost is reserved already
                return

    def _call(self, task: Task) -> Call:
        return Call(task, self._agent, lambda: self._job.key_material(task), self._job.check, self._job.accept)


async def _side_by_side(parts: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run the parts together; when one fails the others are ended, and its exception is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    except KeyboardInterrupt:
        # it left the event loop from the part it came up in; a second time would break off the loop's clean-up
        raise asyncio.CancelledError from None


def _tasks_by_phase(phases: Sequence[Phase], job: Job) -> tuple[tuple[Phase, tuple[Task, ...]], ...]:
    work = tuple((phase, tuple(job.tasks(phase))) for phase in phases)
    counts = Counter(task.id for _, tasks in work for task in tasks)
    for name, count in counts.items():
        if count > 1:
            raise PlanError(
                f"plan: the job made {count} tasks with the id {name!r}",
                hint="give every task of the plan its own id",
                slug="duplicate-id",
            )
    return work
