"""Monty, the sandboxed Python that scripts run in: the check before the start, the run, and its limits.

A script has no file, network, clock or process. What it may do is what the functions do that it is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias, TypeVar

from proctor.errors import ProctorError, ScriptError
from proctor.workflow.attempts import ENDS_THE_RUN
from proctor.workflow.scripts.marking import marked
from proctor.workflow.scripts.problems import Ending, broken_script, failed_script, limit_reached, type_problems
from proctor.workflow.scripts.source import Script, library_text, stub_text

if TYPE_CHECKING:
    from pydantic_monty import (
        FunctionSnapshot,
        FutureSnapshot,
        Monty,
        MontyRuntimeError,
        MontySession,
        MontySyntaxError,
        NameLookupSnapshot,
        SyncSnapshot,
    )

Result = TypeVar("Result")
Function: TypeAlias = Callable[..., Any]

# What a host function may raise for the script to catch; everything else becomes a RuntimeError there.
_KNOWN_INSIDE = (TypeError, ValueError, LookupError)
# The feeds of a session, as Monty names them in tracebacks: in a run, the library comes before the script.
_ONLY_FEED, _SECOND_FEED = "<python-input-0>", "<python-input-1>"
# So short that nothing runs: only reading and type checking come before it.
_NO_TIME = 1e-9


@dataclass(frozen=True, slots=True)
class ScriptLimits:
    """What a script may use up; `turn_seconds` is its own time between two calls, waiting does not count."""

    turn_seconds: float = 5.0
    total_seconds: float = 300.0
    memory_mb: int = 256
    depth: int = 200
    calls: int = 200_000
    sessions: int = 16


class Functions(Protocol):
    """What a script is given: plain functions, those that are awaited, and values."""

    @property
    def plain(self) -> Mapping[str, Function]:
        """The functions that answer at once."""

    @property
    def awaited(self) -> Mapping[str, Function]:
        """The coroutine functions; several of their calls may be under way at once."""

    @property
    def values(self) -> Mapping[str, Any]:
        """The values that are there from the start, as plain JSON values."""

    def printed(self, text: str) -> None:
        """Take a line that the script printed."""


class Interpreter:
    """A pool of Monty's worker processes, for one `with` block; each script has a worker of its own."""

    def __init__(self, limits: ScriptLimits | None = None) -> None:
        self.limits = limits or ScriptLimits()
        self._pool: Monty | None = None

    def __enter__(self) -> Self:
        from pydantic_monty import Monty

        self._pool = Monty(min_processes=1, max_processes=self.limits.sessions)
        self._pool.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.__exit__(*error)

    async def check(self, script: Script) -> None:
        """Read and type-check a script without running any of it; ScriptError says what is wrong."""
        await _in_thread(lambda: _check(self._checkout(script, type_check=True), script))

    async def run(self, script: Script, functions: Functions) -> object:
        """Run a checked script to its end and return the value of its last line."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="script") as thread:
            run = _ScriptRun(script, functions, self.limits, thread)
            return await run.to_its_end(self._checkout(script))

    def _checkout(self, script: Script, *, type_check: bool = False) -> MontySession:
        if self._pool is None:
            raise RuntimeError("the interpreter is used outside of its with block")
        limits = self.limits
        return self._pool.checkout(
            script_name=script.name,
            limits={
                "max_turn_duration_secs": limits.turn_seconds,
                "max_feed_duration_secs": _NO_TIME if type_check else limits.total_seconds,
                "max_memory": limits.memory_mb * 1024 * 1024,
                "max_recursion_depth": limits.depth,
                "max_suspensions": limits.calls,
            },
            type_check=type_check,
            type_check_stubs=stub_text() if type_check else None,
            type_check_format="json" if type_check else None,
            # a script that saw the time or real chance could not be resumed to the same result
            os_policy={"datetime": "call_host", "sleep": "call_host", "random_start": {"seed": script.name}},
        )


def _check(session: MontySession, script: Script) -> None:
    from pydantic_monty import MontyRuntimeError, MontySyntaxError, MontyTypingError

    with session:
        try:
            session.feed_run(script.text)
        except MontyTypingError as error:
            raise type_problems(script, error.display()) from None
        except MontySyntaxError as error:
            raise broken_script(script, _ending(error, _ONLY_FEED, script.name)) from None
        except MontyRuntimeError as error:
            ending = _ending(error, _ONLY_FEED, script.name)
            if ending.kind == "NotImplementedError":
                raise broken_script(script, ending) from None
            # else its time was over before its first line, which is what it was started for


@dataclass(slots=True)
class _ScriptRun:
    """One script on its way: Monty stops at each call of a host function, and goes on with the answer."""

    script: Script
    functions: Functions
    limits: ScriptLimits
    thread: ThreadPoolExecutor
    _pending: dict[int, asyncio.Task[Any]] = field(default_factory=dict)
    _marked: str = ""
    _last_mark: int | None = None
    _last_call: int | None = None
    _rest: str = ""

    async def to_its_end(self, session: MontySession) -> object:
        from pydantic_monty import MontyError

        await self._in_thread(session.__enter__)
        try:
            return await self._driven(session)
        except MontyError as error:
            raise await self._explained(session, error) from None
        finally:
            await self._let_pending_end()
            with suppress(MontyError):
                await self._in_thread(lambda: session.__exit__(None, None, None))

    async def _driven(self, session: MontySession) -> object:
        from pydantic_monty import MontyComplete

        snapshot = await self._in_thread(lambda: self._started(session))
        while not isinstance(snapshot, MontyComplete):
            snapshot = await self._step(snapshot)
        return snapshot.output

    def _started(self, session: MontySession) -> SyncSnapshot:
        self._marked = marked(self.script.text)
        session.feed_run(library_text(), inputs=dict(self.functions.values))
        return session.feed_start(
            self._marked,
            external_lookup={**self.functions.plain, **self.functions.awaited},
            print_callback=self._printed,
        )

    async def _step(self, snapshot: FunctionSnapshot | FutureSnapshot | NameLookupSnapshot) -> SyncSnapshot:
        from pydantic_monty import FunctionSnapshot, FutureSnapshot

        match snapshot:
            case FunctionSnapshot(is_os_function=True):
                return await self._in_thread(snapshot.resume_not_handled)
            case FunctionSnapshot():
                answer = self._called(snapshot)
                return await self._in_thread(lambda: snapshot.resume(answer))
            case FutureSnapshot():
                answers = await self._settled(snapshot)
                return await self._in_thread(lambda: snapshot.resume(answers))
            case _:
                return await self._in_thread(snapshot.resume_auto)

    def _called(self, snapshot: FunctionSnapshot) -> Any:  # noqa: ANN401 - Monty's answer, one of four dictionaries
        name = snapshot.function_name
        self._note_place(snapshot)
        if name in self.functions.awaited:
            call = self.functions.awaited[name](*snapshot.args, **snapshot.kwargs)
            self._pending[snapshot.call_id] = asyncio.ensure_future(call)
            return {"future": ...}
        if name not in self.functions.plain:
            return {"exception": NameError(f"name {name!r} is not defined")}
        return _answer(lambda: self.functions.plain[name](*snapshot.args, **snapshot.kwargs))

    async def _settled(self, snapshot: FutureSnapshot) -> dict[int, Any]:
        """Wait until at least one of the calls has ended that the script waits for."""
        waiting = {call_id: self._pending[call_id] for call_id in snapshot.pending_call_ids}
        await asyncio.wait(waiting.values(), return_when=asyncio.FIRST_COMPLETED)
        done = [call_id for call_id, task in waiting.items() if task.done()]
        return {call_id: _answer(self._pending.pop(call_id).result) for call_id in done}

    async def _let_pending_end(self) -> None:
        """Let the calls end that are under way: their cost is reserved, and what they bring is kept."""
        if not self._pending:
            return
        try:
            await asyncio.gather(*self._pending.values(), return_exceptions=True)
        finally:
            for task in self._pending.values():
                task.cancel()

    async def _explained(self, session: MontySession, error: Exception) -> ScriptError:
        from pydantic_monty import MontyRuntimeError, MontySyntaxError

        if isinstance(error, MontySyntaxError):
            return broken_script(self.script, _ending(error, _SECOND_FEED, self.script.name))
        if not isinstance(error, MontyRuntimeError):  # the worker is gone, which is how hard limits end
            return limit_reached(self.script, self._nearest(None), f"the interpreter was ended: {error}")
        ending = _ending(error, _SECOND_FEED, self.script.name)
        what = _limit(ending, self.limits)
        if what is None:
            broken = ending.kind == "NotImplementedError" and ending.line is not None
            return broken_script(self.script, ending) if broken else failed_script(self.script, ending)
        line = ending.line or await self._in_thread(lambda: _read_mark(session))
        return limit_reached(self.script, self._nearest(line), what)

    def _nearest(self, line: int | None) -> int | None:
        return line or self._last_mark or self._last_call

    def _note_place(self, snapshot: FunctionSnapshot) -> None:
        if snapshot.position.filename == _SECOND_FEED:
            before = self._marked.encode()[: snapshot.position.start]
            self._last_call = before.count(b"\n") + 1

    def _printed(self, _stream: str, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.startswith("\0"):
                self._last_mark = int(line[1:])
            else:
                self.functions.printed(line)

    async def _in_thread(self, act: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.thread, act)


async def _in_thread(act: Callable[[], Result]) -> Result:
    return await asyncio.to_thread(act)


def _answer(act: Callable[[], Any]) -> dict[str, Any]:
    """What Monty is told of a call: its value, or the exception that it raises in the script."""
    try:
        return {"return_value": act()}
    except ENDS_THE_RUN:
        raise
    except _KNOWN_INSIDE as error:
        return {"exception": error}
    except ProctorError as error:
        return {"exception": RuntimeError(error.message)}


def _ending(error: MontyRuntimeError | MontySyntaxError, feed: str, name: str) -> Ending:
    kind = type(error.exception()).__name__
    text = error.display("msg").partition("\n")[0]
    # a text that is no Python at all has not become a feed: it goes by the name of the session
    lines = [frame.line for frame in error.traceback() if frame.filename in (feed, name)]
    return Ending(kind, text, lines[-1] if lines else None)


def _limit(ending: Ending, limits: ScriptLimits) -> str | None:
    """What a limit of Monty's says, in our words; None where the script was ended by something else."""
    match ending.kind, ending.text:
        case "TimeoutError", text if text.startswith("turn time limit"):
            return f"the script ran for more than {limits.turn_seconds:g} s without a call"
        case "TimeoutError", text if text.startswith("feed time limit"):
            return f"the script ran for more than {limits.total_seconds:g} s, not counting its waits"
        case "MemoryError", _:
            return f"the script needs more than {limits.memory_mb} MB"
        case "RecursionError", _:
            return f"the script calls itself more than {limits.depth} times deep"
        case "RuntimeError", text if "suspension" in text:
            return f"the script made more than {limits.calls} calls"
    return None


def _read_mark(session: MontySession) -> int | None:
    """The line that the script was at, where the session can still say so."""
    from pydantic_monty import MontyError

    with suppress(MontyError, RuntimeError):  # RuntimeError: its worker is gone
        return int(session.feed_run("_place[0]")) or None
    return None
