"""A job, a clock and a recording sink of which tests know everything, and a way to run a plan with them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proctor.workflow.budget import Budget
from proctor.workflow.engine import run_plan
from proctor.workflow.events import Event
from proctor.workflow.journal import Journal
from proctor.workflow.limits import Limits
from proctor.workflow.plan import Phase, Plan, PlannedAgent, task_for
from proctor.workflow.protocols import Agent
from proctor.workflow.records import JsonObject, Reply, RunResult, Task, TaskResult, Verdict

ACCEPT = Verdict("accept")


class TickingClock:
    """A clock that is one second further each time somebody looks."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        self.time += 1
        return self.time

    def monotonic(self) -> float:
        return self.now()

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class ListJob:
    """A job whose verdicts are given by task id, in order, and which keeps what the engine told it."""

    verdicts: Mapping[str, Sequence[Verdict | Exception]] = field(default_factory=dict)
    material: Callable[[Task], JsonObject] = lambda task: {}
    accepted: list[TaskResult] = field(default_factory=list)
    synced: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = {task_id: iter(verdicts) for task_id, verdicts in self.verdicts.items()}

    def tasks(self, phase: Phase) -> Sequence[Task]:
        return [task_for(agent, phase, "write") for agent in phase.agents]

    def key_material(self, task: Task) -> JsonObject:
        return self.material(task)

    async def check(self, task: Task, reply: Reply) -> Verdict:
        verdict = next(self._left[task.id]) if task.id in self._left else ACCEPT
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    async def accept(self, task: Task, result: TaskResult) -> None:
        self.accepted.append(result)

    async def sync(self, phase_id: str, results: Sequence[TaskResult]) -> None:
        self.synced.append((phase_id, tuple(result.task_id for result in results)))


class EchoAgent:
    """Answers with the target it was given, and keeps the ids of the tasks it saw."""

    name = "echo"
    version = "1"

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        self.seen.append(task.id)
        return Reply({"echo": task.inputs["target"]})


def phase(name: str, *agents: str, strategy: str = "parallel", depends_on: Sequence[str] = ()) -> Phase:
    planned = [PlannedAgent(id=agent, target=f"{agent}.py") for agent in agents]
    return Phase.model_validate({"id": name, "strategy": strategy, "depends_on": depends_on, "agents": planned})


def plan_of(*phases: Phase) -> Plan:
    return Plan(workflow_version="1.0", effort_level="low", phases=phases)


@dataclass
class Workshop:
    """Everything a run needs, on a journal file in a temporary folder."""

    journal_path: Path
    events: list[Event] = field(default_factory=list)

    def open(self) -> Journal:
        return Journal.open(self.journal_path)

    def run(self, plan: Plan, agent: Agent, job: ListJob | None = None, **options: Any) -> RunResult:
        with self.open() as journal:
            return asyncio.run(self.start(plan, agent, journal, job, **options))

    async def start(
        self, plan: Plan, agent: Agent, journal: Journal, job: ListJob | None = None, **options: Any
    ) -> RunResult:
        given = {"limits": Limits(), "budget": Budget(), "clock": TickingClock(), "run_id": "run", **options}
        return await run_plan(
            plan, job=job or ListJob(), agent=agent, journal=journal, sink=self.events.append, **given
        )
