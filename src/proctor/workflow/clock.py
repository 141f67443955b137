"""Where the engine gets the time from, so that tests can hand it another clock."""

import time
from typing import Protocol


class Clock(Protocol):
    """The two kinds of time the engine asks for."""

    def now(self) -> float:
        """Return the wall time in seconds since the epoch."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for durations."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Return the wall time in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for durations."""
        return time.monotonic()
