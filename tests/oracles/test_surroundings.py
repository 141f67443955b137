"""What a call leaves behind besides its result: changed arguments and receivers, output and warnings."""

from collections.abc import Iterator

import judged_programs
import pytest
from laboratory import Laboratory, laboratory

from proctor.execution.expressions import Items, Literal
from proctor.oracles.assertions import Assertion, Equals, Warns
from proctor.oracles.cases import establish


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("surroundings"), judged_programs.SURROUNDINGS) as loaded:
        yield loaded


def asserted(lab: Laboratory, target: str) -> tuple[Assertion, ...]:
    [case] = establish(lab.observers, "unit", [lab.base(target)])
    return case.assertions


def test_an_argument_that_the_call_changed_is_compared(lab: Laboratory):
    assert Equals("items", Items("list", (Literal(3), Literal(7)))) in asserted(lab, "fill")


def test_what_the_call_printed_is_compared(lab: Laboratory):
    assert Equals("capsys.readouterr().out", Literal("hello\n")) in asserted(lab, "speak")


def test_a_warning_is_expected_by_its_category_and_message(lab: Laboratory):
    assert asserted(lab, "old") == (
        Equals("result", Literal(1)),
        Warns("builtins:DeprecationWarning", "use the new one"),
    )


def test_a_result_that_is_no_number_is_asked_whether_it_is(lab: Laboratory):
    assert asserted(lab, "unknown") == (Equals("math.isnan(result)", Literal(True)),)


def test_a_receiver_that_the_call_changed_shows_it_although_its_data_is_private(lab: Laboratory):
    assert asserted(lab, "Stack.take") == (
        Equals("result", Literal(2)),
        Equals("list(stack)", Items("list", (Literal(1),))),
    )
