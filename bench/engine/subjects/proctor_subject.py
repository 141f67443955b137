"""The fan-out in Proctor: one phase of no-op agents through `Run.call`, journalled in SQLite."""

import asyncio
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proctor.workflow.budget import Budget
from proctor.workflow.clock import SystemClock
from proctor.workflow.engine import run_plan
from proctor.workflow.journal import Journal
from proctor.workflow.limits import Limits
from proctor.workflow.plan import Phase, Plan, PlannedAgent, task_for
from proctor.workflow.protocols import Agent
from proctor.workflow.records import JsonObject, Reply, RunResult, Task, TaskResult, Verdict

IN_FLIGHT = 16


class NoOpAgent:
    """Answers at once; when told to, it notes each call in a file and dies after some of them."""

    name = "no-op"
    version = "1"

    def __init__(self, notes: Path | None = None, dies_after: int = 0) -> None:
        self.notes = None if notes is None else os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.left = dies_after

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        if self.notes is not None:
            os.write(self.notes, f"{task.id}\n".encode())
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return Reply({"done": task.id})


class PlainJob:
    """One task an agent of the plan, and every reply is right."""

    def tasks(self, phase: Phase) -> Sequence[Task]:
        return [task_for(agent, phase, "ask") for agent in phase.agents]

    def key_material(self, task: Task) -> JsonObject:
        return {}

    async def check(self, task: Task, reply: Reply) -> Verdict:
        return Verdict("accept")

    async def accept(self, task: Task, result: TaskResult) -> None:
        pass

    async def sync(self, phase_id: str, results: Sequence[TaskResult]) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that passed, and seconds in which a processor worked for us."""

    wall: float
    cpu: float


def fan_out(count: int) -> Plan:
    agents = tuple(PlannedAgent(id=f"a{number}", target=f"{number}.py") for number in range(count))
    return Plan(workflow_version="1.0", effort_level="low", phases=(Phase(id="p", strategy="parallel", agents=agents),))


def once(plan: Plan, journal: Path, agent: Agent, durability: str) -> tuple[Spent, RunResult]:
    began, worked = time.perf_counter(), time.process_time()
    with Journal.open(journal, "full" if durability == "full" else "normal") as opened:
        result = asyncio.run(
            run_plan(
                plan,
                job=PlainJob(),
                agent=agent,
                journal=opened,
                sink=lambda event: None,
                clock=SystemClock(),
                limits=Limits(concurrency=IN_FLIGHT),
                budget=Budget(),
                run_id="run",
            )
        )
    return Spent(time.perf_counter() - began, time.process_time() - worked), result


def main() -> None:
    mode, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    journal = folder / "journal.sqlite"
    if mode in ("killed", "resumed"):
        agent = NoOpAgent(folder / "calls", int(sys.argv[4]) if mode == "killed" else 0)
        once(fan_out(count), journal, agent, "normal")
        return
    once(fan_out(20), folder / "warm.sqlite", NoOpAgent(), mode)
    plan = fan_out(count)
    made, first = once(plan, journal, NoOpAgent(), mode)
    replayed, second = once(plan, journal, NoOpAgent(), mode)
    assert first.census == {"accepted": count}, first.census
    assert second.census == {"cached": count}, second.census
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(*(seconds / count * 1000 for seconds in (made.wall, made.cpu, replayed.wall, replayed.cpu)), peak)


main()
