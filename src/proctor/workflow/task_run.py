"""One call of a run, from its key to its applied result: found in the journal, or paid for and made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from proctor.workflow.attempts import ENDS_THE_RUN, Attempts, cause_of
from proctor.workflow.budget import Budget
from proctor.workflow.calls import Call
from proctor.workflow.clock import Clock
from proctor.workflow.events import EventStream
from proctor.workflow.finished import Finished
from proctor.workflow.journal import Journal, call_key
from proctor.workflow.limits import Limits
from proctor.workflow.pulse import Pulse
from proctor.workflow.rates import RateLimiter
from proctor.workflow.records import TaskResult, TaskStatus, Usage


@dataclass(frozen=True, slots=True)
class Means:
    """What the calls of one run share; with fresh, nothing is taken from the journal."""

    journal: Journal
    events: EventStream
    clock: Clock
    limits: Limits
    budget: Budget
    rates: RateLimiter
    finished: Finished
    fresh: bool
    occurrences: Counter[str] = field(default_factory=Counter)
    running: dict[str, TaskRun] = field(default_factory=dict)


class TaskRun:
    """The life of one call in one run."""

    def __init__(self, call: Call, means: Means) -> None:
        self.task = call.task
        self.key = ""
        self.occurrence = 0
        self._call = call
        self._means = means
        self._limits = call.limits or means.limits
        self._pulse: Pulse | None = None
        self._attempts: Attempts | None = None

    async def to_its_end(self) -> TaskResult:
        """Return how the task ended; only what ends the whole run is raised."""
        self._means.running[self.task.id] = self
        try:
            return await self._found_or_made()
        except ENDS_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001 - jobs are foreign code: what one raises costs that task only
            return self._unmade("failed", cause_of(error))
        finally:
            del self._means.running[self.task.id]

    def broken_off(self, cause: str) -> TaskResult:
        """Return the result of a task that was not allowed to end."""
        return self._unmade("skipped", cause)

    def beat(self) -> None:
        """Take a sign of life."""
        if self._pulse is not None:
            self._pulse.beat()

    def _unmade(self, status: TaskStatus, cause: str) -> TaskResult:
        if self._attempts is None:
            return TaskResult(self.task.id, status, cause=cause)
        return self._attempts.result(status, cause=cause)

    async def _found_or_made(self) -> TaskResult:
        self._find_address()
        result = self._found()
        if result is None:
            result = await self._made()
            await self._means.journal.record_result(self._means.events.run_id, self.key, self.occurrence, result)
        if result.is_usable:
            await self._call.apply(self.task, result)
        return result

    def _find_address(self) -> None:
        self.key = call_key(self.task, self._call.material(), self._call.agent)
        self._means.occurrences[self.key] += 1
        self.occurrence = self._means.occurrences[self.key]

    def _found(self) -> TaskResult | None:
        found = None if self._means.fresh else self._means.finished.take(self.key, self.occurrence)
        return found and replace(found, task_id=self.task.id, status="cached", usage=Usage())

    async def _made(self) -> TaskResult:
        means = self._means
        with means.budget.reserve(self._limits.worst_case, 1 if self._call.is_agent else 0) as reservation:
            self._pulse = Pulse(self._limits)
            self._attempts = attempts = Attempts(
                self._call, means.events, means.clock, self._limits, means.rates, self._pulse
            )
            try:
                return await attempts.to_a_result()
            finally:
                # an attempt that broke off may have spent anything: then the reservation costs its worst case
                if attempts.is_usage_known:
                    reservation.settle(attempts.usage)
