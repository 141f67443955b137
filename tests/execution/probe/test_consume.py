"""What a call gave is consumed in the way that the scenario names, and what cannot be is said to be so."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from proctor.execution.probe.consume import Endless, Unconsumed, Unsuitable, consumed, traits


async def answer() -> int:
    return 42


async def letters(text: str = "abcd") -> AsyncIterator[str]:
    for letter in text:
        try:
            yield letter
        except RuntimeError as error:
            yield f"caught {error}"


def numbers(most: int = 4) -> Iterator[object]:
    for number in range(most):
        try:
            yield number
        except RuntimeError as error:
            yield f"caught {error}"


@contextlib.contextmanager
def opened() -> Iterator[str]:
    try:
        yield "entered"
    except RuntimeError as error:
        raise ValueError("left by an error") from error


@contextlib.asynccontextmanager
async def opened_later() -> AsyncIterator[str]:
    yield "entered later"


CONSUMED = {
    "await": (answer, 42),
    "list": (numbers, [0, 1, 2, 3]),
    "take": (itertools.count, [0, 1, 2]),
    "throw": (numbers, "caught simulated failure"),
    "with": (opened, "entered"),
    "alist": (letters, ["a", "b", "c", "d"]),
    "atake": (letters, ["a", "b", "c"]),
    "athrow": (letters, "caught simulated failure"),
    "awith": (opened_later, "entered later"),
}


@pytest.mark.parametrize("way", CONSUMED)
def test_each_way_uses_up_what_a_call_gave(way):
    make, expected = CONSUMED[way]

    assert consumed(make(), way) == expected


def test_a_context_that_is_left_by_an_error_says_what_it_makes_of_it():
    with pytest.raises(ValueError, match="left by an error"):
        consumed(opened(), "with_error")


@pytest.mark.parametrize("make", [answer, letters, numbers])
def test_what_only_lives_when_it_is_consumed_is_not_a_result(make):
    with pytest.raises(Unconsumed):
        consumed(make(), "")


def test_an_iterator_without_an_end_is_not_listed():
    with pytest.raises(Endless):
        consumed(itertools.count(), "list")


def test_nothing_is_thrown_into_a_generator_that_gives_nothing():
    with pytest.raises(Unsuitable):
        consumed(numbers(0), "throw")


def test_the_traits_of_a_value_say_how_it_can_be_consumed():
    coroutine = answer()

    found = [traits(value) for value in (coroutine, letters(), numbers(), opened(), opened_later(), [1])]
    coroutine.close()

    assert found == [["coroutine"], ["aiter"], ["next"], ["with"], ["awith"], []]
