"""An agent that says what it was told to say, for tests and dry runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from proctor.errors import RequestError
from proctor.workflow.records import Feedback, Reply, Task

Line: TypeAlias = Reply | Exception


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """What the agent was asked in one attempt."""

    task: Task
    feedback: tuple[Feedback, ...]


class ScriptedAgent:
    """Answers with given replies, in order or by task id, raises given exceptions, and keeps the calls it got."""

    def __init__(
        self,
        replies: Sequence[Line] | Mapping[str, Sequence[Line]],
        *,
        name: str = "scripted",
        version: str = "1",
    ) -> None:
        self.name = name
        self.version = version
        self.calls: list[ScriptedCall] = []
        self._lines = _by_task(replies)

    async def run(self, task: Task, feedback: tuple[Feedback, ...]) -> Reply:
        """Give the next reply for this task."""
        self.calls.append(ScriptedCall(task, feedback))
        line = next(self._lines.get(task.id, self._lines.get("", iter(()))), None)
        if line is None:
            raise _out_of_lines(task)
        if isinstance(line, Exception):
            raise line
        return line


def _by_task(replies: Sequence[Line] | Mapping[str, Sequence[Line]]) -> Mapping[str, Iterator[Line]]:
    if isinstance(replies, Mapping):
        return {task_id: iter(lines) for task_id, lines in replies.items()}
    return {"": iter(replies)}


def _out_of_lines(task: Task) -> RequestError:
    return RequestError(
        f"scripted agent: no reply is left for task {task.id!r}",
        hint="give the agent one reply for every attempt",
        slug="script-exhausted",
    )
