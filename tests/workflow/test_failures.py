"""Failures that may pass, agents that fall silent, limits that all share: what is tried again, and what is ended."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from workflow_doubles import EchoAgent, ListJob, TickingClock, Workshop, phase, plan_of

from proctor.agents.scripted import ScriptedAgent
from proctor.errors import RateLimited, TransientFailure
from proctor.workflow.limits import Limits
from proctor.workflow.pulse import Pulse
from proctor.workflow.rates import RateLimiter
from proctor.workflow.records import Reply, Task, TaskResult, Usage

ONE = plan_of(phase("p", "a"))


class RestingClock(TickingClock):
    """A clock that notes how long it was asked to wait, and is there at once."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


def overloaded() -> TransientFailure:
    return TransientFailure("the server is overloaded", slug="x")


@pytest.mark.parametrize("failure", [overloaded(), ConnectionResetError("gone")])
def test_a_failure_that_may_pass_is_asked_again_within_the_same_attempt(workshop: Workshop, failure: Exception) -> None:
    agent, clock = ScriptedAgent([failure, failure, Reply({"x": 1}, Usage(5))]), RestingClock()

    run = workshop.run(ONE, agent, clock=clock)

    assert run.results == (TaskResult("a", "accepted", {"x": 1}, 1, Usage(5)),)
    assert [call.feedback for call in agent.calls] == [(), (), ()]
    assert [event.kind for event in workshop.events].count("waiting") == 2
    assert 1.0 <= clock.waits[0] <= 1.25
    assert 2.0 <= clock.waits[1] <= 2.25


def test_a_failure_that_does_not_pass_costs_the_task_after_the_last_retry(workshop: Workshop) -> None:
    agent = ScriptedAgent([overloaded()] * 9)

    run = workshop.run(ONE, agent, clock=RestingClock(), limits=Limits(retries=2))

    assert (len(agent.calls), run.results) == (
        3,
        (TaskResult("a", "failed", attempts=1, cause="the server is overloaded"),),
    )


@pytest.mark.parametrize("failure", [ValueError("no such model"), PermissionError("key"), TimeoutError("slow")])
def test_what_asking_again_cannot_help_is_asked_once(workshop: Workshop, failure: Exception) -> None:
    agent, clock = ScriptedAgent([failure, Reply({})]), RestingClock()

    assert workshop.run(ONE, agent, clock=clock).status == "failed"
    assert (len(agent.calls), clock.waits) == (1, [])


def test_retries_can_be_switched_off(workshop: Workshop) -> None:
    agent = ScriptedAgent([overloaded(), Reply({})])

    assert workshop.run(ONE, agent, clock=RestingClock(), limits=Limits(retries=0)).status == "failed"
    assert len(agent.calls) == 1


class LimitedAgent(EchoAgent):
    """Says to its first caller how long everybody has to wait, and notes when it was called."""

    def __init__(self, clock: TickingClock) -> None:
        super().__init__()
        self.clock = clock
        self.called: list[float] = []

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        self.called.append(self.clock.monotonic())
        if len(self.called) == 1:
            raise RateLimited("slow down", slug="x", retry_after=30)
        return await super().run(task, feedback)


def test_when_one_task_is_told_to_wait_all_wait_until_then(workshop: Workshop) -> None:
    clock = RestingClock()
    agent = LimitedAgent(clock)
    tasks = [f"t{number}" for number in range(6)]

    run = workshop.run(plan_of(phase("p", *tasks)), agent, clock=clock, limits=Limits(concurrency=1))

    began = agent.called[0]
    assert (run.status, run.census) == ("completed", {"accepted": 6})
    assert [moment >= began + 30 for moment in agent.called] == [False] + [True] * 6


def test_a_wait_that_is_put_off_meanwhile_lasts_until_the_later_end() -> None:
    async def moments() -> tuple[float, float]:
        clock = RestingClock()
        limiter, began = RateLimiter(clock), clock.monotonic()
        limiter.hold_back("model", 10)
        limiter.hold_back("model", 25)
        limiter.hold_back("model", 5)
        await limiter.wait("model")
        first = clock.monotonic() - began
        await limiter.wait("model")
        await limiter.wait("another")
        return first, clock.monotonic() - began

    assert asyncio.run(moments()) == (25.0, 25.0)


class SilentAgent:
    """Never answers."""

    name = "silent"
    version = "1"

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable")


def test_an_agent_that_falls_silent_is_ended_and_the_others_go_on(workshop: Workshop) -> None:
    class SilentAtFirst(EchoAgent):
        async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
            return await (SilentAgent() if task.id == "a" else super()).run(task, feedback)

    run = workshop.run(plan_of(phase("p", "a", "b")), SilentAtFirst(), limits=Limits(heartbeat=0.05))

    assert (run.status, run.results) == (
        "partial",
        (
            TaskResult("a", "failed", attempts=1, cause="it gave no sign of life for 0.05 s"),
            TaskResult("b", "accepted", {"echo": "b.py"}, 1),
        ),
    )


def test_a_beat_from_any_thread_keeps_a_task_alive() -> None:
    """The deadline moves with each beat: only the time since the last one counts."""

    async def ends() -> list[float]:
        loop = asyncio.get_running_loop()
        pulse = Pulse(Limits(heartbeat=1000))
        async with pulse:
            ends = [pulse.ends_at or 0.0]
            await asyncio.to_thread(pulse.beat)
            await asyncio.sleep(0)
            ends.append(pulse.ends_at or 0.0)
        assert ends[0] <= loop.time() + 1000
        return ends

    first, second = asyncio.run(ends())

    assert first < second


def test_time_spent_waiting_for_a_rate_limit_is_not_the_tasks_own() -> None:
    async def ends() -> tuple[float | None, float | None, float]:
        pulse = Pulse(Limits(task_timeout=1000))
        async with pulse:
            before = pulse.ends_at or 0.0
            pulse.hold()
            held = pulse.ends_at
            pulse.extend(60)
            return held, pulse.ends_at, before + 60

    held, after, wanted = asyncio.run(ends())

    assert (held, after) == (None, wanted)


def test_a_late_beat_of_a_task_that_is_over_is_ignored() -> None:
    async def beat_late() -> None:
        pulse = Pulse(Limits(heartbeat=1000))
        async with pulse:
            pass
        thread = threading.Thread(target=pulse.beat)
        thread.start()
        thread.join()
        await asyncio.sleep(0)

    asyncio.run(beat_late())


class JumpingClock(TickingClock):
    """A wall clock that somebody sets back and forth, beside a monotonic one that cannot be."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def now(self) -> float:
        self.looks += 1
        return 1_000_000.0 * (-1) ** self.looks

    def monotonic(self) -> float:
        self.time += 1
        return self.time


def test_a_wall_clock_that_jumps_changes_nothing_but_the_stamps(workshop: Workshop) -> None:
    plan = plan_of(phase("p", "a", "b"), phase("q", "c", depends_on=["p"]))

    first = workshop.run(plan, EchoAgent(), ListJob(), clock=JumpingClock())
    again = workshop.run(plan, EchoAgent(), ListJob(), clock=JumpingClock(), run_id="again")

    assert (first.status, again.status, again.census) == ("completed", "completed", {"cached": 3})
    assert all(seconds > 0 for seconds in first.phase_seconds.values())
    with workshop.open() as journal:
        kinds = [event.kind for event in journal.events("again")]
    assert (kinds[0], kinds[-1]) == ("run-started", "run-ended")
