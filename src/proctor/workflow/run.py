"""A run: the one place through which work is done, whether a plan asks for it, a script, or a person."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from proctor.errors import PlanError, RunPaused
from proctor.workflow.attempts import cause_of
from proctor.workflow.budget import Budget
from proctor.workflow.calls import Call
from proctor.workflow.clock import Clock
from proctor.workflow.events import EventSink, EventStream
from proctor.workflow.journal import Journal
from proctor.workflow.limits import Limits
from proctor.workflow.rates import RateLimiter
from proctor.workflow.records import JsonObject, RunResult, RunStatus, Task, TaskResult, Usage
from proctor.workflow.shared import SharedState
from proctor.workflow.task_run import Means, TaskRun

_STOPPED = "the run was stopped"
_NOTHING = Usage()


class Run:
    """One run of a workflow, used as an `async with` block; afterwards `result` says how it ended.

    `await run.call(call)` does one piece of work and returns its TaskResult:
    - A call that the journal knows as finished is not done again: its result has the status "cached" and costs
      nothing. Calls are told apart by everything that decides their result, and equal calls by the order in which
      they start. `fresh` takes nothing from the journal.
    - Else it waits for one of `limits.concurrency` places, reserves its worst case from the budget, is attempted
      (with feedback, time limits, and retries after failures that may pass), and is committed to the journal before
      the result is returned. Any number of calls may be made at once, but none from inside the agent of another.
    - It never raises what an agent or a judge raised: that is a TaskResult with status "failed" and a cause. It raises
      what ends the whole run: RunPaused (BudgetReached is one; from then on every new call raises it at once),
      ConstraintViolation, JournalError, and the cancellation of the run.
    - Task ids are unique in a run; `unique_id` makes one.

    `begin` tells that the run starts, and comes first; `phase` is a block around the calls of a phase; `state` is what
    tasks publish for later ones.

    The block ends the run: completed, partial or failed by its results; paused after RunPaused and stopped after a
    cancellation, neither of which leaves the block; failed after any other exception, which does. `log` and `beat`
    may be called from any thread and are a sign of life of the task they name; the rest belongs to the event loop.
    """

    def __init__(  # noqa: PLR0913 - the engine owns none of its parts: each is handed in by name
        self,
        run_id: str,
        *,
        journal: Journal,
        sinks: Sequence[EventSink],
        clock: Clock,
        limits: Limits,
        budget: Budget,
        fresh: bool = False,
        plan: str = "",
        options: JsonObject | None = None,
    ) -> None:
        self.run_id = run_id
        self.budget = budget
        self.limits = limits
        self.state = SharedState()
        self.events = EventStream(run_id, clock, (journal.record_event, *sinks))
        self._journal = journal
        self._clock = clock
        self._fresh = fresh
        self._plan = plan
        self._options = options or {}
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._results: dict[str, TaskResult | None] = {}
        self._started: set[str] = set()
        self._phase_seconds: dict[str, float] = {}
        self._pause: RunPaused | None = None
        self._result: RunResult | None = None

    @property
    def is_pausing(self) -> bool:
        """Tell whether the run starts nothing more."""
        return self._pause is not None

    @property
    def result(self) -> RunResult:
        """Return how the run ended; there is a result only after the block."""
        if self._result is None:
            raise RuntimeError("the run has not ended yet")
        return self._result

    async def __aenter__(self) -> Self:
        self._journal.start_run(self.run_id, self._plan, self._clock.now(), self._options)
        self._owner = asyncio.current_task()
        self._means = Means(
            self._journal,
            self.events,
            self._clock,
            self.limits,
            self.budget,
            RateLimiter(self._clock),
            self._journal.finished(),
            self._fresh,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        match error:
            case None if self._pause is not None:
                self._end("paused", self._pause.message)
            case None:
                self._end(_status_of([result for result in self._results.values() if result is not None]))
            case RunPaused():
                self._end("paused", error.message)
            case asyncio.CancelledError() | KeyboardInterrupt():
                _take_back_cancellation()
                self._end("stopped", _STOPPED)
            case _:
                self._end("failed", cause_of(error) if isinstance(error, Exception) else str(error))
                return False
        return True

    def begin(self, text: str, expected: Iterable[Task] = (), data: JsonObject | None = None) -> None:
        """Tell that the run starts, and which tasks are known beforehand: each of them gets a result."""
        for task in expected:
            self._results[task.id] = None
        self.events.run("run-started", text, data or {})

    def pause(self, reason: RunPaused) -> None:
        """Start no more calls: what runs is finished, and the run ends as paused."""
        self._pause = self._pause or reason

    def stop(self) -> None:
        """Cancel everything that runs; the run ends as stopped."""
        if self._owner is not None:
            self._owner.cancel()

    async def call(self, call: Call) -> TaskResult:
        """Do one piece of work, as the class describes."""
        self._check_going_on()
        self._check_new(call.task)
        self._started.add(call.task.id)
        self._results[call.task.id] = None
        async with self._slots:
            self._check_going_on()
            return await self._carried_out(TaskRun(call, self._means), call.task)

    def unique_id(self, name: str) -> str:
        """Return the name, with a number behind it when it was used as a task id before."""
        number, candidate = 1, name
        while candidate in self._results:
            number += 1
            candidate = f"{name}-{number}"
        self._results[candidate] = None
        return candidate

    def log(self, text: str, task_id: str = "") -> None:
        """Pass on a line about the run or about a running task, which shows by it that it is alive."""
        work = self._means.running.get(task_id)
        if work is None:
            self.events.run("log", text, {})
        else:
            self.events.log(work.task, text)
            work.beat()

    def beat(self, task_id: str) -> None:
        """Take a sign of life of a running task."""
        work = self._means.running.get(task_id)
        if work is not None:
            work.beat()

    @contextmanager
    def phase(self, name: str, strategy: str = "parallel") -> Iterator[None]:
        """Tell when a phase starts and ends, and measure it."""
        began = self._clock.monotonic()
        self.events.phase("phase-started", name, f"{name} ({strategy})", {"strategy": strategy})
        try:
            yield
        finally:
            seconds = self._phase_seconds[name] = self._clock.monotonic() - began
            self.events.phase("phase-ended", name, name, {"seconds": seconds})

    async def _carried_out(self, work: TaskRun, task: Task) -> TaskResult:
        self.events.task("task-started", task, task.label, {"kind": task.kind})
        try:
            result = await work.to_its_end()
        except BaseException as error:  # not handled here: every task that started is seen to end
            if isinstance(error, RunPaused):
                self.pause(error)
            result = work.broken_off(str(error) or _STOPPED)
            raise
        finally:
            self._results[task.id] = result
            self._tell_end(work, result)
        return result

    def _tell_end(self, work: TaskRun, result: TaskResult) -> None:
        # the output stays in the call's own entry: the stream is for following a run, and outputs are whole files
        data = {name: value for name, value in result.to_json().items() if name != "output"}
        text = f"{result.status}: {result.cause}" if result.cause else result.status
        self.events.task("task-ended", work.task, text, data | {"key": work.key, "occurrence": work.occurrence})
        if result.usage != _NOTHING:
            self.events.run("usage", "", {"spent": self.budget.spent.to_json(), "agents": self.budget.agents})

    def _check_going_on(self) -> None:
        if self._pause is not None:
            raise self._pause

    def _check_new(self, task: Task) -> None:
        if task.id in self._started:
            raise PlanError(
                f"run: there is a task with the id {task.id!r} already",
                hint="give every task of the run its own id",
                slug="duplicate-id",
            )

    def _end(self, status: RunStatus, cause: str = "") -> None:
        results = tuple(
            result or TaskResult(task_id, "skipped", cause=cause) for task_id, result in self._results.items()
        )
        ended = RunResult(self.run_id, status, results, dict(self._phase_seconds), cause)
        self._result = ended
        data = {"status": status, "census": dict(ended.census), "cause": cause}
        self.events.run("run-ended", status, data)
        summary = {"census": dict(ended.census), "usage": ended.usage.to_json()}
        self._journal.end_run(self.run_id, status, self._clock.now(), cause, summary)


def _status_of(results: Sequence[TaskResult]) -> RunStatus:
    usable = sum(result.is_usable for result in results)
    if usable == len(results):
        return "completed"
    return "partial" if usable else "failed"


def _take_back_cancellation() -> None:
    """Tell asyncio that the cancellation was heeded, as the run ends with a result instead of raising on."""
    current = asyncio.current_task()
    while current is not None and current.cancelling():
        current.uncancel()
