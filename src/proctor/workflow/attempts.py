"""The attempt loop of one task: ask the agent, let the job judge, feed back what was wrong, stop at a limit."""

from __future__ import annotations

import json
from dataclasses import replace

from proctor.errors import ConstraintViolation, JournalError, ProctorError, RateLimited, RunPaused
from proctor.workflow.calls import Call
from proctor.workflow.clock import Clock
from proctor.workflow.events import EventKind, EventStream
from proctor.workflow.limits import Limits
from proctor.workflow.pulse import Pulse
from proctor.workflow.rates import RateLimiter
from proctor.workflow.records import (
    Attempt,
    Feedback,
    JsonObject,
    Reply,
    TaskResult,
    TaskStatus,
    Usage,
    canonical_json,
)
from proctor.workflow.retrying import asked_again, may_pass

# what these say is true for the whole run; every other exception costs only the task in which it was raised
ENDS_THE_RUN = (RunPaused, ConstraintViolation, JournalError)


class Attempts:
    """The attempts of one call so far, and what they have spent."""

    def __init__(  # noqa: PLR0913, PLR0917 - each has another owner: the call, the run, the user, the task
        self, call: Call, events: EventStream, clock: Clock, limits: Limits, rates: RateLimiter, pulse: Pulse
    ) -> None:
        self._call = call
        self._events = events
        self._clock = clock
        self._limits = limits
        self._rates = rates
        self._pulse = pulse
        self._made: list[Attempt] = []
        self._begun = 0
        self.usage = Usage()
        self.is_usage_known = True

    async def to_a_result(self) -> TaskResult:
        """Attempt until a verdict settles the task, the attempts are used up, or its time is."""
        try:
            async with self._pulse:
                return await self._until_settled()
        except ENDS_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001 - agents are foreign code: what one raises costs its task only
            return self._unaccepted(self._pulse.cause or cause_of(error))

    def result(self, status: TaskStatus, reply: Reply | None = None, cause: str = "") -> TaskResult:
        """Make the result of the task with what was spent until now."""
        output = {} if reply is None else reply.output
        return TaskResult(self._call.task.id, status, output, self._begun, self.usage, cause)

    async def _until_settled(self) -> TaskResult:
        for number in range(1, self._limits.attempts + 1):
            attempt = await self._attempt(number)
            if attempt.verdict.decision != "retry":
                break
        return self._settled(attempt)

    async def _attempt(self, number: int) -> Attempt:
        self._begun = number
        reply = await self._ask()
        attempt = Attempt(number, reply, await self._call.check(self._call.task, reply))
        self._made.append(attempt)
        self._tell_attempt(attempt)
        return attempt

    async def _ask(self) -> Reply:
        self.is_usage_known = False
        try:
            reply = await self._ask_once()
        except Exception as error:  # not handled here: what cannot pass goes on to the caller
            if not may_pass(error) or self._limits.retries < 1:
                raise
            reply = await asked_again(error, self._ask_once, self._limits, self._clock, self._tell_wait)
        self.is_usage_known = True
        self.usage += reply.usage
        for note in reply.notes:
            self._events.log(self._call.task, note)
        return reply

    async def _ask_once(self) -> Reply:
        agent, feedback = self._call.agent, tuple(_feedback(attempt) for attempt in self._made)
        if self._rates.is_held_back(agent.name):
            await self._wait_for(agent.name)
        self._pulse.beat()
        try:
            return _plain(await agent.run(self._call.task, feedback))
        except RateLimited as limited:
            if limited.retry_after is not None:
                self._rates.hold_back(agent.name, limited.retry_after)
            raise

    async def _wait_for(self, backend: str) -> None:
        """Wait until a rate limit is over; that time is not the task's."""
        began = self._clock.monotonic()
        self._pulse.hold()
        try:
            await self._rates.wait(backend)
        finally:
            self._pulse.extend(self._clock.monotonic() - began)

    def _settled(self, last: Attempt) -> TaskResult:
        match last.verdict.decision:
            case "accept":
                return self.result("accepted", last.reply)
            case "degrade":
                return self.result("degraded", last.reply, last.verdict.summary or "less than what was asked for")
            case "give_up":
                return self._unaccepted(last.verdict.summary or "given up")
            case "retry":
                return self._unaccepted(f"not accepted in {last.number} attempts: {last.verdict.summary}")

    def _unaccepted(self, cause: str) -> TaskResult:
        """Keep the best reply that a verdict offered, the latest of equals; without one the task has failed."""
        offers = [(attempt.verdict.worth, attempt.number, attempt.reply) for attempt in self._made]
        worths = [(worth, number, reply) for worth, number, reply in offers if worth is not None]
        if not worths:
            return self.result("failed", cause=cause)
        return self.result("degraded", max(worths, key=lambda offer: offer[:2])[2], cause)

    def _tell_attempt(self, attempt: Attempt) -> None:
        verdict = attempt.verdict
        data = {"number": attempt.number, "usage": attempt.reply.usage.to_json(), "verdict": verdict.to_json()}
        self._tell("attempt", f"attempt {attempt.number}: {verdict.decision} {verdict.summary}".rstrip(), data)

    def _tell_wait(self, error: Exception, seconds: float) -> None:
        self._tell("waiting", f"asking again in {seconds:.3g} s: {cause_of(error)}", {"seconds": seconds})

    def _tell(self, kind: EventKind, text: str, data: JsonObject) -> None:
        self._events.task(kind, self._call.task, text, data)


def cause_of(error: Exception) -> str:
    """Return how an exception is told to people."""
    return error.message if isinstance(error, ProctorError) else f"{type(error).__name__}: {error}"


def _plain(reply: object) -> Reply:
    """Return a reply whose output is what a later run would read from the journal."""
    if not isinstance(reply, Reply):
        raise TypeError(f"the agent returned {type(reply).__name__}, not Reply")
    return replace(reply, output=json.loads(canonical_json(dict(reply.output))))


def _feedback(attempt: Attempt) -> Feedback:
    return attempt.verdict.feedback or Feedback(attempt.number, attempt.verdict.summary)
