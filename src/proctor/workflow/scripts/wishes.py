"""What a script asks for in one call, as records: checked once, at the border to the script."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from proctor.workflow.calls import Call
from proctor.workflow.plan import EffortLevel
from proctor.workflow.records import JsonObject, TaskResult, canonical_json

Isolation: TypeAlias = Literal["worktree"]
Wish = TypeVar("Wish")
_STRICT = ConfigDict(extra="forbid", strict=True)
_NOT_IN_IDS = re.compile(r"[^\w.-]+")
_LONGEST_LABEL = 60


@checked_dataclass(frozen=True, slots=True, config=_STRICT)
class AgentWish:
    """One call of `agent`: what is wanted, of whom, and what for people it is called."""

    prompt: str
    label: str = ""
    phase: str = ""
    target: str | None = None
    output: str | None = None
    inputs: Mapping[str, Any] | None = None
    schema: Mapping[str, Any] | None = None
    model: str | None = None
    effort: EffortLevel | None = None
    backend: str | None = None
    timeout: float | None = None
    isolation: Isolation | None = None

    @property
    def title(self) -> str:
        """What people read: the label, the target, or the start of the prompt."""
        return self.label or self.target or _first_line(self.prompt)

    def task_inputs(self) -> JsonObject:
        """What decides the result, without what is only for people or for the engine."""
        named = {name: getattr(self, name) for name in ("prompt", "target", "output", "schema", "model", "effort")}
        isolation = {"isolation": self.isolation} if self.isolation else {}
        given = {name: value for name, value in named.items() if value}
        return {**(self.inputs or {}), **given, **isolation}


@checked_dataclass(frozen=True, slots=True, config=_STRICT)
class ShellWish:
    """One call of `sh`."""

    command: str
    label: str = ""
    timeout: float = 60.0
    isolation: Isolation | None = None

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or _first_line(self.command)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call stands in its run: the id of its task, and the phase that it belongs to."""

    task_id: str
    phase: str


class Staff(Protocol):
    """Who does what scripts ask for; it turns each wish into a call of the engine."""

    def agent_call(self, wish: AgentWish, place: Place) -> Call:
        """Return the call that does it, or raise ValueError where nobody here can."""

    def shell_call(self, wish: ShellWish, place: Place) -> Call:
        """Return the call that runs the command."""

    async def sync(self, phase: str, results: Sequence[TaskResult]) -> None:
        """Put together what a phase brought."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a script sees of a call of `agent`."""

    ok: bool
    status: str
    output: Any
    text: str = ""
    cause: str = ""
    tokens: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a script sees of a call of `sh`."""

    ok: bool
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""


def read_agent_wish(prompt: object, options: Mapping[str, object]) -> AgentWish:
    """The wish in the arguments that a script gave; TypeError or ValueError says which of them cannot be."""
    wish = _read(AgentWish, "agent", {"prompt": prompt, **options})
    try:
        canonical_json([wish.inputs, wish.schema])
    except (TypeError, ValueError) as error:
        raise ValueError(f"agent: inputs and schema must be plain JSON values: {error}") from None
    return wish


def read_shell_wish(command: object, options: Mapping[str, object]) -> ShellWish:
    """The wish in the arguments that a script gave."""
    return _read(ShellWish, "sh", {"command": command, **options})


def task_name(title: str) -> str:
    """A task id made of what people read."""
    return _NOT_IN_IDS.sub("-", title).strip("-")[:_LONGEST_LABEL].rstrip("-") or "call"


def _read(kind: Callable[..., Wish], function: str, values: Mapping[str, object]) -> Wish:
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise TypeError(f"{function}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= _LONGEST_LABEL else f"{line[: _LONGEST_LABEL - 1]}…"
