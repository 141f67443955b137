"""Values for annotations: really of the type, typical first, within limits."""

from collections.abc import Iterator

import annotated_programs
import pytest
from laboratory import Laboratory, laboratory

from proctor.execution.expressions import NONE, Call, Expression, Function, Literal, Name
from proctor.execution.records import TargetReport, TypeReport
from proctor.scenarios.limits import within
from proctor.scenarios.scenario import Slot, with_value
from proctor.scenarios.values import ValueSource, number_for, text_for

ANNOTATED = [
    line.split("(")[0].removeprefix("def ")
    for line in annotated_programs.ANNOTATED.splitlines()
    if line.startswith("def ") and "-> bool" in line
]
NOTHING_KNOWN = TargetReport("lab", (), {}, {}, {}, {}, {}, (), (), None)


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("annotated"), annotated_programs.ANNOTATED) as loaded:
        yield loaded


def of(kind: str, name: str = "", **limits: int | float | str) -> TypeReport:
    return TypeReport(kind, name, limits=limits)


def candidates(kind: TypeReport, name: str = "value") -> tuple[Expression, ...]:
    return ValueSource(NOTHING_KNOWN).candidates(kind, name)


@pytest.mark.parametrize("function", ANNOTATED)
def test_every_candidate_is_what_the_annotation_promises(annotated: Laboratory, function):
    [parameter] = annotated.target(function).parameters
    base = annotated.base(function)
    values = ValueSource(annotated.report).candidates(parameter.type, parameter.name)
    scenarios = [with_value(base, Slot(("argument", 0), (), NONE), value) for value in values]

    seen = annotated.first.observe(scenarios)

    assert values
    wrong = [
        (value, run.outcome, run.reason or run.raised)
        for value, run in zip(values, seen, strict=True)
        if run.result != Literal(True)
    ]
    assert wrong == []


def test_an_optional_value_is_sometimes_none_and_first_what_it_usually_is(annotated: Laboratory):
    [parameter] = annotated.target("maybe").parameters

    first, second, *rest = ValueSource(annotated.report).candidates(parameter.type, "count")

    assert (first, second, NONE in rest) == (Literal(10), NONE, False)


def test_an_object_is_built_from_what_its_constructor_requires(annotated: Laboratory):
    [parameter] = annotated.target("account").parameters
    money = Call("decimal:Decimal", (Literal("10.00"),))

    assert ValueSource(annotated.report).typical(parameter.type, "account") == Call(
        "lab:Account", (), (("owner", Literal("Ada Lovelace")), ("limit", money))
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("contact_email", "ada@example.com"),
        ("first_name", "Ada"),
        ("website_url", "https://example.com/page"),
        ("frobnication", "frobnication"),
    ],
)
def test_a_text_is_what_its_name_suggests(name, text):
    assert (text_for(name), candidates(of("atom", "builtins:str"), name)[0]) == (text, Literal(text))


def test_a_number_is_what_its_name_suggests():
    assert [number_for(name) for name in ("page", "birth_year", "quantity", "offset", "frobs")] == [1, 2024, 3, 0, 3]


def test_no_candidate_is_proposed_twice():
    for kind in (of("atom", "builtins:str"), of("atom", "builtins:int"), of("unknown")):
        values = candidates(kind, "title")
        assert len(set(values)) == len(values)


def test_texts_keep_the_limits_of_their_annotation():
    values = candidates(of("atom", "builtins:str", min_length=3, max_length=12), "title")
    patterned = candidates(of("atom", "builtins:str", pattern="^[A-Z]{3}$"), "code")

    assert {3 <= len(str(value.value)) <= 12 for value in values if isinstance(value, Literal)} == {True}
    assert patterned[0] == Literal("AAA")


def test_numbers_keep_the_limits_of_their_annotation_and_start_at_the_lowest():
    values = candidates(of("atom", "builtins:int", ge=5, lt=100), "count")

    assert values[:2] == (Literal(6), Literal(5))
    assert {5 <= int(str(value.value)) < 100 for value in values if isinstance(value, Literal)} == {True}


def test_a_number_that_must_be_greater_is_not_equal():
    assert Literal(5) not in candidates(of("atom", "builtins:int", gt=5), "count")


def test_a_number_between_two_bounds_stays_below_the_upper_one():
    assert Literal(6) not in candidates(of("atom", "builtins:int", ge=5, le=5), "count")


def test_the_lowest_decimal_is_a_decimal():
    assert not [value for value in candidates(of("atom", "decimal:Decimal", ge=1)) if isinstance(value, Literal)]


def test_a_text_of_a_required_length_is_made():
    assert candidates(of("atom", "builtins:str", min_length=20, max_length=40), "code") != ()


def test_values_without_limits_are_all_of_them():
    assert tuple(within(iter((Literal(1), NONE)), {})) == (Literal(1), NONE)


def test_a_session_is_the_real_one_by_type_and_by_name_only_where_there_are_models(database: Laboratory):
    source = ValueSource(database.report)

    assert source.candidates(of("class", "sqlalchemy.orm.session:Session"), "anything") == (Name("db_session"),)
    assert source.candidates(of("unknown"), "db") == (Name("db_session"),)
    assert Name("db_session") not in candidates(of("unknown"), "db")


def test_an_unannotated_callback_is_a_function():
    assert candidates(of("unknown"), "predicate")[:3] == (
        Function(None),
        Function(Literal(True)),
        Function(Literal(False)),
    )


def test_a_class_that_nothing_is_known_of_has_no_value():
    assert candidates(of("class", "lab:Unheard")) == ()
