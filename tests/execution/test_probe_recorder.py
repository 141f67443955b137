"""The recorder performs what the target asked for, and remembers the outcomes and the operands."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from proctor.execution.probe.recorder import Recorder


@pytest.fixture
def recorder() -> Recorder:
    started = Recorder()
    started.start()
    return started


def literal(value: object) -> dict[str, object]:
    return {"t": "lit", "v": value}


def note(site: int, kind: str, op: str, *operands: object, result: bool | None = False) -> dict[str, object]:
    return {"site": site, "kind": kind, "op": op, "operands": list(operands), "result": result}


class Undecided:
    def __bool__(self) -> bool:
        raise TypeError("neither true nor false")

    def __eq__(self, other: object) -> Any:
        return self

    __hash__ = object.__hash__


@pytest.mark.parametrize("method", ["test", "decide"])
def test_the_truth_of_a_decision_is_its_outcome_and_the_value_goes_on(recorder: Recorder, method: str) -> None:
    empty: list[int] = []

    assert getattr(recorder, method)(3, empty) is empty
    assert getattr(recorder, method)(3, "x") == "x"
    assert recorder.finish() == {
        "covered": [[3, "F"], [3, "T"]],
        "notes": [
            note(3, method, "truth", {"t": "seq", "k": "list", "i": []}),
            note(3, method, "truth", literal("x")),
        ],
    }


def test_a_value_without_truth_raises_where_the_target_asks_and_not_before(recorder: Recorder) -> None:
    value = Undecided()

    assert recorder.decide(0, value) is value
    assert recorder.finish()["covered"] == []


@pytest.mark.parametrize(
    ("op", "left", "right", "result"),
    [
        ("==", 1, 1, True),
        ("!=", 1, 1, False),
        ("<", 1, 2, True),
        ("<=", 3, 2, False),
        (">", 3, 2, True),
        (">=", 1, 2, False),
        ("is", None, None, True),
        ("is not", None, None, False),
        ("in", "a", "abc", True),
        ("not in", "a", "abc", False),
    ],
)
def test_a_comparison_is_performed_and_noted_with_its_operands(
    recorder: Recorder, op: str, left: object, right: object, result: bool
) -> None:
    assert recorder.cmp(7, op, left, right) is result
    assert recorder.finish() == {
        "covered": [],
        "notes": [note(7, "cmp", op, literal(left), literal(right), result=result)],
    }


def test_a_comparison_whose_answer_has_no_truth_is_noted_without_one(recorder: Recorder) -> None:
    value = Undecided()

    assert recorder.cmp(0, "==", value, 1) is value
    [seen] = recorder.finish()["notes"]
    assert seen["result"] is None


def delayed(*values: object) -> tuple[list[object], list[Callable[[], object]]]:
    asked: list[object] = []

    def thunk(value: object) -> Callable[[], object]:
        return lambda: asked.append(value) or value

    return asked, [thunk(value) for value in values]


def test_a_chain_stops_at_the_first_comparison_that_fails(recorder: Recorder) -> None:
    asked, thunks = delayed(5, 3, 9)

    assert recorder.chain(1, ("<", "<"), thunks) is False
    assert (asked, recorder.finish()["notes"]) == ([5, 3], [note(1, "cmp", "<", literal(5), literal(3), result=False)])


def test_a_chain_asks_every_operand_once_and_notes_every_pair(recorder: Recorder) -> None:
    asked, thunks = delayed(1, 3, 3)

    assert recorder.chain(1, ("<", "=="), thunks) is True
    assert (asked, recorder.finish()["notes"]) == (
        [1, 3, 3],
        [
            note(1, "cmp", "<", literal(1), literal(3), result=True),
            note(1, "cmp", "==", literal(3), literal(3), result=True),
        ],
    )


LOOPS = [
    ([], ["empty"]),
    (["a"], ["enter", "exhaust"]),
    (["a", "b", "c"], ["enter", "again", "exhaust"]),
]


@pytest.mark.parametrize(("items", "outcomes"), LOOPS)
def test_a_loop_tells_none_one_and_many_apart(recorder: Recorder, items: list[str], outcomes: list[str]) -> None:
    assert list(recorder.loop(2, items)) == items
    assert recorder.finish()["covered"] == [[2, outcome] for outcome in outcomes]


@pytest.mark.parametrize(("items", "outcomes"), LOOPS)
def test_an_asynchronous_loop_does_too(recorder: Recorder, items: list[str], outcomes: list[str]) -> None:
    async def source() -> AsyncIterator[str]:
        for item in items:
            yield item

    async def run() -> list[object]:
        return [item async for item in recorder.aloop(2, source())]

    assert asyncio.run(run()) == items
    assert recorder.finish()["covered"] == [[2, outcome] for outcome in outcomes]


def test_a_loop_that_is_left_early_did_not_run_out(recorder: Recorder) -> None:
    for _ in recorder.loop(2, "ab"):
        break

    assert recorder.finish() == {"covered": [[2, "enter"]], "notes": []}


def test_entering_a_handler_or_a_case_is_an_outcome(recorder: Recorder) -> None:
    recorder.enter(4)

    assert recorder.finish() == {"covered": [[4, "enter"]], "notes": []}


def test_a_predicate_is_called_and_noted_with_whom_it_was_asked(recorder: Recorder) -> None:
    assert recorder.call(5, "startswith", "text".startswith, ("te",), {}) is True
    assert recorder.call(6, "isinstance", isinstance, (1, str), {}) is False
    first, second = recorder.finish()["notes"]

    assert first == note(5, "call", "startswith", literal("text"), literal("te"), result=True)
    assert second["operands"][1:] == [literal(1), {"t": "sym", "p": "builtins:str"}]


def test_a_pattern_is_noted_as_a_pattern(recorder: Recorder) -> None:
    matched = recorder.call(5, "fullmatch", re.compile("a+", re.IGNORECASE).fullmatch, ("AA",), {})

    assert isinstance(matched, re.Match)
    flags = int(re.IGNORECASE | re.UNICODE)
    assert recorder.finish()["notes"] == [
        note(5, "call", "fullmatch", {"t": "pattern", "v": "a+", "f": flags}, literal("AA"), result=True)
    ]


@pytest.mark.parametrize(
    ("container", "key", "error"), [({"a": 1}, "b", KeyError), ([1], 4, IndexError)], ids=["dict", "list"]
)
def test_a_missing_key_is_noted_before_the_error_goes_on(
    recorder: Recorder, container: object, key: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        recorder.item(8, container, key)
    [seen] = recorder.finish()["notes"]

    assert (seen["kind"], seen["op"], seen["operands"][1]) == ("item", "missing", literal(key))


def test_a_key_that_is_there_is_not_worth_a_note(recorder: Recorder) -> None:
    assert recorder.item(8, {"a": 1}, "a") == 1
    assert recorder.finish() == {"covered": [], "notes": []}


def test_a_site_is_noted_three_times_at_most_and_its_outcomes_always(recorder: Recorder) -> None:
    for number in range(9):
        recorder.decide(0, number < 8)
    recorder.decide(1, True)
    record = recorder.finish()

    assert record["covered"] == [[0, "T"], [0, "F"], [1, "T"]]
    assert [seen["site"] for seen in record["notes"]] == [0, 0, 0, 1]


def test_outside_a_record_everything_is_performed_and_nothing_kept() -> None:
    idle = Recorder()

    assert (idle.cmp(0, "<", 1, 2), list(idle.loop(1, "ab")), idle.decide(2, 0)) == (True, ["a", "b"], 0)
    assert idle.finish() == {"covered": [], "notes": []}


def test_a_new_record_starts_empty(recorder: Recorder) -> None:
    recorder.decide(0, True)
    recorder.finish()
    recorder.start()

    assert recorder.finish() == {"covered": [], "notes": []}


def test_operands_are_shown_by_the_names_of_the_scenario(recorder: Recorder) -> None:
    basket = ["a"]
    recorder.cmp(0, "in", "a", basket)

    [seen] = recorder.finish({id(basket): "basket"})["notes"]

    assert seen["operands"] == [literal("a"), {"t": "name", "n": "basket", "a": ""}]


def test_an_operand_that_resists_being_looked_at_costs_only_itself(recorder: Recorder) -> None:
    class Hostile:
        @property
        def __class__(self) -> type:
            raise RuntimeError("no")

        def __getattr__(self, name: str) -> object:
            raise RuntimeError("no")

    recorder.cmp(0, "is", Hostile(), None)

    [seen] = recorder.finish()["notes"]
    assert seen["operands"] == [{"t": "opaque", "c": "builtins:object"}, literal(None)]
