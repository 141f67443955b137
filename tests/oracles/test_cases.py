"""Cases hold in two processes, and unit twins behave as the real thing."""

from dataclasses import replace

import pytest
from laboratory import Laboratory

from proctor.execution.expressions import Call, Expression, Items, Literal, Name
from proctor.oracles.assertions import Called, Equals, HasLength, IsInstance, Raises, RowCount
from proctor.oracles.cases import Case, derive_twins, establish
from proctor.oracles.diagnosis import Diagnosis
from proctor.scenarios.rows import RowSource
from proctor.scenarios.scenario import MockCall, Outcome, Scenario, Slot, with_value
from proctor.scenarios.search import Found


def only(lab: Laboratory, function: str) -> Case:
    [case] = lab.cases(function)
    return case


def found(lab: Laboratory, scenario: Scenario) -> Found:
    seen = lab.see(scenario)
    return Found(scenario, seen, lab.goals.reached(seen))


def with_book(lab: Laboratory, function: str, **columns: Expression) -> Scenario:
    return RowSource(lab.report.models).add(lab.base(function), lab.report.models["lab:Book"], columns)


def units(lab: Laboratory, *scenarios: Scenario) -> list[Case]:
    twins = lab.twins([found(lab, scenario) for scenario in scenarios])
    return establish(lab.observers, "unit", twins.scenarios)


@pytest.mark.parametrize("function", ["token", "stamp", "chance", "today"])
def test_a_value_that_is_another_each_time_is_not_asserted(values: Laboratory, function):
    assert values.cases(function) == []


def test_a_list_in_the_order_of_a_set_is_not_compared(values: Laboratory):
    assert [
        assertion for case in values.cases("bag") for assertion in case.assertions if isinstance(assertion, Equals)
    ] == []


def test_a_call_that_ends_differently_on_another_day_makes_no_case(values: Laboratory):
    first, second = values.observers.both([values.base("sometimes")])[0]

    assert {first.outcome, second.outcome} == {"returned", "raised"}
    assert values.cases("sometimes") == []


@pytest.mark.parametrize(
    ("function", "assertions"),
    [
        ("tags", (Equals("result", Items("set", (Literal("ada"), Literal("grace")))),)),
        ("ratio", (Equals("result", Literal(1.0)),)),
        ("nothing", (Equals("result", Literal(None)),)),
        ("many", (HasLength("result", 1000),)),
        ("point", (Equals("result.x", Literal(3)),)),
        ("broken_handle", (Raises("builtins:ValueError", "bad handle"),)),
        (
            "long_complaint",
            (Raises("builtins:ValueError", "Ada Lovelace" + " is not allowed here" * 3 + " is not allowed"),),
        ),
        (
            "Basket.put",
            (
                Equals("result", Literal(None)),
                Equals("basket.items", Items("list", (Literal("Ada Lovelace"),))),
            ),
        ),
    ],
)
def test_what_holds_both_times_is_asserted(values: Laboratory, function, assertions):
    case = values.cases(function)[0]

    assert (case.target, case.kind, case.assertions) == (function, "unit", assertions)


def test_an_exception_is_matched_by_what_its_message_keeps_where_it_is_another_each_time(values: Laboratory):
    assert only(values, "random_complaint").assertions == (Raises("builtins:ValueError", "request"),)


@pytest.mark.parametrize(
    ("function", "assertion"), [("receipt", Equals("result.total", Literal(3))), ("bag", HasLength("result", 8))]
)
def test_the_stable_part_of_an_unstable_value_is_asserted(values: Laboratory, function, assertion):
    assert assertion in only(values, function).assertions


def test_a_twin_answers_what_the_database_answered(ledger: Laboratory):
    [case] = units(ledger, ledger.base("Ledger.remove"))

    assert case.scenario.database == "mock"
    assert [(row.name, row.kind) for row in case.scenario.bindings] == [("book", "object"), ("ledger", "object")]
    assert case.scenario.mock_calls == (MockCall(("get()",), (Outcome(Name("book")),)),)
    assert case.assertions == (
        Equals("result", Literal(True)),
        Called("mock_session", "delete", 1, (("", Name("book")),)),
        Called("mock_session", "commit", 1, ()),
    )


def test_a_twin_that_takes_another_branch_is_not_kept(ledger: Laboratory):
    cases = ledger.cases("is_saved")

    assert [(case.kind, case.assertions) for case in cases] == [
        ("integration", (Equals("result", Literal("saved")), RowCount("lab:Book", 1)))
    ]


def test_a_mock_that_must_raise_is_mended_and_diagnosed(ledger: Laboratory):
    base = ledger.base("open_book")
    name = base.act.arguments[1].value
    taken = with_book(ledger, "open_book", name=name)
    twins = ledger.twins([found(ledger, taken), found(ledger, base)])
    made = ledger.report.exceptions["IntegrityError"]

    assert ledger.see(taken).result == Literal("taken")
    assert [scenario.mock_calls for scenario in twins.scenarios] == [
        (MockCall(("commit()",), (Outcome(made, raises=True),)),),
        (),
    ]
    assert twins.diagnoses == (Diagnosis.mock_does_not_raise("open_book", "sqlalchemy.exc:IntegrityError"),)
    assert twins.diagnoses[0].slug == "mock-does-not-raise"
    assert ledger.see(twins.scenarios[0]).result == Literal("taken")


def test_a_mock_that_must_raise_what_nobody_can_make_gives_no_twin(ledger: Laboratory):
    name = ledger.base("open_book").act.arguments[1].value
    taken = found(ledger, with_book(ledger, "open_book", name=name))

    twins = derive_twins(ledger.observers, [taken], ledger.goals, ledger.report.models, {})

    assert (twins.scenarios, twins.diagnoses) == ((), ())


def test_a_twin_has_the_column_defaults_that_a_condition_needs(ledger: Laboratory):
    [case] = units(ledger, ledger.base("kind_of"))
    book = case.scenario.binding("book")

    assert book is not None
    assert book.value == Call(
        "lab:Book", (), (("id", Literal(1)), ("name", Literal("Ada Lovelace")), ("kind", Literal("plain")))
    )
    assert case.assertions == (Equals("result", Literal(1)),)


def test_a_twin_has_the_relationship_that_the_code_follows(ledger: Laboratory):
    [case] = units(ledger, ledger.base("holder"))

    assert case.scenario.assignments == (("entry", "book", Name("book")),)
    assert case.assertions == (Equals("result", Literal("Ada Lovelace")),)


def test_a_scenario_with_calls_before_it_or_without_a_database_has_no_twin(values: Laboratory, ledger: Laboratory):
    removing = ledger.base("Ledger.remove")
    after = replace(removing, before=(ledger.base("Ledger.find").act,))

    assert ledger.twins([found(ledger, after)]).scenarios == ()
    assert values.twins([found(values, values.base("ratio"))]).scenarios == ()


def test_a_unit_test_does_not_assert_what_only_the_mock_answers(ledger: Laboratory):
    unit = [case.assertions for case in ledger.cases("numbered") if case.kind == "unit"]

    assert ledger.see(ledger.base("numbered")).result == Literal("plain")
    assert Equals("result", Literal(None)) not in [assertion for assertions in unit for assertion in assertions]


def test_rows_are_counted_only_where_they_changed_and_when_they_were_committed(ledger: Laboratory):
    removed = establish(ledger.observers, "integration", [ledger.base("Ledger.remove")])
    drafted = establish(ledger.observers, "integration", [ledger.base("draft")])
    kept = establish(ledger.observers, "integration", [ledger.base("kind_of")])

    assert [(case.committed, case.assertions) for case in (*removed, *drafted, *kept)] == [
        (True, (Equals("result", Literal(True)), RowCount("lab:Book", 0))),
        (False, (Equals("result", Literal(None)),)),
        (False, (Equals("result", Literal(1)),)),
    ]


def test_a_changed_column_is_asserted_on_the_row(ledger: Laboratory):
    base = ledger.base("Ledger.rename")
    renaming = with_value(base, Slot(("argument", 1), (), base.act.arguments[1].value), Literal("New name"))

    [case] = establish(ledger.observers, "integration", [renaming])

    assert case.assertions == (Equals("result", Literal(True)), Equals("book.name", Literal("New name")))


def test_the_plain_call_of_a_setter_changes_something(ledger: Laboratory):
    [case] = establish(ledger.observers, "integration", [ledger.base("Ledger.rename")])

    assert [assertion for assertion in case.assertions if str(getattr(assertion, "subject", "")) == "book.name"] != []


def test_a_look_up_is_tested_with_a_row_that_is_there(ledger: Laboratory):
    asserted = [item for case in ledger.cases("Ledger.find") for item in case.assertions]

    assert [item for item in asserted if item != Equals("result", Literal(None))] != []


def test_an_object_that_cannot_be_compared_is_asserted_by_its_class(ledger: Laboratory):
    assert [case.assertions for case in ledger.cases("Ledger.__init__")] == [
        (IsInstance("result", "lab:Ledger"),),
        (IsInstance("result", "lab:Ledger"),),
    ]
