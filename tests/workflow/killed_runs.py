"""A program that runs random plans in children that kill themselves at a random point; a test resumes them.

The point is a number of function calls inside the engine, in whatever thread: a kill can come between any two steps.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from random import Random
from types import FrameType

from workflow_doubles import EchoAgent, Workshop

from proctor.workflow.limits import Limits
from proctor.workflow.plan import Phase, Plan, PlannedAgent
from proctor.workflow.records import Reply, Task

ENGINE = str(Path("proctor") / "workflow")


class YieldingAgent(EchoAgent):
    """Lets others have their turn before it answers, so that tasks overlap."""

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        for _ in range(len(task.id) % 3):
            await asyncio.sleep(0)
        return await super().run(task, feedback)


def random_plan(random: Random) -> Plan:
    """Up to six phases that may depend on any earlier ones, with tasks of which some ask for the same."""
    phases: list[Phase] = []
    numbers = count()
    for row in range(random.randint(1, 6)):
        agents = [
            PlannedAgent(id=f"t{next(numbers)}", target=f"module_{random.randint(0, 12)}.py")
            for _ in range(random.randint(1, 12))
        ]
        earlier = [phase.id for phase in phases if random.random() < 0.4]
        strategy = random.choice(["parallel", "sequential"])
        phases.append(
            Phase.model_validate({"id": f"p{row}", "strategy": strategy, "depends_on": earlier, "agents": agents})
        )
    return Plan(workflow_version="1.0", effort_level="low", phases=tuple(phases))


def random_limits(random: Random) -> Limits:
    return Limits(concurrency=random.choice([1, 2, 5, 16]))


def kill_after(calls: int) -> None:
    """Die at the given call of a function of the engine."""
    numbers = count(1)

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and ENGINE in frame.f_code.co_filename and next(numbers) >= calls:
            os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(look)
    sys.setprofile(look)


def run_and_die(folder: Path, seed: int) -> None:
    random = Random(seed)
    plan, limits = random_plan(random), random_limits(random)
    size = sum(len(phase.agents) for phase in plan.phases)
    kill_after(random.randint(1, 130 * size + 300))
    Workshop(folder / f"{seed}.db").run(plan, YieldingAgent(), limits=limits)


if __name__ == "__main__":
    for seed in map(int, sys.argv[2:]):
        sys.stdout.flush()  # or a child would write it as well
        child = os.fork()
        if child == 0:
            run_and_die(Path(sys.argv[1]), seed)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{seed} {os.waitstatus_to_exitcode(status)}\n")
