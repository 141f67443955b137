import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.workflow.events import Event
from proctor.workflow.records import (
    Attempt,
    Feedback,
    Record,
    Reply,
    RunRecord,
    RunResult,
    Task,
    TaskResult,
    Usage,
    Verdict,
    canonical_json,
)

USAGE = Usage(7, 1.5, Decimal("0.0100"))
REPLY = Reply({"files": ["a", "b"], "deep": {"n": None}}, USAGE, ("one", "two"))
VERDICT = Verdict("retry", "red", Feedback(1, "red", {"line": 3}), {"passed": 2}, 0.5)
RESULT = TaskResult("t", "degraded", {"x": [1]}, 2, USAGE, "below the threshold")


@pytest.mark.parametrize(
    "record",
    [
        USAGE,
        Usage(money=None),
        REPLY,
        VERDICT,
        RESULT,
        Task("t", "Agent-T", "p", "write", {"target": "a.py"}),
        Attempt(1, REPLY, VERDICT),
        RunResult("r", "partial", (RESULT,), {"p": 2.0}, "why"),
        RunRecord("r", "running", "{}", 1.0),
        Event("attempt", 2.0, "r", "t", "p", "text", {"number": 1}),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_goes_through_json_text_unchanged(record: Record) -> None:
    assert type(record).from_json(json.loads(canonical_json(record.to_json()))) == record
    assert type(record).from_json_bytes(record.to_json_bytes()) == record


def test_half_of_a_surrogate_pair_survives_in_a_record() -> None:
    record = TaskResult("a", "accepted", {"name": "\ud800"})

    assert TaskResult.from_json_bytes(record.to_json_bytes()) == record


@pytest.mark.parametrize("damage", [{"status": "splendid"}, {"attempts": "many"}, {"task_id": None}])
def test_data_that_is_no_record_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        TaskResult.from_json(RESULT.to_json() | damage)


@pytest.mark.parametrize("value", [{"a": {1, 2}}, {"a": float("nan")}, {"a": object()}])
def test_what_is_not_json_is_refused_rather_than_approximated(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical_json(value)


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_equal_values_have_one_canonical_spelling(value: object) -> None:
    assert canonical_json(json.loads(canonical_json({"b": value, "a": value}))) == canonical_json(
        {"a": value, "b": value}
    )


@pytest.mark.parametrize(
    ("add", "total"),
    [
        (lambda: Usage(1, 2.0, Decimal(3)) + Usage(4, 5.0, Decimal(6)), Usage(5, 7.0, Decimal(9))),
        (lambda: Usage(1) + Usage(2, money=None), Usage(3, money=None)),
    ],
    ids=["known prices", "an unknown price"],
)
def test_usage_adds_up_and_an_unknown_price_stays_unknown(add: Callable[[], Usage], total: Usage) -> None:
    assert add() == total


def test_the_census_counts_what_occurs_and_usage_is_the_sum() -> None:
    run = RunResult("r", "partial", (RESULT, TaskResult("u", "failed", usage=USAGE), TaskResult("v", "failed")))

    assert run.census == {"degraded": 1, "failed": 2}
    assert run.usage == USAGE + USAGE
