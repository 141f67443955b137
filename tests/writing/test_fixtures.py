"""Shared fixtures: only those that are asked for, with what they need, and real ones."""

import ast
import datetime

import pytest

from proctor.execution.expressions import Call, Literal, Name
from proctor.oracles.assertions import Equals
from proctor.oracles.cases import Case
from proctor.scenarios.scenario import Argument, Binding, Scenario, Step
from proctor.writing.fixtures import DatabaseFacts, conftest_source, module_fixtures, shared_fixtures, used_shared
from proctor.writing.printing import Imports
from proctor.writing.style import ModuleStyle, common_environment, factories, receivers

NOTHING = DatabaseFacts({})


def names(wanted: set[str], facts: DatabaseFacts = NOTHING) -> list[str]:
    return [fixture.name for fixture in shared_fixtures(frozenset(wanted), facts)]


@pytest.fixture
def models(suite_of):
    return suite_of("database").lab.report.models


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        (set(), []),
        ({"db_session"}, ["engine", "db_session"]),
        ({"save"}, ["engine", "db_session", "save"]),
        ({"count"}, ["engine", "db_session", "count"]),
        ({"mock_session"}, ["session_mock", "mock_session"]),
        ({"unheard_of"}, []),
    ],
)
def test_a_fixture_comes_with_those_that_it_needs(asked, made):
    assert names(asked) == made


def test_the_conftest_stands_in_one_order_whatever_order_was_asked_for(models):
    facts = DatabaseFacts(models, ("lab",), ("lab:Base",))
    made = shared_fixtures(frozenset({"make_ticket", "count", "make_patron", "mock_session"}), facts)

    source = conftest_source(reversed(made))

    assert source == conftest_source(made)
    assert [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)] == [
        "engine",
        "db_session",
        "count",
        "session_mock",
        "mock_session",
        "make_patron",
        "make_ticket",
    ]


def test_the_engine_imports_the_models_before_it_creates_their_tables(models):
    [engine] = [
        fixture
        for fixture in shared_fixtures(
            frozenset({"engine"}), DatabaseFacts(models, ("shop.a", "shop.b"), ("lab:Base",))
        )
        if fixture.name == "engine"
    ]

    order = [
        engine.source.index(text)
        for text in ("import_module('shop.a')", "import_module('shop.b')", "create_all(engine)")
    ]
    assert order == sorted(order)


def test_a_session_has_the_options_that_the_project_gives_its_own():
    facts = DatabaseFacts({}, session_options={"autoflush": False, "expire_on_commit": True})
    [session] = [
        fixture for fixture in shared_fixtures(frozenset({"db_session"}), facts) if fixture.name == "db_session"
    ]

    assert "with Session(engine, autoflush=False) as session:" in session.source


def test_a_metadata_object_is_used_as_it_is():
    facts = DatabaseFacts({}, bases=("lab:Base", "lab:metadata"))
    [engine] = [fixture for fixture in shared_fixtures(frozenset({"engine"}), facts) if fixture.name == "engine"]

    assert "Base.metadata.create_all(engine)" in engine.source
    assert "    metadata.create_all(engine)" in engine.source


def test_a_factory_has_usual_values_and_leaves_keys_to_the_test(models):
    made = factories(models)

    assert {factory.fixture: factory.values for factory in made.values()} == {
        "make_patron": (("id", Literal(1)), ("email", Literal("ada@example.com")), ("rank", Literal("rank"))),
        "make_voucher": (("id", Literal(1)), ("percent", Literal(10))),
        "make_ticket": (("id", Literal(1)), ("state", Literal("US"))),
    }


def calling(fixture: str, environment: tuple[tuple[str, str | None], ...] = (), *, database: str = "") -> Case:
    session = {"session": "db_session", "mock": "mock_session"}.get(database, "")
    argument = (Name(session),) if session else (Literal(3),)
    scenario = Scenario(
        "Shop.sell",
        Step("method", "lab:Shop.sell", "sell", fixture, (Argument("title", Literal("Emma"), False),)),
        bindings=(Binding(fixture, Call("lab:Shop", argument)),),
        database=database,
        environment=environment,
    )
    return Case("Shop.sell", "unit", scenario, (Equals("result", Literal(1)),))


def test_a_receiver_that_several_tests_build_is_a_fixture_and_one_that_one_test_builds_is_not():
    assert receivers([calling("shop")]) == {}
    assert receivers([calling("shop"), calling("shop")]) == {Binding("shop", Call("lab:Shop", (Literal(3),))): "shop"}


def test_a_receiver_on_a_mock_has_a_name_of_its_own():
    cases = [calling("shop", database=kind) for kind in ("session", "mock") * 2]
    imports = Imports()

    style = ModuleStyle("lab", receivers(cases))

    assert [fixture.splitlines()[1:] for fixture in module_fixtures(style, cases, imports)] == [
        ["def shop(db_session):", "    return Shop(db_session)"],
        ["def shop_on_mock(mock_session):", "    return Shop(mock_session)"],
    ]


def test_the_environment_that_most_tests_need_is_set_for_all():
    usual, other = (("API_KEY", "test-key"),), (("API_KEY", None),)
    cases = [calling("shop", usual), calling("shop", usual), calling("shop", other)]

    assert common_environment(cases) == (("API_KEY", "test-key"),)
    assert common_environment([calling("shop", usual), calling("shop"), calling("shop")]) == ()


def test_the_environment_is_a_fixture_that_every_test_has():
    [source] = module_fixtures(ModuleStyle("lab", environment=(("API_KEY", "test-key"),)), [], Imports())

    assert source.splitlines() == [
        "@pytest.fixture(autouse=True)",
        "def environment(monkeypatch):",
        "    monkeypatch.setenv('API_KEY', 'test-key')",
    ]


def test_a_frozen_clock_stands_still_and_is_still_a_clock():
    imports = Imports()
    sources = module_fixtures(ModuleStyle("lab", frozen=("datetime", "date")), [], imports)
    found: dict[str, object] = {}
    exec("\n".join([imports.source(), *sources[:2]]), found)
    now, today = found["FrozenDatetime"].now(), found["FrozenDate"].today()  # type: ignore[attr-defined]  # made above
    zoned = found["FrozenDatetime"].now(datetime.UTC)  # type: ignore[attr-defined]  # made above
    assert (now, today) == (datetime.datetime(2024, 1, 15, 12), datetime.date(2024, 1, 15))
    assert zoned == datetime.datetime(2024, 1, 15, 12, tzinfo=datetime.UTC)
    assert 'monkeypatch.setattr("lab.datetime", FrozenDatetime)' in sources[2]


def test_shared_fixtures_are_found_by_the_arguments_that_ask_for_them(models):
    style = ModuleStyle("lab", factories=factories(models))
    sources = ["def test_a(self, save, make_patron, tmp_path):\n    pass", "def shop(db_session):\n    pass"]

    assert used_shared(sources, style) == {"save", "make_patron", "db_session"}
