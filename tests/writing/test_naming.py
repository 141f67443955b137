"""Names say the method, the deciding condition and the outcome."""

from dataclasses import replace

import pytest

from proctor.execution.expressions import NONE, Call, Expression, Items, Literal, Name, Pairs, Symbol
from proctor.oracles.assertions import Assertion, Equals, HasLength, IsInstance, Raises
from proctor.oracles.cases import Case
from proctor.scenarios.scenario import Argument, Binding, MockCall, Outcome, Replacement, Scenario, Step
from proctor.writing.naming import class_name, differences, method_name, name_cases, outcome, words

BASE = Scenario(
    "Shop.sell",
    Step("method", "lab:Shop.sell", "sell", "shop", (Argument("title", Literal("Emma"), False),)),
)
FAILING = Outcome(Call("builtins:OSError"), raises=True)


def case(scenario: Scenario = BASE, *assertions: Assertion) -> Case:
    return Case(scenario.target, "unit", scenario, assertions)


def given(name: str, value: Expression) -> Scenario:
    rest = tuple(argument for argument in BASE.act.arguments if argument.name != name)
    return replace(BASE, act=replace(BASE.act, arguments=(*rest, Argument(name, value, True))))


def called(*cases: Case) -> list[str]:
    return name_cases(list(cases), BASE)


@pytest.mark.parametrize(
    ("assertion", "ending"),
    [
        (Raises("builtins:ValueError", "no"), "raises_value_error"),
        (Raises("sqlalchemy.exc:IntegrityError", ""), "raises_integrity_error"),
        (Equals("result", NONE), "returns_none"),
        (Equals("result", Literal(True)), "returns_true"),
        (Equals("result", Items("list")), "returns_nothing"),
        (Equals("result", Items("list", (NONE,))), "returns_one"),
        (Equals("result", Pairs(((NONE, NONE), (NONE, NONE)))), "returns_several"),
        (Equals("result", Symbol("lab:State.SHIPPED")), "returns_shipped"),
        (Equals("result", Literal("sold out")), "returns_sold_out"),
        (Equals("result", Literal("")), "returns_empty_text"),
        (Equals("result", Literal("x" * 50)), "returns_text"),
        (Equals("result", Literal(0)), "returns_zero"),
        (Equals("result", Literal(-4)), "returns_negative"),
        (Equals("result", Call("decimal:Decimal", (Literal("12.50"),))), "returns_amount"),
        (HasLength("result", 7), "returns_several"),
        (HasLength("result", 0), "returns_nothing"),
        (IsInstance("result", "lab:OrderLine"), "returns_order_line"),
        (Equals("result.id", Literal(1)), "succeeds"),
    ],
)
def test_the_outcome_is_named(assertion, ending):
    assert (outcome(case(BASE, assertion)), called(case(BASE, assertion))) == (ending, [f"test_sell_{ending}"])


@pytest.mark.parametrize(
    ("name", "value", "condition"),
    [
        ("title", NONE, "without_title"),
        ("title", Literal(""), "empty_title"),
        ("title", Literal("  "), "blank_title"),
        ("title", Literal("x" * 80), "long_title"),
        ("title", Literal("Persuasion"), "title_persuasion"),
        ("shipped", Literal(True), "shipped_on"),
        ("tags", Items("list"), "empty_tags"),
        ("order_id", Literal(999), "unknown_order"),
        ("order_id", Name("other_order", "id"), "order_of_other_order"),
        ("state", Symbol("lab:State.SHIPPED"), "state_shipped"),
        ("amount", Literal(0), "zero_amount"),
        ("amount", Literal(-1), "negative_amount"),
        ("amount", Literal(5000), "large_amount"),
        ("amount", Call("decimal:Decimal", (Literal("0.01"),)), "fractional_amount"),
    ],
)
def test_the_condition_names_the_argument_and_what_is_special_about_it(name, value, condition):
    assert list(differences(given(name, value), BASE)) == [condition]


def test_the_plain_call_has_no_condition():
    assert (list(differences(BASE, BASE)), called(case(BASE, Equals("result", NONE)))) == (
        [],
        ["test_sell_returns_none"],
    )


def test_failing_calls_missing_variables_earlier_calls_and_rows_are_conditions():
    row = Binding("book", Call("lab:Book", (), (("state", Literal("sold")),)), "row")
    changed = replace(row, value=Call("lab:Book", (), (("state", Literal("new")),)))
    with_row = replace(BASE, bindings=(row,))

    assert list(differences(replace(BASE, mock_calls=(MockCall(("commit()",), (FAILING,)),)), BASE)) == ["commit_fails"]
    assert list(differences(replace(BASE, replacements=(Replacement("smtplib", "send", (FAILING,)),)), BASE)) == [
        "send_fails"
    ]
    assert list(differences(replace(BASE, environment=(("API_KEY", None),)), BASE)) == ["without_api_key"]
    assert list(differences(replace(BASE, before=(Step("method", "lab:Shop.open", "open", "shop"),)), BASE)) == [
        "after_open"
    ]
    assert list(differences(with_row, BASE)) == ["with_book"]
    assert list(differences(BASE, with_row)) == ["without_book"]
    assert list(differences(replace(BASE, bindings=(changed,)), with_row)) == ["book_state_new"]


def test_a_unit_twin_is_not_set_apart_by_its_session():
    def calling(session: str) -> Scenario:
        return replace(BASE, act=replace(BASE.act, arguments=(Argument("session", Name(session), False),)))

    assert list(differences(calling("mock_session"), calling("db_session"))) == []


def test_names_of_one_class_are_distinct_and_end_in_words():
    cases = [case(given("amount", Literal(5000 + number)), Equals("result", NONE)) for number in range(7)]

    names = called(*cases)

    assert len(set(names)) == 7
    assert [name for name in names if not name[-1].isalpha()] == []
    assert names[:2] == [
        "test_sell_large_amount_returns_none",
        "test_sell_large_amount_returns_none_again",
    ]


def test_names_stay_distinct_however_many_cases_are_alike():
    cases = [case(given("amount", Literal(5000 + number)), Equals("result", NONE)) for number in range(12)]

    assert len(set(called(*cases))) == 12


def test_a_second_condition_is_named_where_the_first_does_not_tell_them_apart():
    row = Binding("book", Call("lab:Book"), "row")
    first = case(given("amount", Literal(0)), Raises("builtins:ValueError", ""))
    second = case(replace(given("amount", Literal(0)), bindings=(row,)), Raises("builtins:ValueError", ""))

    assert called(first, second) == [
        "test_sell_zero_amount_raises_value_error",
        "test_sell_zero_amount_and_with_book_raises_value_error",
    ]


@pytest.mark.parametrize(
    ("target", "method", "cls"),
    [
        ("Shop.sell_book", "sell_book", "TestSellBook"),
        ("sell", "sell", "TestSell"),
        ("Shop.__len__", "len", "TestLen"),
        ("Shop._hidden", "hidden", "TestHidden"),
        ("HTTPShop.getURL", "get_url", "TestGetURL"),
    ],
)
def test_methods_and_classes_are_named_after_their_target(target, method, cls):
    assert (method_name(target), class_name(target)) == (method, cls)


def test_texts_become_words_without_signs_or_leading_numbers():
    assert [words("Sold out!"), words("2nd_try"), words("OrderLine"), words("a b c d e f"), words("!?")] == [
        "sold_out",
        "nd_try",
        "order_line",
        "a_b_c_d_e",
        "",
    ]
