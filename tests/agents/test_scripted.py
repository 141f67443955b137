import asyncio

import pytest

from proctor.agents.scripted import ScriptedAgent, ScriptedCall
from proctor.errors import RequestError
from proctor.workflow.records import Feedback, Reply, Task

A, B = (Task(name, name, "p", "write") for name in "ab")
FIRST, SECOND = Reply({"n": 1}), Reply({"n": 2})


def test_replies_in_a_row_are_given_in_their_order_whatever_the_task() -> None:
    agent = ScriptedAgent([FIRST, SECOND])

    assert [asyncio.run(agent.run(A, ())), asyncio.run(agent.run(B, ()))] == [FIRST, SECOND]


def test_replies_by_task_go_to_their_task() -> None:
    agent = ScriptedAgent({"a": [FIRST], "b": [SECOND]})

    assert [asyncio.run(agent.run(B, ())), asyncio.run(agent.run(A, ()))] == [SECOND, FIRST]


def test_an_exception_in_the_script_is_raised() -> None:
    with pytest.raises(ValueError, match="boom"):
        asyncio.run(ScriptedAgent([ValueError("boom")]).run(A, ()))


def test_the_calls_are_kept_with_their_feedback() -> None:
    agent, feedback = ScriptedAgent([FIRST, SECOND]), (Feedback(1, "red"),)

    asyncio.run(agent.run(A, ()))
    asyncio.run(agent.run(A, feedback))

    assert agent.calls == [ScriptedCall(A, ()), ScriptedCall(A, feedback)]


@pytest.mark.parametrize("replies", [[], {"b": [FIRST]}, {"a": []}])
def test_a_script_that_has_run_out_says_for_which_task(replies: list[Reply] | dict[str, list[Reply]]) -> None:
    with pytest.raises(RequestError) as caught:
        asyncio.run(ScriptedAgent(replies).run(A, ()))

    assert (caught.value.message, caught.value.slug) == (
        "scripted agent: no reply is left for task 'a'",
        "script-exhausted",
    )
