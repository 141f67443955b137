"""The functions that a script is given: each call of them becomes a call of the run, or a word to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from proctor.workflow.records import JsonObject, TaskResult, canonical_json
from proctor.workflow.run import Run
from proctor.workflow.scripts.wishes import (
    AgentWish,
    CallResult,
    CommandResult,
    Place,
    ShellWish,
    Staff,
    read_agent_wish,
    read_shell_wish,
    task_name,
)
from proctor.workflow.shared import SharedState

if TYPE_CHECKING:
    from pydantic_monty import ClassInstance

Function = Callable[..., Any]
_FIRST_PHASE = "main"


class Conversation:
    """What one run and the scripts in it have to do with each other: phases, results that wait for a sync, state."""

    def __init__(self, run: Run, staff: Staff) -> None:
        self.run = run
        self.staff = staff
        self.state = SharedState()
        self._phase = ""
        self._open: AbstractContextManager[None] | None = None
        self._results: list[TaskResult] = []
        self._syncs: list[tuple[str, list[TaskResult]]] = []
        self._sync_lock = asyncio.Lock()

    async def agent(self, wish: AgentWish) -> TaskResult:
        """Let somebody do a task."""
        place = await self._place(wish.title, wish.phase)
        return await self._kept(self.run.call(self.staff.agent_call(wish, place)))

    async def shell(self, wish: ShellWish) -> TaskResult:
        """Let a command run."""
        return await self.run.call(self.staff.shell_call(wish, await self._place(wish.title, "")))

    def publish(self, name: str, value: object, writer: str) -> None:
        """Share a value, and let everybody who watches know of it."""
        self.state.publish(name, value, writer)
        self.run.events.run("log", f"{writer} published {name}", {"published": name, "writer": writer})

    def begin_phase(self, name: str) -> None:
        """End the phase there is and begin the next; the sync of the old one comes before the next call."""
        self._end_phase()
        self._phase = name
        self._open = self.run.phase(name)
        self._open.__enter__()

    async def end(self) -> None:
        """End the last phase, with its sync."""
        self._end_phase()
        await self._sync()

    def _end_phase(self) -> None:
        if self._open is not None:
            self._syncs.append((self._phase, self._results))
            self._results = []
            self._open.__exit__(None, None, None)
            self._open = None

    async def _place(self, title: str, phase: str) -> Place:
        await self._sync()
        if self._open is None:
            self.begin_phase(_FIRST_PHASE)
        return Place(self.run.unique_id(task_name(title)), phase or self._phase)

    async def _kept(self, call: Any) -> TaskResult:  # noqa: ANN401 - a coroutine of the run
        result: TaskResult = await call
        self._results.append(result)
        return result

    async def _sync(self) -> None:
        async with self._sync_lock:
            while self._syncs:
                phase, results = self._syncs.pop(0)
                await self.staff.sync(phase, results)


class Primitives:
    """What one script may call; nested scripts share the conversation and have functions of their own."""

    def __init__(
        self, name: str, conversation: Conversation, args: object, nested: Callable[[str, object], Any] | None
    ) -> None:
        self._name = name
        self._conversation = conversation
        self._args = args
        self._nested = nested

    @property
    def plain(self) -> Mapping[str, Function]:
        """The functions that answer at once."""
        return {
            "log": self._log,
            "phase": self._begin_phase,
            "_budget_spent": self._spent,
            "_state_publish": self._publish,
            "_state_read": self._read,
            "_state_names": self._names,
        }

    @property
    def awaited(self) -> Mapping[str, Function]:
        """The functions that are waited for."""
        return {"agent": self._agent, "sh": self._sh, "workflow": self._workflow}

    @property
    def values(self) -> JsonObject:
        """The values that are there from the start."""
        return {"args": self._args, "_budget_total": self._conversation.run.budget.caps.tokens}

    def printed(self, text: str) -> None:
        """Take a line that the script printed."""
        self._conversation.run.log(text)

    async def _agent(self, prompt: object, **options: object) -> ClassInstance:
        wish = read_agent_wish(prompt, options)
        return _shown(_call_result(wish, await self._conversation.agent(wish)))

    async def _sh(self, command: object, **options: object) -> ClassInstance:
        return _shown(_command_result(await self._conversation.shell(read_shell_wish(command, options))))

    async def _workflow(self, name: object, args: object = None) -> object:
        if self._nested is None:
            raise ValueError(f"workflow: {self._name} was started by a workflow, and cannot start another one")
        return await self._nested(str(name), args)

    def _log(self, text: object) -> None:
        self._conversation.run.log(str(text))

    def _begin_phase(self, name: object) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ValueError("phase: the name must be a text")
        self._conversation.begin_phase(name.strip())

    def _spent(self) -> int:
        return self._conversation.run.budget.spent.tokens

    def _publish(self, name: object, value: object) -> None:
        try:
            canonical_json(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"state: {name!r} must be a plain JSON value: {error}") from None
        self._conversation.publish(str(name), value, self._name)

    def _read(self, name: object) -> object:
        if name not in self._conversation.state.names():
            raise LookupError(f"state: nothing was published as {name!r}")
        return self._conversation.state.read(str(name))

    def _names(self) -> list[str]:
        return list(self._conversation.state.names())


def _call_result(wish: AgentWish, result: TaskResult) -> CallResult:
    text = result.output.get("text")
    return CallResult(
        ok=result.is_usable,
        status=result.status,
        output=dict(result.output),
        text=text if isinstance(text, str) else "",
        cause=result.cause,
        tokens=result.usage.tokens,
        label=wish.title,
    )


def _command_result(result: TaskResult) -> CommandResult:
    if not result.is_usable:
        return CommandResult(False, None, "", result.cause)
    output = result.output
    return CommandResult(output["exit_code"] == 0, output["exit_code"], output["stdout"], output["stderr"])


def _shown(record: CallResult | CommandResult) -> ClassInstance:
    from pydantic_monty import ClassInstance

    return ClassInstance(record, eager_attrs="all")
