"""A program that dies without warning at the fifth of six tasks; a test starts it and looks at what is left."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from workflow_doubles import EchoAgent, Workshop, phase, plan_of

from proctor.workflow.limits import Limits
from proctor.workflow.records import Reply, Task

SIX = plan_of(phase("p", "a", "b", "c"), phase("q", "d", "e", "f", strategy="sequential", depends_on=["p"]))


class DyingAgent(EchoAgent):
    """Kills its own process at task e, as an out-of-memory killer would."""

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        if task.id == "e":
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().run(task, feedback)


if __name__ == "__main__":
    Workshop(Path(sys.argv[1])).run(SIX, DyingAgent(), limits=Limits(concurrency=3))
