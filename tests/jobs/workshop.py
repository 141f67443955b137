"""A whole job on a small project in this process: the real engine, the real embedded agent, and agents around it."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from proctor.cli.choices import Choices, resolve
from proctor.cli.compose import Composed, RunStart, composed
from proctor.cli.narrator import Narrator
from proctor.cli.plan import write_plan
from proctor.jobs.testgen.opening import opened_project
from proctor.workflow.budget import Caps
from proctor.workflow.records import Feedback, Reply, RunResult, Task

PROJECT = {
    "pyproject.toml": '[project]\nname = "ferry"\nversion = "1.0"\n',
    "ferry/__init__.py": "",
    "ferry/fares.py": '''"""Fares."""


def fare(age: int, has_bicycle: bool = False) -> int:
    """The fare in cents."""
    if age < 0:
        raise ValueError("an age is not negative")
    price = 150 if age < 14 else 300
    return price + 100 if has_bicycle else price
''',
}


@dataclass
class MeddlingAgent:
    """Hands on what the real agent replies, changed by one function for each attempt, and keeps the feedback it got."""

    inner: object
    changes: Sequence[Callable[[str], str]]
    heard: list[tuple[str, ...]] = field(default_factory=list)
    name: str = "meddling"
    version: str = "1"

    async def run(self, task: Task, feedback: tuple[Feedback, ...]) -> Reply:
        reply = await self.inner.run(task, feedback)
        if "source" not in reply.output:
            return reply
        self.heard.append(tuple(item.summary for item in feedback))
        change = self.changes[min(len(self.heard), len(self.changes)) - 1]
        return replace(reply, output={**reply.output, "source": change(str(reply.output["source"]))})


class Lines:
    """A stream that keeps what is written to it."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """There is nothing to flush."""


@contextmanager
def parts_for(root: Path, prompt: str, lines: Lines) -> Iterator[Composed]:
    """The parts of one run on a project, as the command line puts them together."""
    wanted = resolve(str(root), prompt, Choices(python=sys.executable, jobs=1))
    narrator = Narrator(lines)
    with (
        opened_project(
            wanted.root,
            wanted.request,
            wanted.settings,
            effort=wanted.effort,
            environment={},
            say=narrator.orchestrator,
        ) as opened,
        composed(opened, wanted, write_plan(opened, wanted), narrator) as parts,
    ):
        yield parts


def run_with(parts: Composed, agent: object) -> RunResult:
    """Run the plan with another agent."""
    start = RunStart("run", Caps(), {}, fresh=True)
    return asyncio.run(replace(parts, agent=agent).run_plan(start))
