"""Async code, generators, contexts, state and collaborators: the written tests pass and take every branch."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proctor.execution.interpreter import describe_interpreter
from proctor.execution.suite import SuiteResult, run_suite
from proctor.jobs.testgen.investigation import Investigator
from proctor.jobs.testgen.survey import survey_project
from proctor.jobs.testgen.workplace import Workplace
from proctor.scenarios.search import SearchLimits
from proctor.writing.module import ModuleContents, render_module

Judge = Callable[[str], tuple[SuiteResult, str]]

ASYNC = """
import contextlib
from typing import AsyncIterator


async def batches(items: AsyncIterator[int], size: int) -> AsyncIterator[list[int]]:
    if size < 1:
        raise ValueError("size must be positive")
    batch: list[int] = []
    try:
        async for item in items:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
    except RuntimeError:
        yield [-1]
        return
    if batch:
        yield batch


@contextlib.asynccontextmanager
async def session(name: str) -> AsyncIterator[str]:
    try:
        yield name.upper()
    except RuntimeError:
        raise ValueError("the session was cut short")
"""

STATE = """
class Stack:
    def __init__(self) -> None:
        self._items: list[int] = []
        self._sealed = False

    def push(self, item: int) -> None:
        if self._sealed:
            raise ValueError("sealed")
        self._items.append(item)

    def seal(self) -> None:
        self._sealed = True

    def middle(self) -> int:
        if len(self._items) < 3:
            return -1
        return self._items[len(self._items) // 2]

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stack):
            return NotImplemented
        return self._items == other._items
"""

SERVICE = """
from typing import Protocol


class Account(Protocol):
    owner: str
    is_frozen: bool


class Ledger(Protocol):
    async def find(self, owner: str) -> Account | None: ...

    async def store(self, account: Account) -> None: ...


class Bank:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def freeze(self, owner: str) -> bool:
        account = await self._ledger.find(owner)
        if account is None:
            raise LookupError(f"no account of {owner}")
        if account.is_frozen:
            return False
        account.is_frozen = True
        try:
            await self._ledger.store(account)
        except ConnectionError:
            return False
        return True
"""


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    def tested(source: str) -> tuple[SuiteResult, str]:
        (tmp_path / "living.py").write_text(source)
        interpreter = describe_interpreter(Path(sys.executable))
        survey = survey_project(tmp_path, ["living.py"])
        place = Workplace(tmp_path, interpreter, (".",), tmp_path / ".cache", os.environ, lambda text: None)
        [found] = Investigator(place, survey, "living.py", SearchLimits(runs=300)).investigate()
        contents = ModuleContents("living", found.cases, found.bases, found.report.models, found.frozen)
        written = render_module(contents).source
        (tmp_path / "test_living.py").write_text(written)
        settings = place.settings(found.conditions)
        return run_suite(settings, ["test_living.py"], rootdir=tmp_path, coverage_of=["living.py"]), written

    return tested


@pytest.mark.parametrize("source", [ASYNC, STATE, SERVICE], ids=["async", "state", "service"])
def test_every_branch_is_taken_by_tests_that_pass(judge: Judge, source):
    result, _ = judge(source)

    assert {outcome.outcome for outcome in result.outcomes} == {"passed"}
    assert result.coverage["living.py"].missing_branches == ()


def test_state_is_arranged_by_calls_and_asked_by_operators(judge: Judge):
    _, written = judge(STATE)

    assert [part for part in ("stack.push(", "stack.seal()", "len(stack)", "stack == ") if part not in written] == []


def test_a_collaborator_is_a_mock_that_is_told_what_to_answer(judge: Judge):
    _, written = judge(SERVICE)

    wanted = (
        "ledger = create_autospec(Ledger, instance=True)",
        "ledger.find.return_value = None",
        "ledger.store.side_effect = ConnectionError(",
        "ledger.find.assert_called_once_with(",
    )
    assert [part for part in wanted if part not in written] == []
