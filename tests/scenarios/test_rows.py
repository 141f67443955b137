"""Rows of a scenario: complete, connected, distinct; and edits of them by the words of a condition."""

import pytest
from laboratory import Laboratory

from proctor.analysis.influences import Influences
from proctor.execution.expressions import NONE, Call, Expression, Literal, Name, Pairs, Symbol
from proctor.execution.records import ColumnReport, ModelReport, Note, SiteReport
from proctor.scenarios.edits import EditSource, set_column
from proctor.scenarios.rows import RowSource, column_value, snake
from proctor.scenarios.scenario import Binding, Scenario, Step
from proctor.scenarios.values import ValueSource

EMPTY = Scenario("f", Step("function", "lab:f", "f"))


def column(name: str, kind: str = "builtins:str", **changes: object) -> ColumnReport:
    values: dict[str, object] = {
        "name": name,
        "column": name,
        "kind": kind,
        "members": (),
        "nullable": False,
        "primary": False,
        "unique": False,
        "has_default": False,
        "default": None,
        "length": None,
        "scale": None,
        "timezone": False,
        "foreign": None,
    }
    return ColumnReport(**values | changes)  # type: ignore[arg-type]  # a test's changes


def model(name: str, *columns: ColumnReport) -> ModelReport:
    key = column("id", "builtins:int", primary=True)
    return ModelReport(f"lab:{name}", f"{snake(name)}s", (key, *columns), (), ())


def source(*models: ModelReport) -> RowSource:
    return RowSource({item.path: item for item in models})


def keywords(binding: Binding) -> dict[str, object]:
    assert isinstance(binding.value, Call)
    return dict(binding.value.keywords)


@pytest.mark.parametrize(
    ("name", "expected"), [("OrderItem", "order_item"), ("HTTPLog", "http_log"), ("Order", "order"), ("A1", "a1")]
)
def test_a_class_name_becomes_a_variable_name(name, expected):
    assert snake(name) == expected


def test_rows_that_a_key_refers_to_are_made_first_through_every_level():
    country = model("Country", column("name"))
    city = model("City", column("country_id", "builtins:int", foreign="countrys.id"))
    street = model("Street", column("city_id", "builtins:int", foreign="citys.id"))

    scenario = source(country, city, street).add(EMPTY, street)

    assert [(row.name, row.kind, keywords(row)) for row in scenario.rows] == [
        ("country", "row", {"id": Literal(1), "name": Literal("Ada Lovelace")}),
        ("city", "row", {"id": Literal(1), "country_id": Name("country", "id")}),
        ("street", "row", {"id": Literal(1), "city_id": Name("city", "id")}),
    ]


def test_a_row_that_is_there_is_referred_to_again():
    owner = model("Owner")
    pet = model("Pet", column("owner_id", "builtins:int", foreign="owners.id"))
    rows = source(owner, pet)

    scenario = rows.add(rows.add(EMPTY, pet), pet)

    assert [row.name for row in scenario.rows] == ["owner", "pet", "other_pet"]
    assert keywords(scenario.rows[2])["owner_id"] == Name("owner", "id")


def test_a_key_to_the_same_table_and_a_circle_of_keys_come_to_an_end():
    node = model("Node", column("parent_id", "builtins:int", foreign="nodes.id"))
    left = model("Left", column("right_id", "builtins:int", foreign="rights.id"))
    right = model("Right", column("left_id", "builtins:int", foreign="lefts.id"))

    assert [keywords(row) for row in source(node).add(EMPTY, node).rows] == [
        {"id": Literal(1), "parent_id": Literal(1)}
    ]
    assert len(source(left, right).add(EMPTY, left).rows) <= 10


def test_optional_columns_and_those_with_a_default_are_left_to_the_database():
    note = model("Note", column("text", nullable=True), column("kind", has_default=True), column("title"))

    assert [keywords(row) for row in source(note).add(EMPTY, note).rows] == [
        {"id": Literal(1), "title": Literal("Ada Lovelace")}
    ]


def test_unique_columns_differ_from_row_to_row():
    person = model(
        "Person",
        column("email", unique=True),
        column("code", unique=True),
        column("number", "builtins:int", unique=True),
    )
    rows = source(person)
    scenario = EMPTY
    for _ in range(5):
        scenario = rows.add(scenario, person)

    assert [row.name for row in scenario.rows] == [
        f"{ordinal}person" for ordinal in ("", "other_", "third_", "fourth_", "fifth_")
    ]
    for name in ("id", "email", "code", "number"):
        assert len({keywords(row)[name] for row in scenario.rows}) == 5
    assert rows.add(scenario, person) == scenario


def test_given_values_stand_in_the_row():
    person = model("Person", column("email"))

    scenario = source(person).add(EMPTY, person, {"email": Literal("x@example.com"), "id": Literal(9)})

    assert keywords(scenario.rows[0]) == {"id": Literal(9), "email": Literal("x@example.com")}


def test_rows_stand_before_the_objects_that_may_use_them():
    person = model("Person")
    service = Binding("service", Call("lab:Service", (Name("db_session"),)))

    scenario = source(person).add(Scenario("f", EMPTY.act, bindings=(service,)), person)

    assert [binding.name for binding in scenario.bindings] == ["person", "service"]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (column("name", length=5), Literal("Ada L")),
        (column("state", members=("open", "shut")), Literal("open")),
        (column("kind", "enum", members=("lab:Kind.A", "lab:Kind.B")), Symbol("lab:Kind.A")),
        (column("price", "decimal:Decimal"), Call("decimal:Decimal", (Literal("10.00"),))),
        (column("extra", "json"), Pairs(((Literal("key"), Literal("value")),))),
        (column("is_open", "builtins:bool"), Literal(True)),
        (column("ratio", "builtins:float"), Literal(1.5)),
        (column("data", "builtins:bytes"), Literal(b"abc")),
        (
            column("at", "datetime:datetime"),
            Call("datetime:datetime", (Literal(2024), Literal(1), Literal(15), Literal(12))),
        ),
    ],
)
def test_a_column_gets_a_value_of_its_kind(made, expected):
    assert column_value(made, 0) == expected


@pytest.mark.parametrize(("timezone", "has_zone"), [(True, {True}), (False, {False})])
def test_a_moment_has_a_zone_where_the_column_keeps_one(timezone, has_zone):
    at = column("at", "datetime:datetime", timezone=timezone)
    moments = source().candidates(model("Log", at), at)

    assert {bool(moment.keywords) for moment in moments if isinstance(moment, Call)} == has_zone


def test_only_a_nullable_column_may_be_none():
    optional, required = column("note", nullable=True), column("note")

    assert NONE in source().candidates(model("Log", optional), optional)
    assert NONE not in source().candidates(model("Log", required), required)


def test_a_parameter_names_its_model_by_its_id():
    rows = source(model("OrderItem"))

    assert rows.model_of_id("order_item_id") == model("OrderItem")
    assert (rows.model_of_id("order_item"), rows.model_of_id("other_id")) == (None, None)


def test_a_column_is_set_in_one_row_only():
    person = model("Person", column("email"))
    rows = source(person)
    scenario = rows.add(rows.add(EMPTY, person), person)

    changed = set_column("other_person", "email", Literal("x"), scenario)

    assert [keywords(row)["email"] for row in changed.rows] == [
        keywords(scenario.rows[0])["email"],
        Literal("x"),
    ]
    assert set_column("nobody", "email", Literal("x"), scenario) == scenario


def edits(lab: Laboratory, function: str, text: str, *operands: Expression) -> list[Scenario]:
    values, rows = ValueSource(lab.report), RowSource(lab.report.models)
    [site] = [item for item in lab.report.sites.values() if item.text == text and item.function == function]
    made = EditSource(lab.target(function), Influences(lab.source), values, rows, lab.composer)
    assert isinstance(site, SiteReport)
    notes = [Note(site.id, "test", "", operands, True)] if operands else []
    return [edit(lab.base(function)) for edit in made.singles(lab.base(function), site, notes)]


def test_the_words_of_a_condition_say_which_relationship_to_fill(database: Laboratory):
    scenarios = edits(database, "price", "ticket.voucher")

    [filled] = [scenario for scenario in scenarios if [row.name for row in scenario.rows][:1] == ["voucher"]]
    assert [row.name for row in filled.rows] == ["voucher", "patron", "ticket"]
    assert keywords(filled.rows[2])["voucher_id"] == Name("voucher", "id")


def test_the_words_of_a_condition_say_which_column_and_argument_to_change(database: Laboratory):
    scenarios = edits(database, "move", "ticket.state == 'punched' and state == 'refunded'")
    base = database.base("move")

    columns = {keywords(row)["state"] for scenario in scenarios for row in scenario.rows if row.name == "ticket"}
    arguments = {scenario.act.arguments[2].value for scenario in scenarios}
    assert Literal("other") in columns
    assert len(arguments) > 3
    assert {scenario.act.arguments[0] for scenario in scenarios} == {base.act.arguments[0]}


def test_the_operand_of_a_condition_is_written_to_a_column_of_its_kind_only(database: Laboratory):
    condition = "ticket.state == 'punched' and state == 'refunded'"
    scenarios = edits(database, "move", condition, Literal(True))

    states = {keywords(row)["state"] for scenario in scenarios for row in scenario.rows if row.name == "ticket"}
    assert {value.kind for value in states if isinstance(value, Literal)} == {"str"}
