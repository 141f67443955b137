"""Who does what scripts ask for: the job's own tasks, free prompts, and commands, each with the judge of its result."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from proctor.jobs.isolation import IsolatedAgent, PlaceableAgent
from proctor.jobs.shell import SHELL, ShellAgent, check_command
from proctor.workflow.calls import Call
from proctor.workflow.limits import Limits
from proctor.workflow.protocols import Agent
from proctor.workflow.records import Feedback, JsonObject, Reply, Task, TaskResult, Verdict
from proctor.workflow.scripts.wishes import AgentWish, Place, ShellWish

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

PROMPT = "prompt"


class ScriptableJob(Protocol):
    """A job whose tasks a script can ask for."""

    def kind_of(self, inputs: JsonObject) -> str | None:
        """Return the kind of the task with these inputs; None where it is not a task of this job."""

    def completed(self, inputs: JsonObject) -> JsonObject:
        """Return the inputs with what the job adds; ValueError where they name what does not exist."""

    def key_material(self, task: Task) -> JsonObject:
        """Return whatever the result depends on besides the task."""

    async def check(self, task: Task, reply: Reply) -> Verdict:
        """Judge a reply."""

    async def accept(self, task: Task, result: TaskResult) -> None:
        """Apply a usable result."""

    async def sync(self, phase_id: str, results: Sequence[TaskResult]) -> None:
        """Put together what a phase brought."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Implements the scripts' `Staff`; `workers` do tasks of the job, `prompted` answer free prompts, both by name.

    The first of each does what asks for no backend by name. `snapshot` says what the answer to a prompt depends on.
    """

    root: Path
    job: ScriptableJob
    workers: Mapping[str, Agent]
    prompted: Mapping[str, Agent]
    shell: ShellAgent
    snapshot: Callable[[], JsonObject]
    limits: Limits

    def agent_call(self, wish: AgentWish, place: Place) -> Call:
        """A task of the job where the wish names one, else a free prompt."""
        inputs = wish.task_inputs()
        kind = self.job.kind_of(inputs)
        limits = self._limits(wish.timeout)
        if kind is None:
            return self._prompt(wish, Task(place.task_id, wish.title, place.phase, PROMPT, inputs), limits)
        task = Task(place.task_id, wish.title, place.phase, kind, self.job.completed(inputs))
        agent = self._placed(_chosen(wish.backend, self.workers, "tasks with a target"), wish)
        return Call(task, agent, lambda: self.job.key_material(task), self.job.check, self.job.accept, limits)

    def shell_call(self, wish: ShellWish, place: Place) -> Call:
        """A command, which is no agent and is tried once."""
        isolation = {"isolation": wish.isolation} if wish.isolation else {}
        inputs = {"command": wish.command, "timeout": wish.timeout, **isolation}
        task = Task(place.task_id, wish.title, place.phase, SHELL, inputs)
        limits = replace(self.limits, attempts=1)
        return Call(task, self.shell, lambda: self.shell.material(task), check_command, limits=limits, is_agent=False)

    async def sync(self, phase: str, results: Sequence[TaskResult]) -> None:
        """Let the job put together what a phase brought."""
        await self.job.sync(phase, results)

    def _prompt(self, wish: AgentWish, task: Task, limits: Limits) -> Call:
        agent = self._placed(_chosen(wish.backend, self.prompted, "free prompts"), wish)
        schema = None if wish.schema is None else _validator(wish.schema)

        async def check(_task: Task, reply: Reply) -> Verdict:
            return await asyncio.to_thread(_judged, reply, schema)

        return Call(task, agent, self.snapshot, check, limits=limits)

    def _placed(self, agent: Agent, wish: AgentWish) -> Agent:
        if wish.isolation is None or not isinstance(agent, PlaceableAgent):
            return agent
        return IsolatedAgent(agent, self.root)

    def _limits(self, timeout: float | None) -> Limits:
        if timeout is not None and not timeout > 0:
            raise ValueError(f"agent: timeout is {timeout:g}, and must be above zero")
        return self.limits if timeout is None else replace(self.limits, task_timeout=timeout)


def _chosen(name: str | None, agents: Mapping[str, Agent], what: str) -> Agent:
    if not agents:
        raise ValueError(
            f"agent: nobody here takes {what}: the embedded agent writes the tests of a target; a model is needed"
        )
    if name is None:
        return next(iter(agents.values()))
    if name not in agents:
        near = difflib.get_close_matches(name, list(agents), n=1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"agent: no backend {name!r} takes {what}; there are: {', '.join(agents)}{meant}")
    return agents[name]


def _validator(schema: Mapping[str, Any]) -> Validator:
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    kind = validator_for(schema)
    try:
        kind.check_schema(dict(schema))
    except SchemaError as error:
        raise ValueError(f"agent: the schema is not a JSON Schema: {error.message}") from None
    return kind(dict(schema))


def _judged(reply: Reply, schema: Validator | None) -> Verdict:
    """Accept an answer that says something, and one that fits its schema; what does not fit is asked for again."""
    if schema is None:
        return Verdict("accept") if reply.output else _again("the answer is empty")
    errors = sorted(schema.iter_errors(dict(reply.output)), key=lambda error: list(map(str, error.absolute_path)))
    if not errors:
        return Verdict("accept")
    place = "/".join(map(str, errors[0].absolute_path)) or "the answer"
    return _again(f"{place}: {errors[0].message}")


def _again(reason: str) -> Verdict:
    return Verdict("retry", reason, Feedback(0, reason))
