"""The time of one running task: its deadline, and the signs of life without which it is ended sooner."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from proctor.workflow.limits import Limits


class Pulse:
    """Ends the `async with` block it is used as when time is up or the task falls silent; `cause` says which."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._timer = asyncio.timeout(None)
        self._is_open = False
        self._deadline = None if limits.task_timeout is None else self._loop.time() + limits.task_timeout

    @property
    def cause(self) -> str | None:
        """Say why the task was ended; None when it was not, or not by its pulse."""
        if not self._timer.expired():
            return None
        if self._deadline is not None and self._loop.time() >= self._deadline:
            return f"it took more than {self._limits.task_timeout:g} s"
        return f"it gave no sign of life for {self._limits.heartbeat:g} s"

    @property
    def ends_at(self) -> float | None:
        """Return the moment of the event loop at which the task is ended, unless something puts it off."""
        return self._timer.when()

    def beat(self) -> None:
        """Take a sign of life, from any thread."""
        if self._limits.heartbeat is not None:
            self._loop.call_soon_threadsafe(self._reschedule)

    def extend(self, seconds: float) -> None:
        """Add a time that the task spent waiting for others, which is not its own."""
        if self._deadline is not None:
            self._deadline += seconds
        self._reschedule()

    def hold(self) -> None:
        """Stop the time until `extend` starts it again."""
        if not self._timer.expired():
            self._timer.reschedule(None)

    async def __aenter__(self) -> Self:
        await self._timer.__aenter__()
        self._is_open = True
        self._reschedule()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_open = False
        await self._timer.__aexit__(kind, error, traceback)

    def _reschedule(self) -> None:
        if not self._is_open or self._timer.expired():
            return  # a beat may come late from a thread
        heartbeat = self._limits.heartbeat
        silence = None if heartbeat is None else self._loop.time() + heartbeat
        ends = [moment for moment in (silence, self._deadline) if moment is not None]
        self._timer.reschedule(min(ends, default=None))
