"""The attempt loop of one task, and what may go wrong in it."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest
from workflow_doubles import ACCEPT, EchoAgent, ListJob, Workshop, phase, plan_of

from proctor.agents.scripted import ScriptedAgent, ScriptedCall
from proctor.errors import ConstraintViolation, ExecutionError, RequestError
from proctor.workflow.journal import call_key
from proctor.workflow.limits import Limits
from proctor.workflow.plan import task_for
from proctor.workflow.records import Feedback, Reply, Task, TaskResult, Usage, Verdict

ONE = plan_of(phase("p", "a"))
TASK = task_for(ONE.phases[0].agents[0], ONE.phases[0], "write")
RED = Verdict("retry", "red", Feedback(1, "red", {"line": 3}))


def drafts(count: int) -> list[Reply]:
    return [Reply({"draft": number}, Usage(tokens=10)) for number in range(1, count + 1)]


def test_an_accepted_reply_is_applied_and_its_phase_synced(workshop: Workshop) -> None:
    job = ListJob()

    run = workshop.run(ONE, ScriptedAgent(drafts(1)), job)

    accepted = TaskResult("a", "accepted", {"draft": 1}, 1, Usage(tokens=10))
    assert (run.status, run.results, job.accepted, job.synced) == (
        "completed",
        (accepted,),
        [accepted],
        [("p", ("a",))],
    )


def test_the_next_attempt_gets_the_feedback_on_every_earlier_one(workshop: Workshop) -> None:
    agent = ScriptedAgent(drafts(3))

    run = workshop.run(ONE, agent, ListJob({"a": [RED, Verdict("retry", "amber"), ACCEPT]}))

    first, second = Feedback(1, "red", {"line": 3}), Feedback(2, "amber")
    assert agent.calls == [ScriptedCall(TASK, ()), ScriptedCall(TASK, (first,)), ScriptedCall(TASK, (first, second))]
    assert run.results == (TaskResult("a", "accepted", {"draft": 3}, 3, Usage(tokens=30)),)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([RED, RED, RED], TaskResult("a", "failed", {}, 3, Usage(30), "not accepted in 3 attempts: red")),
        ([RED, Verdict("give_up", "no way")], TaskResult("a", "failed", {}, 2, Usage(20), "no way")),
        ([Verdict("degrade", "80 of 85")], TaskResult("a", "degraded", {"draft": 1}, 1, Usage(10), "80 of 85")),
        (
            [Verdict("retry", "x", worth=0.5), Verdict("retry", "y", worth=0.8), Verdict("retry", "z", worth=0.1)],
            TaskResult("a", "degraded", {"draft": 2}, 3, Usage(30), "not accepted in 3 attempts: z"),
        ),
        (
            [Verdict("retry", "x", worth=0.5), Verdict("retry", "y", worth=0.5), Verdict("give_up", "no way")],
            TaskResult("a", "degraded", {"draft": 2}, 3, Usage(30), "no way"),
        ),
        (
            [Verdict("retry", "x", worth=0.5), ValueError("checker")],
            TaskResult("a", "degraded", {"draft": 1}, 2, Usage(20), "ValueError: checker"),
        ),
    ],
    ids=["attempts used up", "given up", "degraded", "best offer", "latest of equal offers", "offer before a crash"],
)
def test_a_task_without_an_accepted_reply_keeps_its_best_offer_or_fails(
    workshop: Workshop, verdicts: list[Verdict | Exception], expected: TaskResult
) -> None:
    job = ListJob({"a": verdicts})

    run = workshop.run(ONE, ScriptedAgent(drafts(3)), job, limits=Limits(attempts=3))

    assert run.results == (expected,)
    assert job.accepted == [result for result in run.results if result.is_usable]


class UnruledAgent:
    """Returns whatever it was given, as a broken backend might."""

    name = "unruled"
    version = "1"

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        return self.answer  # type: ignore[return-value]  # that is the point


@pytest.mark.parametrize(
    ("agent", "cause"),
    [
        (ScriptedAgent([RuntimeError("boom")]), "RuntimeError: boom"),
        (ScriptedAgent([TimeoutError("the server is slow")]), "TimeoutError: the server is slow"),
        (ScriptedAgent([ExecutionError("the child died", slug="x")]), "the child died"),
        (ScriptedAgent([]), "scripted agent: no reply is left for task 'a'"),
        (UnruledAgent("text"), "TypeError: the agent returned str, not Reply"),
        (UnruledAgent(Reply({"x": {1}})), "TypeError: Object of type set is not JSON serializable"),
    ],
)
def test_what_an_agent_raises_costs_its_task_and_not_the_run(
    workshop: Workshop, agent: UnruledAgent | ScriptedAgent, cause: str
) -> None:
    run = workshop.run(ONE, agent)

    assert (run.status, run.results) == ("failed", (TaskResult("a", "failed", attempts=1, cause=cause),))


def test_other_tasks_go_on_beside_a_failed_one(workshop: Workshop) -> None:
    agent = ScriptedAgent({"a": [RuntimeError("boom")], "b": [Reply({"b": 1})]})
    job = ListJob()

    run = workshop.run(plan_of(phase("p", "a", "b"), phase("q", "c", depends_on=["p"])), agent, job)

    assert (run.status, run.census) == ("partial", {"accepted": 1, "failed": 2})
    assert job.synced == [("p", ("a", "b")), ("q", ("c",))]


def test_a_task_whose_input_cannot_be_hashed_fails_alone(workshop: Workshop) -> None:
    def unreadable(task: Task) -> dict[str, str]:
        raise FileNotFoundError(f"{task.id}.py")

    run = workshop.run(ONE, EchoAgent(), ListJob(material=unreadable))

    assert run.results == (TaskResult("a", "failed", cause="FileNotFoundError: a.py"),)


class RefusingJob(ListJob):
    """A job that cannot apply results."""

    async def accept(self, task: Task, result: TaskResult) -> None:
        raise PermissionError("read-only folder")


def test_a_result_that_could_not_be_applied_fails_now_and_is_reused_when_it_can_be(workshop: Workshop) -> None:
    agent = ScriptedAgent(drafts(1))

    first = workshop.run(ONE, agent, RefusingJob())
    second = workshop.run(ONE, agent, job := ListJob())

    assert first.results == (TaskResult("a", "failed", {}, 1, Usage(tokens=10), "PermissionError: read-only folder"),)
    assert second.results == tuple(job.accepted) == (TaskResult("a", "cached", {"draft": 1}, 1),)


def test_a_violated_constraint_ends_the_run_and_is_recorded(workshop: Workshop) -> None:
    job = ListJob({"a": [ConstraintViolation("app/x.py changed", slug="x")]})

    with pytest.raises(ConstraintViolation, match=r"app/x\.py changed"):
        workshop.run(plan_of(phase("p", "a", "b", strategy="sequential")), EchoAgent(), job)

    assert [(event.kind, event.task_id, event.text) for event in workshop.events][-3:] == [
        ("task-ended", "a", "skipped: app/x.py changed"),
        ("phase-ended", None, "p"),
        ("run-ended", None, "failed"),
    ]


class SilentAgent:
    """Never answers."""

    name = "silent"
    version = "1"

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable")


def test_a_task_that_takes_too_long_is_ended(workshop: Workshop) -> None:
    run = workshop.run(ONE, SilentAgent(), limits=Limits(task_timeout=0.01))

    assert run.results == (TaskResult("a", "failed", attempts=1, cause="it took more than 0.01 s"),)


@pytest.mark.parametrize("limits", [{"concurrency": 0}, {"attempts": 0}, {"task_timeout": 0.0}])
def test_limits_below_one_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(RequestError) as caught:
        Limits(**limits)  # type: ignore[arg-type]  # a float stands for an int here

    assert caught.value.slug == "limit-not-positive"


def test_every_event_of_a_run_is_told_and_kept_in_order(workshop: Workshop) -> None:
    noted = Reply({"x": 1}, Usage(5, 0.5, Decimal("0.1")), ("reading", "writing"))

    workshop.run(ONE, ScriptedAgent([noted, noted]), ListJob({"a": [RED, ACCEPT]}))

    with workshop.open() as journal:
        assert journal.events("run") == tuple(workshop.events)
    assert [(event.kind, event.phase, event.task_id, event.text) for event in workshop.events] == [
        ("run-started", None, None, "1 phases, 1 tasks"),
        ("phase-started", "p", None, "p (parallel)"),
        ("task-started", "p", "a", "a"),
        ("log", "p", "a", "reading"),
        ("log", "p", "a", "writing"),
        ("attempt", "p", "a", "attempt 1: retry red"),
        ("log", "p", "a", "reading"),
        ("log", "p", "a", "writing"),
        ("attempt", "p", "a", "attempt 2: accept"),
        ("task-ended", "p", "a", "accepted"),
        ("usage", None, None, ""),
        ("phase-synced", "p", None, "p"),
        ("phase-ended", "p", None, "p"),
        ("run-ended", None, None, "completed"),
    ]
    assert workshop.events[-4].data == {"spent": Usage(10, 1.0, Decimal("0.2")).to_json(), "agents": 1}
    assert workshop.events[-5].data == {
        "task_id": "a",
        "status": "accepted",
        "attempts": 2,
        "usage": {"tokens": 10, "seconds": 1.0, "money": "0.2"},
        "cause": "",
        "key": call_key(TASK, {}, ScriptedAgent([])),
        "occurrence": 1,
    }
