"""Asking a backend once more where that can help: after a failure that may pass, later, and not for ever."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from proctor.errors import RateLimited, TransientFailure
from proctor.workflow.clock import Clock
from proctor.workflow.limits import Limits
from proctor.workflow.records import Reply

if TYPE_CHECKING:
    from tenacity import RetryCallState

Ask = Callable[[], Awaitable[Reply]]
Tell = Callable[[Exception, float], None]

_LONGEST_WAIT = 60.0


def may_pass(error: BaseException) -> bool:
    """Tell whether asking again can help; what a backend cannot do today it cannot do in a second either."""
    return isinstance(error, TransientFailure | ConnectionError)


async def asked_again(first: Exception, ask: Ask, limits: Limits, clock: Clock, tell: Tell) -> Reply:
    """Ask again after a first failure, with doubling waits; the last failure is raised when all were in vain."""
    from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

    backoff = wait_exponential_jitter(initial=limits.backoff, max=_LONGEST_WAIT, jitter=limits.backoff / 4)
    failures = [first]

    async def ask_or_repeat_the_first_failure() -> Reply:
        if failures:
            raise failures.pop()
        return await ask()

    def wait(state: RetryCallState) -> float:
        error = state.outcome and state.outcome.exception()
        seconds = _named_wait(error) if isinstance(error, RateLimited) else None
        return backoff(state) if seconds is None else seconds

    def before_sleep(state: RetryCallState) -> None:
        error = state.outcome and state.outcome.exception()
        if isinstance(error, Exception):
            tell(error, state.next_action.sleep if state.next_action else 0.0)

    return await AsyncRetrying(
        sleep=clock.sleep,
        retry=retry_if_exception(may_pass),
        stop=stop_after_attempt(limits.retries + 1),
        wait=wait,
        before_sleep=before_sleep,
        reraise=True,
    )(ask_or_repeat_the_first_failure)


def _named_wait(error: RateLimited) -> float | None:
    return None if error.retry_after is None else max(0.0, error.retry_after)
