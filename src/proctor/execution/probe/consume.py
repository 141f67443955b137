"""Ways to use up what a call gave: awaiting, collecting, taking a few, throwing into, entering and leaving.

Each way is one that `proctor.writing` prints in the same words, so that a test does what was observed.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable, Final

ITEM_LIMIT: Final = 200
TAKEN: Final = 3
SIMULATED: Final = "simulated failure"


class Endless(BaseException):
    """What was to be collected has more items than a test can wait for."""


class Unsuitable(BaseException):
    """The value has nothing to be consumed in the way that was asked for."""


class Unconsumed(BaseException):
    """The call gave something that does nothing until it is consumed, and the scenario does not consume it."""


def traits(value: object) -> list[str]:
    """How a value can be consumed: coroutine, await, aiter, next, with, awith."""
    if inspect.iscoroutine(value):
        return ["coroutine"]
    kind = type(value)
    asked = (("__await__", "await"), ("__anext__", "aiter"), ("__next__", "next"))
    entered = (("__enter__", "with"), ("__aenter__", "awith"))
    found = [trait for name, trait in asked + entered if hasattr(kind, name)]
    if hasattr(kind, "__aiter__") and "aiter" not in found:
        found.append("aiter")
    return found


def consumed(value: Any, way: str) -> object:  # noqa: ANN401 - whatever the target gave
    """What comes of consuming a value in the given way.

    Raises Unconsumed where it has to be consumed and no way is given, and Endless where there is no end to it.
    """
    if not way:
        return _as_it_is(value)
    return _WAYS[way](value)


def _as_it_is(value: Any) -> object:  # noqa: ANN401 - see `consumed`
    if inspect.iscoroutine(value) or inspect.isgenerator(value):
        value.close()
        raise Unconsumed
    if inspect.isasyncgen(value) or (inspect.isawaitable(value) and not hasattr(value, "__next__")):
        raise Unconsumed
    return value


def _run(value: Any) -> object:  # noqa: ANN401 - see `consumed`
    """Await in a loop of its own; a plain value stands for itself, as a mock of a coroutine function may give one."""
    return asyncio.run(awaited(value)) if inspect.isawaitable(value) else value


async def awaited(value: Any) -> object:  # noqa: ANN401 - see `consumed`
    """The result of something that can be awaited, coroutine or not."""
    return await value


async def collected(items: AsyncIterator[object]) -> list[object]:
    """The items of an asynchronous iterator, as far as they have an end."""
    found: list[object] = []
    async for item in items:
        found.append(item)
        if len(found) > ITEM_LIMIT:
            raise Endless
    return found


async def taken(items: AsyncIterator[object]) -> list[object]:
    """The first items; the rest is left, and the end of the loop closes it."""
    found: list[object] = []
    async for item in items:
        found.append(item)
        if len(found) == TAKEN:
            break
    return found


async def _thrown_into(generator: Any) -> object:  # noqa: ANN401 - an asynchronous generator
    async for _ in generator:
        break
    else:
        raise Unsuitable
    return await generator.athrow(RuntimeError(SIMULATED))


async def _entered(context: Any) -> object:  # noqa: ANN401 - an asynchronous context manager
    async with context as entered:
        pass
    return entered


async def _left_by_error(context: Any) -> object:  # noqa: ANN401 - an asynchronous context manager
    async with context as entered:
        raise RuntimeError(SIMULATED)
    return entered


def _listed(items: Iterator[object]) -> list[object]:
    found = list(itertools.islice(items, ITEM_LIMIT + 1))
    if len(found) > ITEM_LIMIT:
        raise Endless
    return found


def _throw(generator: Any) -> object:  # noqa: ANN401 - a generator
    for _ in generator:
        break
    else:
        raise Unsuitable
    return generator.throw(RuntimeError(SIMULATED))


def _enter(context: Any) -> object:  # noqa: ANN401 - a context manager
    with context as entered:
        pass
    return entered


def _leave_by_error(context: Any) -> object:  # noqa: ANN401 - a context manager
    with context as entered:
        raise RuntimeError(SIMULATED)
    return entered


_WAYS: Final[dict[str, Callable[[Any], object]]] = {
    "await": _run,
    "awaitable": _run,
    "list": _listed,
    "take": lambda items: list(itertools.islice(items, TAKEN)),
    "throw": _throw,
    "with": _enter,
    "with_error": _leave_by_error,
    "alist": lambda items: asyncio.run(collected(items)),
    "atake": lambda items: asyncio.run(taken(items)),
    "athrow": lambda generator: asyncio.run(_thrown_into(generator)),
    "awith": lambda context: asyncio.run(_entered(context)),
    "awith_error": lambda context: asyncio.run(_left_by_error(context)),
}
