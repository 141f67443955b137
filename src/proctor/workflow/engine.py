"""Runs a plan: its phases in order, the attempts of every task, reuse from the journal, and an honest end."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from proctor.errors import BudgetReached, ConstraintViolation, JournalError, PlanError, ProctorError, RequestError
from proctor.workflow.budget import Budget
from proctor.workflow.clock import Clock
from proctor.workflow.events import EventKind, EventSink, EventStream
from proctor.workflow.journal import Journal, call_key
from proctor.workflow.plan import Phase, Plan
from proctor.workflow.protocols import Agent, Job
from proctor.workflow.records import (
    Attempt,
    Feedback,
    JsonObject,
    Reply,
    RunResult,
    RunStatus,
    Task,
    TaskResult,
    TaskStatus,
    Usage,
    canonical_json,
)

# what these say is true for the whole run; every other exception costs only the task in which it was raised
_ENDS_THE_RUN = (BudgetReached, ConstraintViolation, JournalError)
_STOPPED = "the run was stopped"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may happen at once and how long one task may take; worst_case is for one task, all attempts together."""

    concurrency: int = 1
    attempts: int = 3
    task_timeout: float | None = None
    worst_case: Usage = field(default_factory=Usage)

    def __post_init__(self) -> None:
        _check_positive("concurrency", self.concurrency)
        _check_positive("attempts", self.attempts)
        if self.task_timeout is not None:
            _check_positive("task_timeout", self.task_timeout)


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
) -> RunResult:
    """Run a plan to its end, or to the budget or a cancellation; with fresh, nothing is taken from the journal."""
    events = EventStream(run_id, clock, (journal.record_event, sink))
    return await _Run(_Context(plan, job, agent, journal, events, clock, limits, budget, fresh)).to_its_end()


@dataclass(frozen=True, slots=True)
class _Context:
    plan: Plan
    job: Job
    agent: Agent
    journal: Journal
    events: EventStream
    clock: Clock
    limits: Limits
    budget: Budget
    fresh: bool
    occurrences: Counter[str] = field(default_factory=Counter)

    @property
    def run_id(self) -> str:
        return self.events.run_id


class _Run:
    """The phases of one plan, and what is known about its tasks so far."""

    def __init__(self, context: _Context) -> None:
        self._context = context
        self._work = _tasks_by_phase(context.plan, context.job)
        self._ended: dict[str, TaskResult] = {}
        self._phase_seconds: dict[str, float] = {}
        self._pause: BudgetReached | None = None

    async def to_its_end(self) -> RunResult:
        self._start()
        try:
            await self._run_phases()
        except (asyncio.CancelledError, KeyboardInterrupt):
            _take_back_cancellation()
            return self._end("stopped", _STOPPED)
        except Exception as error:  # not handled here: recorded, so that the journal does not call the run running
            self._end("failed", str(error))
            raise
        return self._end_of_phases()

    def _start(self) -> None:
        context, plan = self._context, self._context.plan
        context.journal.start_run(context.run_id, plan.to_json_text(), context.clock.now())
        size = {"phases": len(plan.phases), "tasks": sum(len(tasks) for _, tasks in self._work)}
        context.events.run("run-started", f"{size['phases']} phases, {size['tasks']} tasks", size)

    async def _run_phases(self) -> None:
        for phase, tasks in self._work:
            if self._pause is None:
                await self._run_phase(phase, tasks)

    async def _run_phase(self, phase: Phase, tasks: Sequence[Task]) -> None:
        async with self._timed(phase):
            await self._run_tasks(iter(tasks), self._width(phase, tasks))
            if self._pause is None:
                await self._context.job.sync(phase.id, [self._ended[task.id] for task in tasks])

    @asynccontextmanager
    async def _timed(self, phase: Phase) -> AsyncIterator[None]:
        events, clock, began = self._context.events, self._context.clock, self._context.clock.monotonic()
        events.phase("phase-started", phase.id, f"{phase.id} ({phase.strategy})", {"strategy": phase.strategy})
        try:
            yield
        finally:
            seconds = self._phase_seconds[phase.id] = clock.monotonic() - began
            events.phase("phase-ended", phase.id, phase.id, {"seconds": seconds})

    def _width(self, phase: Phase, tasks: Sequence[Task]) -> int:
        return 1 if phase.strategy == "sequential" else min(self._context.limits.concurrency, len(tasks))

    async def _run_tasks(self, queue: Iterator[Task], width: int) -> None:
        """Let a few workers take tasks from one queue: bounded, and keys are counted in the order of the plan."""
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(width):
                    workers.create_task(self._work_off(queue))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _work_off(self, queue: Iterator[Task]) -> None:
        while self._pause is None and (task := next(queue, None)) is not None:
            try:
                await _TaskRun(self._context, task).to_its_end(self._ended)
            except BudgetReached as reached:
                # the other workers finish the task they are at: its cost is reserved already
                self._pause = reached

    def _end_of_phases(self) -> RunResult:
        if self._pause is not None:
            return self._end("paused", self._pause.message)
        return self._end(_status_of(tuple(self._ended.values())))

    def _end(self, status: RunStatus, cause: str = "") -> RunResult:
        context = self._context
        result = RunResult(context.run_id, status, self._results(cause), dict(self._phase_seconds), cause)
        context.journal.end_run(context.run_id, status, context.clock.now(), cause)
        context.events.run("run-ended", status, {"status": status, "census": dict(result.census), "cause": cause})
        return result

    def _results(self, cause: str) -> tuple[TaskResult, ...]:
        tasks = (task for _, tasks in self._work for task in tasks)
        return tuple(self._ended.get(task.id) or TaskResult(task.id, "skipped", cause=cause) for task in tasks)


class _TaskRun:
    """One task, from its key to its result."""

    def __init__(self, context: _Context, task: Task) -> None:
        self._context = context
        self._task = task
        self._attempts: list[Attempt] = []
        self._begun = 0
        self._usage = Usage()
        self._is_usage_known = True

    async def to_its_end(self, ended: dict[str, TaskResult]) -> None:
        self._tell("task-started", self._task.label, {"kind": self._task.kind})
        try:
            ended[self._task.id] = await self._contained()
        except BaseException as error:  # not handled here: every task that started is seen to end
            ended[self._task.id] = self._result("skipped", cause=str(error) or _STOPPED)
            raise
        finally:
            self._tell_end(ended[self._task.id])

    async def _contained(self) -> TaskResult:
        try:
            return await self._found_or_made()
        except _ENDS_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001 - jobs are foreign code: what one raises costs that task only
            return self._result("failed", cause=_cause(error))

    async def _found_or_made(self) -> TaskResult:
        key, occurrence = self._address()
        result = self._found(key, occurrence)
        if result is None:
            result = await self._made()
            self._context.journal.record_result(key, occurrence, result)
        if result.is_usable:
            await self._context.job.accept(self._task, result)
        return result

    def _address(self) -> tuple[str, int]:
        context = self._context
        key = call_key(self._task, context.job.key_material(self._task), context.agent)
        context.occurrences[key] += 1
        return key, context.occurrences[key]

    def _found(self, key: str, occurrence: int) -> TaskResult | None:
        found = None if self._context.fresh else self._context.journal.find(key, occurrence)
        return found and replace(found, task_id=self._task.id, status="cached", usage=Usage())

    async def _made(self) -> TaskResult:
        with self._context.budget.reserve(self._context.limits.worst_case) as reservation:
            try:
                return await self._made_in_time()
            finally:
                # an attempt that broke off may have spent anything: then the reservation costs its worst case
                if self._is_usage_known:
                    reservation.settle(self._usage)

    async def _made_in_time(self) -> TaskResult:
        seconds = self._context.limits.task_timeout
        timer = asyncio.timeout(seconds)
        try:
            async with timer:
                return await self._attempt_until_settled()
        except _ENDS_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001 - agents are foreign code: what one raises costs its task only
            return self._unaccepted(f"it took more than {seconds:g} s" if timer.expired() else _cause(error))

    async def _attempt_until_settled(self) -> TaskResult:
        for number in range(1, self._context.limits.attempts + 1):
            attempt = await self._attempt(number)
            if attempt.verdict.decision != "retry":
                break
        return self._settled(attempt)

    async def _attempt(self, number: int) -> Attempt:
        self._begun = number
        reply = await self._ask()
        attempt = Attempt(number, reply, await self._context.job.check(self._task, reply))
        self._attempts.append(attempt)
        self._tell_attempt(attempt)
        return attempt

    async def _ask(self) -> Reply:
        feedback = tuple(_feedback(attempt) for attempt in self._attempts)
        self._is_usage_known = False
        reply = _plain(await self._context.agent.run(self._task, feedback))
        self._is_usage_known = True
        self._usage += reply.usage
        for note in reply.notes:
            self._context.events.log(self._task, note)
        return reply

    def _settled(self, last: Attempt) -> TaskResult:
        match last.verdict.decision:
            case "accept":
                return self._result("accepted", last.reply)
            case "degrade":
                return self._result("degraded", last.reply, last.verdict.summary or "less than what was asked for")
            case "give_up":
                return self._unaccepted(last.verdict.summary or "given up")
            case "retry":
                return self._unaccepted(f"not accepted in {last.number} attempts: {last.verdict.summary}")

    def _unaccepted(self, cause: str) -> TaskResult:
        """Keep the best reply that a verdict offered, the latest of equals; without one the task has failed."""
        offers = [(attempt.verdict.worth, attempt.number, attempt.reply) for attempt in self._attempts]
        worths = [(worth, number, reply) for worth, number, reply in offers if worth is not None]
        if not worths:
            return self._result("failed", cause=cause)
        return self._result("degraded", max(worths, key=lambda offer: offer[:2])[2], cause)

    def _result(self, status: TaskStatus, reply: Reply | None = None, cause: str = "") -> TaskResult:
        output = {} if reply is None else reply.output
        return TaskResult(self._task.id, status, output, self._begun, self._usage, cause)

    def _tell(self, kind: EventKind, text: str, data: JsonObject) -> None:
        self._context.events.task(kind, self._task, text, data)

    def _tell_attempt(self, attempt: Attempt) -> None:
        verdict = attempt.verdict
        data = {"number": attempt.number, "usage": attempt.reply.usage.to_json(), "verdict": verdict.to_json()}
        self._tell("attempt", f"attempt {attempt.number}: {verdict.decision} {verdict.summary}".rstrip(), data)

    def _tell_end(self, result: TaskResult) -> None:
        # the output stays in the call's own entry: the stream is for following a run, and outputs are whole files
        data = {name: value for name, value in result.to_json().items() if name != "output"}
        self._tell("task-ended", f"{result.status}: {result.cause}" if result.cause else result.status, data)


def _check_positive(name: str, value: float) -> None:
    if not value > 0:
        raise RequestError(
            f"limits: {name} is {value}", hint=f"give {name} a value above zero", slug="limit-not-positive"
        )


def _tasks_by_phase(plan: Plan, job: Job) -> tuple[tuple[Phase, tuple[Task, ...]], ...]:
    work = tuple((phase, tuple(job.tasks(phase))) for phase in plan.ordered_phases())
    counts = Counter(task.id for _, tasks in work for task in tasks)
    for name, count in counts.items():
        if count > 1:
            raise PlanError(
                f"plan: the job made {count} tasks with the id {name!r}",
                hint="give every task of the plan its own id",
                slug="duplicate-id",
            )
    return work


def _status_of(results: Sequence[TaskResult]) -> RunStatus:
    usable = sum(result.is_usable for result in results)
    if usable == len(results):
        return "completed"
    return "partial" if usable else "failed"


def _plain(reply: object) -> Reply:
    """Return a reply whose output is what a later run would read from the journal."""
    if not isinstance(reply, Reply):
        raise TypeError(f"the agent returned {type(reply).__name__}, not Reply")
    return replace(reply, output=json.loads(canonical_json(dict(reply.output))))


def _feedback(attempt: Attempt) -> Feedback:
    return attempt.verdict.feedback or Feedback(attempt.number, attempt.verdict.summary)


def _cause(error: Exception) -> str:
    return error.message if isinstance(error, ProctorError) else f"{type(error).__name__}: {error}"


def _take_back_cancellation() -> None:
    """Tell asyncio that the cancellation was heeded, as the run returns its result instead of raising on."""
    current = asyncio.current_task()
    while current is not None and current.cancelling():
        current.uncancel()
