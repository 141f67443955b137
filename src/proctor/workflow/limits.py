"""How much may happen at once, and how long and how often one task may be tried."""

from __future__ import annotations

from dataclasses import dataclass, field

from proctor.errors import RequestError
from proctor.workflow.records import Usage


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a run, or of one call of it; worst_case is for one task, all attempts together.

    `task_timeout` is the time of one task without its waits for a rate limit. `heartbeat` is how long it may go
    without a sign of life. `retries` is how often one attempt is asked again after a failure that may pass, and
    `backoff` the first of the doubling waits in between.
    """

    concurrency: int = 1
    attempts: int = 3
    task_timeout: float | None = None
    worst_case: Usage = field(default_factory=Usage)
    heartbeat: float | None = None
    retries: int = 4
    backoff: float = 1.0

    def __post_init__(self) -> None:
        _check_positive("concurrency", self.concurrency)
        _check_positive("attempts", self.attempts)
        _check_positive("backoff", self.backoff)
        if self.task_timeout is not None:
            _check_positive("task_timeout", self.task_timeout)
        if self.heartbeat is not None:
            _check_positive("heartbeat", self.heartbeat)


def _check_positive(name: str, value: float) -> None:
    if not value > 0:
        raise RequestError(
            f"limits: {name} is {value}", hint=f"give {name} a value above zero", slug="limit-not-positive"
        )
