"""What all tasks of a run know about the rate limits of their backends: when one is told to wait, all wait."""

from __future__ import annotations

from proctor.workflow.clock import Clock


class RateLimiter:
    """Holds back calls to a backend until the moment that it named; belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def hold_back(self, backend: str, seconds: float) -> None:
        """Note that nothing may be asked of a backend for some seconds; a later end counts."""
        until = self._clock.monotonic() + seconds
        self._until[backend] = max(until, self._until.get(backend, until))

    def is_held_back(self, backend: str) -> bool:
        """Tell whether a call would have to wait."""
        return backend in self._until

    async def wait(self, backend: str) -> None:
        """Return when the backend may be asked again; the end may be put off meanwhile."""
        while (until := self._until.get(backend)) is not None:
            left = until - self._clock.monotonic()
            if left > 0:
                await self._clock.sleep(left)
            elif self._until.get(backend) == until:
                del self._until[backend]
