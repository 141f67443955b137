"""What every agent promises, as a class of tests: inherit it, and give it the fixtures `make_agent` and `task`."""

import asyncio
from collections.abc import Callable

from proctor.workflow.journal import call_key
from proctor.workflow.protocols import Agent
from proctor.workflow.records import Feedback, Reply, Task, canonical_json

FEEDBACK = (Feedback(1, "2 failed", {"failures": ["a", "b"]}), Feedback(2, "1 failed", {"failures": ["b"]}))


class AgentContract:
    """The tests of the contract; `make_agent` makes a new agent each time, ready for at least three attempts."""

    def test_it_is_an_agent_with_a_name_and_a_version(self, make_agent: Callable[[], Agent]) -> None:
        agent = make_agent()

        assert isinstance(agent, Agent)
        assert agent.name.strip()
        assert agent.version.strip()

    def test_the_same_agent_made_twice_has_the_same_journal_key(
        self, make_agent: Callable[[], Agent], task: Task
    ) -> None:
        assert call_key(task, {}, make_agent()) == call_key(task, {}, make_agent())

    def test_its_reply_goes_to_json_and_back_unchanged(self, make_agent: Callable[[], Agent], task: Task) -> None:
        reply = asyncio.run(make_agent().run(task, ()))

        assert Reply.from_json(reply.to_json()) == reply
        assert canonical_json(reply.output)

    def test_its_usage_is_never_negative(self, make_agent: Callable[[], Agent], task: Task) -> None:
        usage = asyncio.run(make_agent().run(task, ())).usage

        assert usage.tokens >= 0
        assert usage.seconds >= 0
        assert usage.money is None or usage.money >= 0

    def test_it_takes_feedback_and_leaves_the_task_as_it_was(self, make_agent: Callable[[], Agent], task: Task) -> None:
        before = canonical_json(task.to_json())

        async def three_attempts() -> list[Reply]:
            agent = make_agent()
            return [await agent.run(task, FEEDBACK[:number]) for number in range(3)]

        replies = asyncio.run(three_attempts())

        assert [type(reply) for reply in replies] == [Reply] * 3
        assert canonical_json(task.to_json()) == before

    def test_attempts_may_run_side_by_side(self, make_agent: Callable[[], Agent], task: Task) -> None:
        async def side_by_side() -> list[Reply]:
            agent = make_agent()
            return await asyncio.gather(*(agent.run(task, ()) for _ in range(3)))

        assert [type(reply) for reply in asyncio.run(side_by_side())] == [Reply] * 3
