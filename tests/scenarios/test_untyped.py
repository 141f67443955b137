"""What is not annotated is inferred from use, and what is a text is searched for with the module's own words."""

from collections.abc import Iterator

import pytest
import untyped_programs
from laboratory import Laboratory, laboratory

from proctor.execution.expressions import Call, Expression, Items, Literal, Name, Pairs
from proctor.execution.records import TargetReport, TypeReport
from proctor.scenarios.examples import Examples, calls_in
from proctor.scenarios.inference import inferred
from proctor.scenarios.producers import Producers
from proctor.scenarios.search import Search
from proctor.scenarios.values import ValueSource


@pytest.fixture(scope="module")
def untyped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("untyped"), untyped_programs.UNTYPED) as loaded:
        yield loaded


def answers(search: Search) -> set[str]:
    return {
        str(item.seen.result.value) if isinstance(item.seen.result, Literal) else item.seen.outcome
        for item in search.found
    }


def first_value(laboratory: Laboratory, qualname: str) -> Expression:
    return laboratory.base(qualname).act.arguments[0].value


@pytest.mark.parametrize(
    "program", ["doors", "label", "applied", "shout", "handed_on", "halves", "scan", "section", "shelf", "greeted"]
)
def test_every_branch_of_an_untyped_function_is_reached(untyped: Laboratory, program):
    assert untyped.open_conditions(untyped.search(program)) == []


def test_keys_that_are_read_become_the_items_of_a_dict(untyped: Laboratory):
    value = first_value(untyped, "label")

    assert isinstance(value, Pairs)
    assert [key for key, _ in value.items] == [Literal("kind"), Literal("size"), Literal("name")]


def test_the_elements_of_a_parameter_are_used_as_texts(untyped: Laboratory):
    assert first_value(untyped, "shout") == Items("list", (Literal("word"),))


def test_a_parameter_that_is_handed_on_is_what_the_other_function_takes(untyped: Laboratory):
    assert first_value(untyped, "handed_on") == Items("list", (Literal("thing"),))


def test_a_documented_type_counts_as_an_annotation(untyped: Laboratory):
    assert first_value(untyped, "halves") == Literal(3)


def test_without_the_guess_the_value_is_only_a_text(untyped: Laboratory):
    assert ValueSource(untyped.loaded).typical(untyped.loaded.callables[-1].parameters[0].type, "record") == Literal(
        "record"
    )


def test_a_text_is_found_in_which_a_scanner_sees_a_whole_word(untyped: Laboratory):
    assert answers(untyped.search("scan")) == {"bang", "end", "nothing"}


def test_a_pattern_that_is_made_at_run_time_is_matched(untyped: Laboratory):
    assert answers(untyped.search("section")) >= {"untitled", "full", "empty"}


def test_a_constructor_that_takes_one_form_only_is_learned_and_used(untyped: Laboratory):
    search = untyped.search("Engine.__init__")
    producers = Producers("lab", untyped.report.classes)

    producers.learn(untyped.target("Engine.__init__"), [(item.scenario, item.seen) for item in search.found])

    [call, *_] = producers.of("lab:Engine")
    assert isinstance(call.args[0], Literal)
    assert str(call.args[0].value).count(";") == 3


def test_a_call_that_raised_teaches_nothing(untyped: Laboratory):
    search = untyped.search("Engine.__init__")
    producers = Producers("lab", untyped.report.classes)

    failing = [(item.scenario, item.seen) for item in search.found if item.seen.outcome == "raised"]
    producers.learn(untyped.target("Engine.__init__"), failing)

    assert (bool(failing), producers.of("lab:Engine")) == (True, ())


def test_a_doctest_gives_the_object_and_the_calls_before(untyped: Laboratory):
    examples = Examples(untyped.report, untyped.source)
    target = untyped.target("Engine.first")

    [seed] = examples.seeds(target, untyped.base("Engine.first"))

    assert [binding.value for binding in seed.bindings] == [Call("lab:Engine", (Literal("a;b;c;d"),))]
    assert [(step.member, step.arguments[0].value) for step in seed.before] == [("push", Literal("e"))]
    assert untyped.see(seed).result == Literal("e")


def test_a_call_in_running_text_is_an_example(untyped: Laboratory):
    examples = Examples(untyped.report, untyped.source)

    [seed] = examples.seeds(untyped.target("looked_up"), untyped.base("looked_up"))

    assert (seed.act.arguments[0].value, untyped.see(seed).result) == (Literal("ZX-81"), Literal("machine"))


def test_the_text_of_a_call_ends_with_its_bracket():
    assert list(calls_in("first f(g(1), [2]) then f(3); not xf(4) nor f(5", "f")) == ["f(g(1), [2])", "f(3)"]


def test_the_same_source_gives_the_same_guesses(untyped: Laboratory):
    report: TargetReport = untyped.loaded

    assert inferred(report, untyped.uses) == inferred(report, untyped.uses)


def test_a_session_without_annotation_stays_the_real_one_where_it_is_used(database: Laboratory):
    kind = TypeReport("guess", of=(TypeReport("shape", of=(TypeReport("unknown", "commit"),)),))

    assert ValueSource(database.report).candidates(kind, "session") == (Name("db_session"),)
