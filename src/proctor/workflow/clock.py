"""Where the engine gets the time from, so that tests can hand it another clock."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """The two kinds of time the engine asks for, and how it waits."""

    def now(self) -> float:
        """Return the wall time in seconds since the epoch."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for durations."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Return the wall time in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for durations."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
