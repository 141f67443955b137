"""How what a call gives is consumed: awaited, collected, taken from, thrown into, entered and left.

The first way follows from how the callable is declared, the others from what the value turned out to be able to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from proctor.execution.records import CallableReport, Observation
from proctor.scenarios.scenario import Scenario

_WAYS = {
    "coroutine": ("await",),
    "await": ("awaitable",),
    "aiter": ("alist", "atake"),
    "next": ("list", "take"),
    "with": ("with", "with_error"),
    "awith": ("awith", "awith_error"),
}
# What only a suspended body can notice.
_INTO_BODY = {"next": "throw", "aiter": "athrow"}


def usual_way(target: CallableReport) -> str:
    """The way in which a call of the target is consumed first."""
    if target.is_async:
        return "await"
    if target.is_context_manager:
        return "awith" if target.is_async_generator else "with"
    if target.is_async_generator:
        return "alist"
    if target.name in ("__iter__", "__reversed__"):
        return "list"
    return "list" if target.is_generator else ""


def other_ways(scenario: Scenario, seen: Observation, *, handles_errors: bool) -> Iterator[Scenario]:
    """The scenario with each other way that suits what the call gave; a body that handles errors gets one, too."""
    for trait in seen.traits:
        thrown = (_INTO_BODY[trait],) if handles_errors and trait in _INTO_BODY else ()
        for way in (*_WAYS[trait], *thrown):
            if way != scenario.act.consume:
                yield replace(scenario, act=replace(scenario.act, consume=way))
