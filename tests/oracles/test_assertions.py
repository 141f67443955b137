"""What one observation gives to assert, and what two must agree on."""

import pytest

from proctor.execution.expressions import Call, Fields, Items, Literal, Name, Opaque, Pairs
from proctor.execution.records import Observation, Raised
from proctor.oracles.assertions import (
    Called,
    Equals,
    HasLength,
    IsInstance,
    Raises,
    RowCount,
    assertions,
    match_for,
    of_value,
)
from proctor.scenarios.scenario import Binding, Outcome, Replacement, Scenario, Step

BARE = Scenario("f", Step("function", "lab:f", "f"))
BOOK = Binding("book", Call("lab:Book", (), (("id", Literal(1)), ("title", Literal("Emma")))), "row")
STORED = {"id": Literal(1), "title": Literal("Emma"), "loans": Literal(0)}


def stable(scenario: Scenario, seen: Observation):
    return assertions(scenario, seen, seen)


def long_text(length: int) -> Literal:
    return Literal("x" * length)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("no such order", "no such order"),
        ("<lab.Thing object at 0x7f00aa11bb22> is closed", "is closed"),
        ("cannot read /home/ada/books/emma.txt twice", "cannot read"),
        ("No content.", "No content"),
        ("two\nlines", "two"),
        ("   ", ""),
        ("0x12 is short for an address", "0x12 is short for an address"),
    ],
)
def test_a_message_is_matched_where_it_can_be_read_and_shows_no_address(message, expected):
    assert match_for(message) == expected


def test_a_match_is_a_part_of_its_message_and_ends_between_words():
    message = "a fairly long message " * 10

    assert message.startswith(match_for(message))
    assert len(match_for(message)) <= 90
    assert match_for(message).split()[-1] in ("a", "fairly", "long", "message")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Literal(None), [Equals("result", Literal(None))]),
        (Items("list", (Literal(1),)), [Equals("result", Items("list", (Literal(1),)))]),
        (
            Fields("lab:Point", (("x", Literal(1)),), comparable=True),
            [Equals("result", Call("lab:Point", (), (("x", Literal(1)),)))],
        ),
        (
            Fields("lab:User", (("id", Literal(1)), ("nick", Literal(None)), ("log", Opaque("lab:Log")))),
            [Equals("result.id", Literal(1)), Equals("result.nick", Literal(None))],
        ),
        (
            Fields("lab:Node", (("next", Fields("lab:Node", (("value", Literal(2)),))), ("value", Literal(1)))),
            [Equals("result.next.value", Literal(2)), Equals("result.value", Literal(1))],
        ),
        (Literal(float("nan")), [Equals("math.isnan(result)", Literal(True))]),
        (Fields("lab:Log", (("handle", Opaque("lab:Handle")),)), [IsInstance("result", "lab:Log")]),
        (
            Items("list", (Fields("lab:User", (("id", Literal(1)),)), Opaque("lab:Log"))),
            [HasLength("result", 2), Equals("result[0].id", Literal(1)), IsInstance("result[1]", "lab:Log")],
        ),
        (
            Items("tuple", (Literal(1), Opaque("lab:Log"))),
            [Equals("result[0]", Literal(1)), IsInstance("result[1]", "lab:Log")],
        ),
        (Items("set", (Opaque("lab:Log"),)), [HasLength("result", 1)]),
        (
            Pairs(((Literal("log"), Opaque("lab:Log")),)),
            [HasLength("result", 1), IsInstance("result['log']", "lab:Log")],
        ),
        (Opaque("builtins:list", 900), [HasLength("result", 900)]),
        (Opaque("lab:f.<locals>.Inner"), []),
        (Opaque("builtins:generator"), []),
        (Literal("x" * 700), []),
    ],
)
def test_a_value_is_asserted_as_exactly_as_it_can_be_written(value, expected):
    assert list(of_value("result", value)) == expected


def test_of_many_items_the_length_and_the_first_three_are_asserted():
    users = Items("list", tuple(Fields("lab:User", (("id", Literal(number)),)) for number in range(9)))

    assert list(of_value("result", users)) == [
        HasLength("result", 9),
        *(Equals(f"result[{number}].id", Literal(number)) for number in range(3)),
    ]


def test_only_what_both_observations_show_is_asserted_in_the_order_of_the_first():
    first = Observation("returned", result=Fields("lab:User", (("id", Literal(1)), ("token", Literal("a1")))))
    second = Observation("returned", result=Fields("lab:User", (("token", Literal("b2")), ("id", Literal(1)))))

    assert assertions(BARE, first, second) == (Equals("result.id", Literal(1)),)


def test_an_exception_takes_the_place_of_the_result():
    raised = Raised("builtins:ValueError", (), "no such book", "explicit", "lab.py", 3, "f")

    assert stable(BARE, Observation("raised", raised=raised)) == (Raises("builtins:ValueError", "no such book"),)


def with_rows(before, after, *, committed: bool = True, pending=None) -> Observation:
    return Observation(
        "returned",
        rows_before={"lab:Book": before},
        rows_pending=None if pending is None else {"lab:Book": pending},
        rows_after={"lab:Book": after},
        committed=committed,
    )


ARRANGED = Scenario("f", BARE.act, bindings=(BOOK,), database="session")


def test_rows_that_did_not_change_are_not_asserted():
    assert stable(ARRANGED, with_rows({"1": STORED}, {"1": STORED})) == ()


def test_a_changed_column_and_another_number_of_rows_are_asserted():
    changed = STORED | {"loans": Literal(1)}
    second = STORED | {"id": Literal(2), "title": Literal("Persuasion")}

    assert stable(ARRANGED, with_rows({"1": STORED}, {"1": changed, "2": second})) == (
        RowCount("lab:Book", 2),
        Equals("book.loans", Literal(1)),
    )


def test_without_a_commit_what_is_pending_counts():
    pending = {"1": STORED | {"loans": Literal(5)}}

    assert stable(ARRANGED, with_rows({"1": STORED}, {"1": STORED}, committed=False, pending=pending)) == (
        Equals("book.loans", Literal(5)),
    )
    assert stable(ARRANGED, with_rows({"1": STORED}, {"1": STORED}, pending=pending)) == ()


def test_the_state_of_an_object_is_asserted_after_a_call_that_answers_nothing():
    act = Step("method", "lab:Basket.put", "put", "basket")
    state = {"basket": Fields("lab:Basket", (("size", Literal(1)), ("log", Opaque("lab:Log"))))}
    silent = Observation("returned", result=Literal(None), objects=state)
    telling = Observation("returned", result=Literal(7), objects=state)

    assert stable(Scenario("f", act), silent) == (
        Equals("result", Literal(None)),
        Equals("basket.size", Literal(1)),
    )
    assert stable(Scenario("f", act), telling) == (Equals("result", Literal(7)),)


def write(name: str, *args: Name | Opaque):
    return {"name": name, "args": [argument.to_json() for argument in args], "keywords": []}


def test_writes_on_a_mocked_session_are_asserted_with_arguments_that_have_names():
    seen = Observation(
        "returned",
        writes=(
            write("add", Name("book")),
            write("delete", Opaque("lab:Book")),
            write("flush"),
            write("flush"),
            write("get", Name("book")),
        ),
    )

    assert stable(Scenario("f", BARE.act, database="mock"), seen) == (
        Called("mock_session", "add", 1, (("", Name("book")),)),
        Called("mock_session", "delete", 1, None),
        Called("mock_session", "flush", 2, None),
    )
    assert stable(Scenario("f", BARE.act, database="session"), seen) == ()


def test_a_failed_call_on_a_mocked_session_did_not_commit():
    raised = Raised("builtins:ValueError", (), "no", "explicit", "lab.py", 3, "f")

    assert stable(Scenario("f", BARE.act, database="mock"), Observation("raised", raised=raised)) == (
        Raises("builtins:ValueError", "no"),
        Called("mock_session", "commit", 0, None),
    )


def test_a_replaced_call_is_asserted_with_its_arguments_and_when_it_was_not_made():
    replaced = Replacement("lab", "send", (Outcome(Literal(1)),))
    calls = {"0": [{"args": [Literal("ada").to_json()], "keywords": [["copy", Literal(True).to_json()]]}]}
    scenario = Scenario("f", BARE.act, replacements=(replaced,))

    assert stable(scenario, Observation("returned", replaced_calls=calls)) == (
        Called("send", "", 1, (("", Literal("ada")), ("copy", Literal(True)))),
    )
    assert stable(scenario, Observation("returned")) == (Called("send", "", 0, None),)


def test_the_arguments_of_a_replaced_call_are_left_out_where_they_cannot_be_written():
    replaced = Replacement("lab", "send", (Outcome(Literal(1)),))
    calls = {"0": [{"args": [Opaque("lab:Letter").to_json(), long_text(5).to_json()], "keywords": []}]}
    scenario = Scenario("f", BARE.act, replacements=(replaced,))

    assert stable(scenario, Observation("returned", replaced_calls=calls)) == (Called("send", "", 1, None),)


def test_only_the_class_of_a_value_is_a_weak_assertion():
    made = [
        Equals("result", Literal(1)),
        HasLength("result", 1),
        IsInstance("result", "lab:Log"),
        Raises("builtins:ValueError", ""),
        RowCount("lab:Book", 1),
        Called("send", "", 1, None),
    ]

    assert [assertion.is_strong for assertion in made] == [True, True, False, True, True, True]
