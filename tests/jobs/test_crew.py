import asyncio
import re
from dataclasses import dataclass, field

import pytest

from proctor.jobs.crew import Crew
from proctor.jobs.shell import ShellAgent
from proctor.workflow.limits import Limits
from proctor.workflow.records import Feedback, Reply, Task, Verdict
from proctor.workflow.scripts.wishes import AgentWish, Place, ShellWish


@dataclass
class ModuleJob:
    """Takes what has a target, and knows one."""

    synced: list = field(default_factory=list)

    def kind_of(self, inputs):
        return "module" if "target" in inputs else None

    def completed(self, inputs):
        if inputs["target"] != "shop.py":
            raise ValueError("unknown target")
        return {**inputs, "output": "test_shop.py"}

    def key_material(self, task):
        return {"sources": "abc"}

    async def check(self, task, reply):
        return Verdict("accept", "by the job")

    async def accept(self, task, result):
        pass

    async def sync(self, phase_id, results):
        self.synced.append((phase_id, results))


class Named:
    version = "1"

    def __init__(self, name):
        self.name = name


@pytest.fixture
def crew(tmp_path):
    shell = ShellAgent(tmp_path, tmp_path, lambda seconds: pytest.fail("not run here"))
    workers = {"embedded": Named("embedded"), "model": Named("model")}
    return Crew(
        tmp_path,
        ModuleJob(),
        workers,
        {"model": workers["model"]},
        shell,
        lambda: {"sources": "xyz"},
        Limits(attempts=3),
    )


PLACE = Place("the-id", "phase-1")


def test_a_wish_with_a_target_becomes_the_jobs_own_task(crew):
    call = crew.agent_call(AgentWish("", label="shop", target="shop.py", effort="low"), PLACE)

    inputs = {"target": "shop.py", "output": "test_shop.py", "effort": "low"}
    assert call.task == Task("the-id", "shop", "phase-1", "module", inputs)
    assert (call.agent.name, call.material(), call.limits) == ("embedded", {"sources": "abc"}, Limits(attempts=3))
    assert asyncio.run(call.check(call.task, Reply({}))) == Verdict("accept", "by the job")


def test_a_free_prompt_goes_to_who_answers_prompts(crew):
    call = crew.agent_call(AgentWish("Why?", timeout=5.0, inputs={"file": "a"}), PLACE)

    assert call.task == Task("the-id", "Why?", "phase-1", "prompt", {"file": "a", "prompt": "Why?"})
    assert (call.agent.name, call.material()) == ("model", {"sources": "xyz"})
    assert call.limits == Limits(attempts=3, task_timeout=5.0)


def test_an_answer_that_does_not_fit_its_schema_is_asked_for_again(crew):
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    call = crew.agent_call(AgentWish("How many?", schema=schema), PLACE)

    def judge(output):
        return asyncio.run(call.check(call.task, Reply(output)))

    assert judge({"n": 3}) == Verdict("accept")
    wrong, missing = "n: 'x' is not of type 'integer'", "the answer: 'n' is a required property"
    assert judge({"n": "x"}) == Verdict("retry", wrong, Feedback(0, wrong))
    assert judge({}) == Verdict("retry", missing, Feedback(0, missing))


def test_an_empty_answer_is_asked_for_again(crew):
    call = crew.agent_call(AgentWish("Why?"), PLACE)

    assert asyncio.run(call.check(call.task, Reply({}))).decision == "retry"
    assert asyncio.run(call.check(call.task, Reply({"text": "so"}))).decision == "accept"


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (AgentWish("", target="nope.py"), "unknown target"),
        (
            AgentWish("", target="shop.py", backend="modell"),
            "no backend 'modell' takes tasks with a target; there are: ",
        ),
        (AgentWish("Why?", backend="embedded"), "no backend 'embedded' takes free prompts; there are: model"),
        (AgentWish("Why?", schema={"type": "nope"}), "the schema is not a JSON Schema"),
        (AgentWish("Why?", timeout=0.0), "timeout is 0, and must be above zero"),
    ],
)
def test_a_wish_that_nobody_can_fulfil_is_refused(crew, wish, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        crew.agent_call(wish, PLACE)


def test_without_a_model_a_free_prompt_is_refused_with_the_reason(crew):
    alone = Crew(crew.root, crew.job, crew.workers, {}, crew.shell, crew.snapshot, crew.limits)

    with pytest.raises(ValueError, match="the embedded agent writes the tests of a target; a model is needed"):
        alone.agent_call(AgentWish("Why?"), PLACE)


def test_a_command_is_no_agent_and_is_tried_once(crew):
    call = crew.shell_call(ShellWish("make\nall", timeout=9.0), PLACE)

    assert call.task == Task("the-id", "make", "phase-1", "shell", {"command": "make\nall", "timeout": 9.0})
    assert (call.is_agent, call.limits) == (False, Limits(attempts=1))


def test_a_sync_is_the_jobs(crew):
    asyncio.run(crew.sync("phase-1", []))

    assert crew.job.synced == [("phase-1", [])]
