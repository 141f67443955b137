"""Which value an operand is, and what to write there instead."""

import operator
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proctor.execution.expressions import NONE, Call, Expression, Items, Literal, Opaque, Pairs, Pattern, Symbol
from proctor.scenarios.correspondence import (
    corresponds,
    falsy,
    members,
    mirrored,
    nearby,
    resized,
    samples,
    texts_wanted,
    towards,
)
from proctor.scenarios.numbers import like, number_of, shifted_days
from proctor.scenarios.values import literals

LIST = Items("list", literals(("b", "a")))
COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MONEY = Call("decimal:Decimal", (Literal("19.90"),))
DAY = Call("datetime:date", literals((2024, 2, 28)))


def plain(value: Expression) -> int | float | Decimal | str:
    number = number_of(value)
    if number is not None:
        return number
    assert isinstance(value, Literal)
    assert isinstance(value.value, str)
    return value.value


@pytest.mark.parametrize(
    ("value", "operand"),
    [
        (Literal("Ada"), Literal("Ada")),
        (Literal(" Ada "), Literal("Ada")),
        (Literal("Ada"), Literal("ADA")),
        (Literal(3), Literal(3.0)),
        (Literal(3), Call("decimal:Decimal", (Literal("3.00"),))),
        (Literal("four"), Literal(4)),
        (LIST, Literal(2)),
        (Pairs(((Literal("a"), NONE),)), Literal(1)),
    ],
)
def test_a_value_is_recognised_as_it_stands_or_cast_or_measured(value, operand):
    assert corresponds(value, operand) is True


@pytest.mark.parametrize(
    ("value", "operand"),
    [
        (Literal("Ada"), Literal("Bob")),
        (Literal(3), Literal(4)),
        (Literal("four"), Literal("4")),
        (NONE, Literal(0)),
        (Literal(True), Literal(1)),
        (LIST, Literal(3)),
    ],
)
def test_a_value_is_not_taken_for_another(value, operand):
    assert corresponds(value, operand) is False


@given(
    st.sampled_from(sorted(COMPARISONS)),
    st.integers(-(10**9), 10**9),
    st.integers(-(10**9), 10**9) | st.decimals(-(10**6), 10**6, places=2),
)
def test_a_number_is_moved_to_both_sides_of_what_it_is_compared_with(op, current, wanted):
    there = Literal(wanted) if isinstance(wanted, int) else Call("decimal:Decimal", (Literal(str(wanted)),))
    compare = COMPARISONS[op]

    results = {compare(plain(value), wanted) for value in towards(Literal(current), Literal(current), op, there)}

    assume(wanted == int(wanted) or op not in ("==", "!="))
    assert results == {True, False}


@given(st.text(max_size=30), st.integers(1, 400))
def test_a_text_gets_the_length_it_is_compared_with_and_its_neighbours(text, size):
    values = towards(Literal(text), Literal(len(text)), ">=", Literal(size))

    assert [len(str(plain(value))) for value in values] == [size, size + 1, size - 1]


def test_a_list_gets_the_length_it_is_compared_with():
    assert resized(LIST, 3) == Items("list", literals(("b", "a", "b")))
    assert (resized(Items("list"), 3), resized(Literal(5), 3)) == (Items("list"), Literal(5))


def test_a_length_that_nobody_would_write_is_not_proposed():
    assert towards(Literal("ab"), Literal(2), "==", Literal(10**6)) == ()


def test_membership_proposes_what_is_inside():
    assert towards(Literal("x"), Literal("x"), "in", LIST) == literals(("b", "a"))
    assert members(Pairs(((Literal("k"), NONE),))) == (Literal("k"),)
    assert members(Literal("xyz")) == literals(("x", "xyz"))
    assert (members(Literal("")), members(Opaque("lab:Bag"))) == ((), ())


def test_a_container_gets_the_member_that_was_looked_for():
    assert towards(Literal("ab"), Literal("ab"), "contains", Literal("@")) == literals(("ab@", "@ab", "@", "ab"))
    assert towards(LIST, LIST, "contains", Literal("z")) == (
        Items("list", literals(("b", "a", "z"))),
        Items("list", literals(("z",))),
    )
    assert towards(Pairs(), Pairs(), "contains", Literal("k")) == (
        Pairs(((Literal("k"), Literal("value")),)),
        Pairs(((Literal("k"), Literal(1)),)),
    )


def test_a_date_is_moved_to_the_day_and_those_beside_it_across_the_end_of_a_month():
    assert towards(DAY, DAY, "<", DAY) == (
        DAY,
        Call("datetime:date", literals((2024, 2, 29))),
        Call("datetime:date", literals((2024, 2, 27))),
    )


def test_another_value_is_taken_as_it_stands_and_what_cannot_be_written_is_not():
    assert towards(NONE, NONE, "is", Symbol("lab:Phase.PLASMA")) == (Symbol("lab:Phase.PLASMA"),)
    assert towards(NONE, NONE, "==", Opaque("lab:Thing")) == ()
    assert towards(NONE, NONE, "==", Pattern("a+", 0)) == ()


@pytest.mark.parametrize("op", sorted(COMPARISONS))
def test_a_mirrored_comparison_says_the_same(op):
    pairs = [(1, 2), (2, 2), (3, 2)]

    assert [COMPARISONS[op](a, b) for a, b in pairs] == [COMPARISONS[mirrored(op)](b, a) for a, b in pairs]


def test_falsy_values_turn_a_truth_test():
    assert falsy(Literal("text")) == literals(("",))
    assert falsy(Literal(5)) == literals((0, 1))
    assert falsy(Literal(True)) == (Literal(False),)
    assert (falsy(LIST), falsy(Pairs(((NONE, NONE),))), falsy(NONE)) == ((Items("list"),), (Pairs(),), ())


@pytest.mark.parametrize(
    ("op", "text", "part"), [("startswith", "b.c", "a."), ("endswith", "b", ".c"), ("startswith", "urn:x", "urn:")]
)
def test_texts_for_a_prefix_or_suffix_answer_both_ways(op, text, part):
    [(subject, wanted)] = texts_wanted(op, Literal(text), [Literal(part)])

    assert (subject, {getattr(str(plain(value)), op)(part) for value in wanted}) == (Literal(text), {True, False})


@pytest.mark.parametrize("op", ["isupper", "islower", "isdigit", "isalpha", "isalnum", "isspace", "istitle"])
def test_texts_for_a_predicate_answer_both_ways(op):
    [(_, wanted)] = texts_wanted(op, Literal("a-1"), [])

    assert {getattr(str(plain(value)), op)() for value in wanted} == {True, False}


def test_texts_for_a_pattern_match_and_nearly_match():
    [(subject, wanted)] = texts_wanted("fullmatch", Pattern("[a-c]x", 0), [Literal("no")])
    [(other, same)] = texts_wanted("search", Symbol("builtins:re"), [Literal("[a-c]x"), Literal("no")])

    assert (subject, other, wanted) == (Literal("no"), Literal("no"), same)
    assert literals(("ax", "a")) == tuple(value for value in wanted if value in literals(("ax", "a")))


def test_samples_are_instances_of_the_class_and_nothing_is_made_of_unknown_ones():
    assert samples("builtins:bytes") == (Literal(b"abc"),)
    assert (samples("builtins:NoneType"), samples("lab:Thing")) == ((NONE,), ())


@pytest.mark.parametrize(
    "value", [Literal(5), Literal(True), Literal(1.5), Literal("a text"), MONEY, LIST, Pairs(((NONE, NONE),))]
)
def test_nearby_values_are_of_the_same_kind(value):
    kinds = {(type(other), getattr(other, "kind", ""), getattr(other, "function", "")) for other in nearby(value)}

    assert kinds == {(type(value), getattr(value, "kind", ""), getattr(value, "function", ""))}


def test_numbers_are_written_in_the_form_of_the_place_they_go_to():
    assert like(MONEY, Decimal("1E+3")) == Call("decimal:Decimal", (Literal("1000"),))
    assert (like(Literal(2.5), Decimal(4)), like(Literal(2), Decimal("4.7"))) == (Literal(4.0), Literal(4))
    assert like(Literal("text"), Decimal(4)) == Literal(4)


def test_what_is_no_finite_number_is_none():
    assert [number_of(value) for value in (Literal(float("nan")), Literal(float("inf")), Literal("3"), NONE)] == [
        None
    ] * 4
    assert number_of(Call("decimal:Decimal", (Literal("three"),))) is None
    assert number_of(Literal(True)) is None
    assert number_of(MONEY) == Decimal("19.90")


def test_days_are_only_moved_where_there_is_a_day():
    assert shifted_days(MONEY, 1) is None
    assert shifted_days(Call("datetime:date", literals((9999, 12, 31))), 1) is None
    assert shifted_days(Call("datetime:datetime", literals((2023, 12, 31, 12)), (("tzinfo", NONE),)), 1) == Call(
        "datetime:datetime", literals((2024, 1, 1, 12)), (("tzinfo", NONE),)
    )
