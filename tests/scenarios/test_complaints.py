"""What a crash complains of says which value to give instead, also deep inside an argument."""

from collections.abc import Iterator

import pytest
import untyped_programs
from laboratory import Laboratory, laboratory

from proctor.execution.expressions import NONE, Call, Function, Items, Literal, Pairs
from proctor.execution.records import Observation
from proctor.scenarios.complaints import answered
from proctor.scenarios.places import parameter_at
from proctor.scenarios.scenario import Argument, Scenario, Slot, Step, slots


@pytest.fixture(scope="module")
def complaining(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("complaining"), untyped_programs.COMPLAINING) as loaded:
        yield loaded


def calling(value: object) -> Scenario:
    argument = Argument("value", value, keyword=False)  # type: ignore[arg-type]  # each test passes an expression
    return Scenario("f", Step("function", "lab:f", "f", arguments=(argument,)))


def answers(value: object, message: str) -> list[object]:
    scenario = calling(value)
    seen = Observation("unbuildable", reason=message)
    return [made.act.arguments[0].value for made in answered(scenario, seen, list(slots(scenario)))]


@pytest.mark.parametrize("program", ["closed", "tallied", "opened", "weighed"])
def test_every_branch_behind_a_complaint_is_reached(complaining: Laboratory, program):
    assert complaining.open_conditions(complaining.search(program)) == []


def test_an_arrangement_that_fails_twice_is_put_right_one_complaint_after_the_other(complaining: Laboratory):
    search = complaining.search("closed")

    assert complaining.see(complaining.base("closed")).outcome == "unbuildable"
    assert {str(item.seen.result.value) for item in search.found if isinstance(item.seen.result, Literal)} == {
        "open",
        "closed",
    }


def test_a_missing_attribute_asks_for_what_has_it():
    made = answers(Literal("x"), "AttributeError: 'str' object has no attribute 'keys'")

    assert made[0] == Pairs(((Literal("key"), Literal("value")),))
    assert made[-1] == Call("types:SimpleNamespace", (), (("keys", Function(NONE)),))


def test_only_places_of_the_type_in_the_message_are_changed():
    value = Items("list", (Literal(1), Literal("x")))

    made = answers(value, "TypeError: 'int' object is not callable")

    assert made[0] == Items("list", (Function(None), Literal("x")))


def test_a_text_that_is_no_number_is_found_by_its_content():
    value = Items("list", (Literal("a"), Literal("b")))

    assert answers(value, "ValueError: invalid literal for int() with base 10: 'b'") == [
        Items("list", (Literal("a"), Literal("12"))),
        Items("list", (Literal("a"), Literal(3))),
    ]


def test_a_message_of_the_project_s_own_says_nothing():
    assert answers(Literal("x"), "ValueError: four fields are needed") == []


def test_an_argument_inside_an_argument_is_known_by_its_constructor(complaining: Laboratory):
    value = Call("lab:Ledger", (Literal(1),), (("notes", Literal("n")),))
    classes = complaining.report.classes

    names = [
        found.name if (found := parameter_at(value, path, classes)) is not None else ""
        for path in ((0,), ("notes",), (), (7,))
    ]

    assert names == ["year", "notes", "", ""]


def test_a_slot_keeps_its_label():
    assert Slot(("argument", 0), ("notes",), Literal("n")).label == "notes"
