"""Single calls through a run, as a script makes them: what is returned, what is raised, and what is done only once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from workflow_doubles import EchoAgent, TickingClock, Workshop

from proctor.agents.scripted import ScriptedAgent
from proctor.errors import BudgetReached, ConstraintViolation, PlanError, RunPaused
from proctor.workflow.budget import Budget
from proctor.workflow.calls import Call
from proctor.workflow.limits import Limits
from proctor.workflow.records import Reply, RunResult, Task, TaskResult, Usage, Verdict
from proctor.workflow.run import Run


def asked(name: str, target: str = "a.py") -> Task:
    return Task(name, name, "", "ask", {"target": target})


def through_a_run(
    workshop: Workshop,
    body: Callable[[Run], Awaitable[None]],
    *,
    limits: Limits | None = None,
    budget: Budget | None = None,
) -> RunResult:
    async def run_it() -> RunResult:
        with workshop.open() as journal:
            run = Run(
                "run",
                journal=journal,
                sinks=[workshop.events.append],
                clock=TickingClock(),
                limits=limits or Limits(concurrency=3),
                budget=budget or Budget(),
            )
            async with run:
                run.begin("a script")
                await body(run)
            return run.result

    return asyncio.run(run_it())


def test_calls_side_by_side_each_get_their_result_and_a_later_run_gets_them_from_the_journal(
    workshop: Workshop,
) -> None:
    agent, found = EchoAgent(), list[TaskResult]()

    async def three(run: Run) -> None:
        found.extend(await asyncio.gather(*(run.call(Call(asked(name, f"{name}.py"), agent)) for name in "abc")))

    first = through_a_run(workshop, three)
    second = through_a_run(workshop, three)

    made = tuple(TaskResult(name, "accepted", {"echo": f"{name}.py"}, 1) for name in "abc")
    kept = tuple(TaskResult(name, "cached", {"echo": f"{name}.py"}, 1) for name in "abc")
    assert (first.status, first.results, second.status, second.results) == ("completed", made, "completed", kept)
    assert (tuple(found), agent.seen) == (made + kept, ["a", "b", "c"])


def test_equal_calls_stay_distinct_and_are_told_apart_by_their_order(workshop: Workshop) -> None:
    def body(agent: ScriptedAgent) -> Callable[[Run], Awaitable[None]]:
        async def equal_calls(run: Run) -> None:
            for _ in range(3):
                await run.call(Call(asked(run.unique_id("ask")), agent))

        return equal_calls

    first = through_a_run(workshop, body(ScriptedAgent([Reply({"n": 1}), Reply({"n": 2}), Reply({"n": 3})])))
    second = through_a_run(workshop, body(ScriptedAgent([])))

    assert [(result.task_id, result.output["n"]) for result in first.results] == [
        ("ask", 1),
        ("ask-2", 2),
        ("ask-3", 3),
    ]
    assert [(result.task_id, result.output["n"]) for result in second.results] == [
        ("ask", 1),
        ("ask-2", 2),
        ("ask-3", 3),
    ]


def test_what_an_agent_raises_is_a_failed_result_and_the_script_goes_on(workshop: Workshop) -> None:
    async def body(run: Run) -> None:
        failed = await run.call(Call(asked("a"), ScriptedAgent([RuntimeError("boom")])))
        await run.call(Call(asked("b", failed.cause), EchoAgent()))

    run = through_a_run(workshop, body)

    assert (run.status, run.results) == (
        "partial",
        (
            TaskResult("a", "failed", attempts=1, cause="RuntimeError: boom"),
            TaskResult("b", "accepted", {"echo": "RuntimeError: boom"}, 1),
        ),
    )


def test_a_call_has_its_own_judge_and_its_own_limits(workshop: Workshop) -> None:
    async def never(task: Task, reply: Reply) -> Verdict:
        return Verdict("retry", "not yet")

    async def body(run: Run) -> None:
        await run.call(Call(asked("a"), EchoAgent(), check=never, limits=Limits(attempts=2)))

    assert through_a_run(workshop, body).results == (
        TaskResult("a", "failed", attempts=2, cause="not accepted in 2 attempts: not yet"),
    )


def test_once_the_budget_is_reached_every_new_call_raises_and_the_run_is_paused(workshop: Workshop) -> None:
    refused: list[str] = []

    async def body(run: Run) -> None:
        for name in "abcd":
            try:
                await run.call(Call(asked(name, name), EchoAgent()))
            except BudgetReached as reached:
                refused.append(reached.message)

    run = through_a_run(workshop, body, budget=Budget(max_agents=2))

    message = "budget: the next task could bring agents to 3, and the cap is 2"
    assert (run.status, run.cause, run.census, refused) == (
        "paused",
        message,
        {"accepted": 2, "skipped": 1},
        [message] * 2,
    )


def test_a_step_that_is_no_agent_does_not_count_as_one(workshop: Workshop) -> None:
    async def body(run: Run) -> None:
        await run.call(Call(asked("a"), EchoAgent(), is_agent=False))
        await run.call(Call(asked("b"), EchoAgent()))

    budget = Budget(max_agents=1)

    assert (through_a_run(workshop, body, budget=budget).status, budget.agents) == ("completed", 1)


def test_a_paused_run_lets_its_running_calls_finish_and_starts_no_more(workshop: Workshop) -> None:
    async def body(run: Run) -> None:
        class PausingAgent(EchoAgent):
            async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
                run.pause(RunPaused("somebody asked for it", slug="x"))
                return await super().run(task, feedback)

        await run.call(Call(asked("a"), PausingAgent()))
        await run.call(Call(asked("b"), EchoAgent()))

    run = through_a_run(workshop, body)

    assert (run.status, run.cause, run.census) == ("paused", "somebody asked for it", {"accepted": 1})


def test_a_stopped_run_cancels_what_runs(workshop: Workshop) -> None:
    async def body(run: Run) -> None:
        class StoppingAgent(EchoAgent):
            async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
                run.stop()
                await asyncio.get_running_loop().create_future()
                raise AssertionError("unreachable")

        await run.call(Call(asked("a"), EchoAgent()))
        await run.call(Call(asked("b", "b"), StoppingAgent()))

    run = through_a_run(workshop, body)

    assert (run.status, run.results) == (
        "stopped",
        (
            TaskResult("a", "accepted", {"echo": "a.py"}, 1),
            TaskResult("b", "skipped", attempts=1, cause="the run was stopped"),
        ),
    )


def test_a_violated_constraint_leaves_the_block_and_the_run_has_failed(workshop: Workshop) -> None:
    async def body(run: Run) -> None:
        await run.call(Call(asked("a"), ScriptedAgent([ConstraintViolation("app/x.py changed", slug="x")])))

    with pytest.raises(ConstraintViolation, match=r"app/x\.py changed"):
        through_a_run(workshop, body)

    with workshop.open() as journal:
        assert [(run.status, run.cause) for run in journal.runs()] == [("failed", "app/x.py changed")]


def test_two_calls_with_one_id_are_refused(workshop: Workshop) -> None:
    async def body(run: Run) -> None:
        await run.call(Call(asked("a"), EchoAgent()))
        await run.call(Call(asked("a"), EchoAgent()))

    with pytest.raises(PlanError, match="there is a task with the id 'a' already"):
        through_a_run(workshop, body)


def test_usage_of_single_calls_is_what_the_run_has_spent(workshop: Workshop) -> None:
    async def body(run: Run) -> None:
        await run.call(Call(asked("a"), ScriptedAgent([Reply({}, Usage(7))]), limits=Limits(worst_case=Usage(100))))

    budget = Budget(max_tokens=100)

    assert (through_a_run(workshop, body, budget=budget).usage, budget.spent) == (Usage(7), Usage(7))
