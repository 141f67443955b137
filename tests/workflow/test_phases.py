"""The order of phases, how many tasks run at once, and the ways in which a run ends early."""

import asyncio
from collections.abc import Sequence

import pytest
from workflow_doubles import EchoAgent, ListJob, Workshop, phase, plan_of

from proctor.errors import BudgetReached, PlanError
from proctor.workflow.budget import Budget
from proctor.workflow.limits import Limits
from proctor.workflow.plan import Phase, task_for
from proctor.workflow.records import Reply, RunRecord, RunResult, Task, TaskResult, Usage

NINE = tuple(f"t{number}" for number in range(9))


class MeetingAgent(EchoAgent):
    """Answers only when a given number of its calls are under way together, and notes the highest number."""

    def __init__(self, together: int) -> None:
        super().__init__()
        self.now = self.peak = 0
        self.barrier = asyncio.Barrier(together)

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        self.now += 1
        self.peak = max(self.peak, self.now)
        await self.barrier.wait()
        self.now -= 1
        return await super().run(task, feedback)


@pytest.mark.parametrize(
    ("strategy", "concurrency", "together"), [("parallel", 3, 3), ("parallel", 1, 1), ("sequential", 3, 1)]
)
def test_as_many_tasks_as_allowed_run_at_once_and_never_more(
    workshop: Workshop, strategy: str, concurrency: int, together: int
) -> None:
    agent = MeetingAgent(together)

    run = workshop.run(
        plan_of(phase("p", *NINE, strategy=strategy)), agent, limits=Limits(concurrency, task_timeout=60)
    )

    assert (run.status, run.census, agent.peak) == ("completed", {"accepted": 9}, together)


def test_phases_run_in_the_order_of_their_dependencies(workshop: Workshop) -> None:
    agent, job = EchoAgent(), ListJob()
    plan = plan_of(phase("last", "z", depends_on=["mid"]), phase("first", "a"), phase("mid", "m", depends_on=["first"]))

    run = workshop.run(plan, agent, job)

    assert agent.seen == [result.task_id for result in run.results] == ["a", "m", "z"]
    assert [name for name, _ in job.synced] == list(run.phase_seconds) == ["first", "mid", "last"]


def test_phases_that_do_not_wait_for_each_other_run_side_by_side(workshop: Workshop) -> None:
    """The agent answers only when a task of each of the two phases is under way."""
    plan = plan_of(phase("left", "a"), phase("right", "b"), phase("both", "c", "d", depends_on=["left", "right"]))
    agent, job = MeetingAgent(2), ListJob()

    run = workshop.run(plan, agent, job, limits=Limits(concurrency=2, task_timeout=60))

    assert (run.status, agent.peak, sorted(agent.seen[2:])) == ("completed", 2, ["c", "d"])
    assert job.synced[-1] == ("both", ("c", "d"))


def test_phases_side_by_side_share_the_concurrency_of_the_run(workshop: Workshop) -> None:
    plan = plan_of(*(phase(name, *(f"{name}{number}" for number in range(4))) for name in "pqr"))

    run = workshop.run(plan, agent := MeetingAgent(3), limits=Limits(concurrency=3, task_timeout=60))

    assert (run.census, agent.peak) == ({"accepted": 12}, 3)


def test_with_a_concurrency_of_one_phases_take_turns(workshop: Workshop) -> None:
    plan = plan_of(phase("left", "a", "b"), phase("right", "c"))

    run = workshop.run(plan, agent := MeetingAgent(1), limits=Limits(concurrency=1))

    assert (run.status, agent.peak) == ("completed", 1)


def test_a_plan_without_work_is_complete(workshop: Workshop) -> None:
    assert workshop.run(plan_of(), EchoAgent()) == RunResult("run", "completed")


class RepeatingJob(ListJob):
    """A job that makes two tasks with one id."""

    def tasks(self, phase: Phase) -> Sequence[Task]:
        return [task_for(phase.agents[0], phase, "write")] * 2


def test_two_tasks_with_one_id_are_refused(workshop: Workshop) -> None:
    with pytest.raises(PlanError, match="2 tasks with the id 'a'"):
        workshop.run(plan_of(phase("p", "a")), EchoAgent(), RepeatingJob())


class StoppingAgent(EchoAgent):
    """Cancels the run, or raises, when it comes to one task; the tasks before it are answered."""

    def __init__(self, last: str, error: BaseException | None = None) -> None:
        super().__init__()
        self.last, self.error = last, error
        self.run_task: asyncio.Task[RunResult] | None = None

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        if task.id != self.last:
            return await super().run(task, feedback)
        if self.error is not None:
            raise self.error
        assert self.run_task is not None
        self.run_task.cancel()
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable")


ROW = plan_of(phase("p", "a", "b", "c", strategy="sequential"), phase("q", "d", depends_on=["p"]))


def test_a_cancelled_run_says_stopped_and_keeps_what_is_finished(workshop: Workshop) -> None:
    async def cancelled() -> tuple[RunResult, int]:
        agent = StoppingAgent("c")
        with workshop.open() as journal:
            agent.run_task = asyncio.create_task(workshop.start(ROW, agent, journal))
            return await agent.run_task, agent.run_task.cancelling()

    stopped, pending_cancellations = asyncio.run(cancelled())
    again = EchoAgent()
    resumed = workshop.run(ROW, again)

    assert (stopped.status, stopped.cause, stopped.results, pending_cancellations) == (
        "stopped",
        "the run was stopped",
        (
            TaskResult("a", "accepted", {"echo": "a.py"}, 1),
            TaskResult("b", "accepted", {"echo": "b.py"}, 1),
            TaskResult("c", "skipped", attempts=1, cause="the run was stopped"),
            TaskResult("d", "skipped", cause="the run was stopped"),
        ),
        0,
    )
    assert (again.seen, resumed.status, resumed.census) == (["c", "d"], "completed", {"accepted": 2, "cached": 2})


def test_an_interrupt_is_recorded_as_stopped_and_passed_on(workshop: Workshop) -> None:
    with pytest.raises(KeyboardInterrupt):
        workshop.run(ROW, StoppingAgent("b", KeyboardInterrupt()))

    again = EchoAgent()
    with workshop.open() as journal:
        assert [(run.status, run.cause) for run in journal.runs()] == [("stopped", "the run was stopped")]
    assert workshop.run(ROW, again).status == "completed"
    assert again.seen == ["b", "c", "d"]


class SharedBudgetAgent(EchoAgent):
    """Spends what it is told to spend, once every call that may run beside it has started."""

    def __init__(self, tokens: int, together: int) -> None:
        super().__init__()
        self.tokens, self.barrier = tokens, asyncio.Barrier(together)

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        await self.barrier.wait()
        return Reply((await super().run(task, feedback)).output, Usage(self.tokens))


def test_a_fan_out_pauses_below_its_cap_and_goes_on_with_a_higher_one(workshop: Workshop) -> None:
    limits = Limits(concurrency=3, worst_case=Usage(100))
    plan = plan_of(phase("p", *NINE), phase("q", "z"))
    paused = workshop.run(
        plan, first := SharedBudgetAgent(100, 3), job := ListJob(), limits=limits, budget=Budget(max_tokens=399)
    )
    resumed = workshop.run(plan, second := SharedBudgetAgent(60, 1), limits=limits, budget=Budget(max_tokens=2000))

    assert (paused.status, paused.usage, paused.census, job.synced) == (
        "paused",
        Usage(300),
        {"accepted": 3, "skipped": 7},
        [],
    )
    assert paused.cause == "budget: the next task could bring tokens to 400, and the cap is 399"
    assert (resumed.status, resumed.usage, resumed.census) == (
        "completed",
        Usage(7 * 60),
        {"accepted": 7, "cached": 3},
    )
    assert sorted(first.seen + second.seen) == sorted([*NINE, "z"])


def test_an_agent_that_meets_a_limit_of_its_own_pauses_the_run(workshop: Workshop) -> None:
    run = workshop.run(ROW, StoppingAgent("b", BudgetReached("the account is empty", slug="x")))

    assert (run.status, run.cause, run.census) == ("paused", "the account is empty", {"accepted": 1, "skipped": 3})


def test_an_attempt_that_broke_off_costs_the_worst_case(workshop: Workshop) -> None:
    budget = Budget(max_tokens=1000)

    workshop.run(
        plan_of(phase("p", "a")),
        StoppingAgent("a", RuntimeError("boom")),
        budget=budget,
        limits=Limits(worst_case=Usage(100)),
    )

    assert (budget.spent, budget.agents) == (Usage(100), 1)


class UnsyncedJob(ListJob):
    """A job that cannot put a phase together."""

    async def sync(self, phase_id: str, results: Sequence[TaskResult]) -> None:
        raise PlanError(f"{phase_id}: two writers", slug="state-conflict")


def test_a_failed_sync_ends_the_run_as_failed(workshop: Workshop) -> None:
    with pytest.raises(PlanError, match="two writers"):
        workshop.run(ROW, EchoAgent(), UnsyncedJob())

    with workshop.open() as journal:
        (record,) = journal.runs()
    assert (record.status, record.cause) == ("failed", "p: two writers")


def test_a_run_is_recorded_with_its_plan_and_goes_on_under_its_id(workshop: Workshop) -> None:
    workshop.run(ROW, StoppingAgent("b", BudgetReached("enough", slug="x")))
    with workshop.open() as journal:
        (paused,) = journal.runs()
    workshop.run(ROW, EchoAgent())
    with workshop.open() as journal:
        (completed,) = journal.runs()

    nothing = Usage().to_json()
    assert (paused, completed) == (
        RunRecord(
            "run",
            "paused",
            ROW.to_json_text(),
            paused.started,
            paused.ended,
            "enough",
            summary={"census": {"accepted": 1, "skipped": 3}, "usage": nothing},
        ),
        RunRecord(
            "run",
            "completed",
            ROW.to_json_text(),
            paused.started,
            completed.ended,
            summary={"census": {"accepted": 3, "cached": 1}, "usage": nothing},
        ),
    )
