"""A program whose files may not grow beyond a size, as on a full disk; a test starts it and looks at what is left."""

import resource
import signal
import sys
from pathlib import Path

from workflow_doubles import EchoAgent, Workshop, phase, plan_of

from proctor.errors import JournalError
from proctor.workflow.limits import Limits
from proctor.workflow.records import Reply, Task

MANY = plan_of(phase("p", *(f"t{number:03}" for number in range(200))))


class WordyAgent(EchoAgent):
    """Answers at length, so that the journal grows fast."""

    async def run(self, task: Task, feedback: object) -> Reply:
        return Reply({"text": task.id * 1000})


if __name__ == "__main__":
    workshop = Workshop(Path(sys.argv[1]))
    workshop.open().close()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        workshop.run(MANY, WordyAgent(), limits=Limits(concurrency=4))
    except JournalError as error:
        sys.exit(error.exit_code)
