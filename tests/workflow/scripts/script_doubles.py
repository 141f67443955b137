"""A staff whose agents say what a table tells them, so that scripts can be run with a real engine and journal."""

from __future__ import annotations

from dataclasses import dataclass, field

from proctor.errors import BudgetReached
from proctor.workflow.calls import Call
from proctor.workflow.records import Reply, Task, Usage, Verdict
from proctor.workflow.scripts.source import Script


@dataclass
class Echo:
    """Answers with the prompt, or as the table says; keeps what it was asked."""

    answers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    name: str = "echo"
    version: str = "1"

    async def run(self, task, feedback):
        self.asked.append(task.inputs.get("prompt") or task.inputs["command"])
        answer = self.answers.get(self.asked[-1], {"text": self.asked[-1]})
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer, Usage(tokens=10))


async def _check(task, reply):
    return Verdict("give_up", reply.output["problem"]) if "problem" in reply.output else Verdict("accept")


@dataclass
class EchoStaff:
    """Implements `Staff`; `synced` has the outputs of each phase as they were put together."""

    agent: Echo = field(default_factory=Echo)
    synced: list = field(default_factory=list)
    tasks: list = field(default_factory=list)

    def agent_call(self, wish, place):
        if wish.backend is not None:
            raise ValueError(f"agent: no backend {wish.backend!r}")
        self.tasks.append(Task(place.task_id, wish.title, place.phase, "prompt", wish.task_inputs()))
        return Call(self.tasks[-1], self.agent, check=_check)

    def shell_call(self, wish, place):
        self.tasks.append(Task(place.task_id, wish.title, place.phase, "shell", {"command": wish.command}))
        return Call(self.tasks[-1], self.agent, check=_check, is_agent=False)

    async def sync(self, phase, results):
        self.synced.append((phase, [dict(result.output) for result in results]))


def script(text, name="flow"):
    return Script(name, f"{name}.py", text)


PAUSED = BudgetReached("budget: the cap is reached", slug="budget-reached")
