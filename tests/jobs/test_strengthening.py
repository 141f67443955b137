"""Cases that only a mutant asks for: boundaries, swapped arguments, dropped keywords."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))

from laboratory import Laboratory, laboratory

from proctor.execution.expressions import Expression, Literal
from proctor.jobs.testgen.strengthening import Exploration, MutationLimits, Strengthener
from proctor.oracles.cases import Case, establish
from proctor.scenarios.scenario import Argument, Scenario, Step
from proctor.scenarios.search import Found

PROGRAM = """
def is_heavy(weight: int) -> bool:
    return weight > 2000


def difference(left: int, right: int) -> int:
    return subtracted(left, right)


def subtracted(left: int, right: int) -> int:
    return left - right


def framed(text: str, mark: str = "*") -> str:
    return wrapped(text, mark=mark)


def wrapped(text: str, mark: str = "*") -> str:
    return mark + text


def noted(text: str) -> int:
    size = len(text)
    size = size + 0
    return size
"""
LIMITS = MutationLimits(mutants=200, runs=2000, candidates=40)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("strengthened"), PROGRAM) as loaded:
        yield loaded


def called(function: str, /, **arguments: int | str) -> Scenario:
    given = tuple(Argument(key, Literal(value), keyword=True) for key, value in arguments.items())
    return Scenario(function, Step("function", f"lab:{function}", function, arguments=given))


class Outcome:
    """What strengthening made of one case."""

    def __init__(self, lab: Laboratory, scenario: Scenario, limits: MutationLimits = LIMITS) -> None:
        search = lab.unrun(scenario.target)
        seen = lab.see(scenario)
        search.found.append(Found(scenario, seen, lab.goals.reached(seen)))
        self.before = establish(lab.observers, "unit", [scenario])
        strengthener = Strengthener(lab.report, lab.source, lab.first, lab.observers, limits)
        explorations = [Exploration(search, lab.proposer(scenario.target))]
        cases, self.fates = strengthener.strengthened(self.before, explorations, frozenset())
        self.added = cases[len(self.before) :]

    def fate(self, before: str, after: str) -> str:
        """What became of the mutant."""
        return next(fate.kind for fate in self.fates if (fate.mutant.before, fate.mutant.after) == (before, after))


def arguments(case: Case) -> dict[str, Expression]:
    return {argument.name: argument.value for argument in case.scenario.act.arguments}


def test_a_boundary_gets_a_case_on_it(lab: Laboratory) -> None:
    outcome = Outcome(lab, called("is_heavy", weight=5000))

    assert outcome.fate("weight > 2000", "weight >= 2000") == "killed"
    assert {"weight": Literal(2000)} in [arguments(case) for case in outcome.added]


def test_swapped_arguments_get_values_that_differ(lab: Laboratory) -> None:
    outcome = Outcome(lab, called("difference", left=3, right=3))

    assert outcome.fate("subtracted(left, right)", "subtracted(right, left)") == "killed"


def test_a_keyword_that_is_dropped_gets_another_value_than_its_default(lab: Laboratory) -> None:
    outcome = Outcome(lab, called("framed", text="note"))

    assert outcome.fate("wrapped(text, mark=mark)", "wrapped(text)") == "killed"


def test_added_cases_assert_what_both_processes_saw(lab: Laboratory) -> None:
    outcome = Outcome(lab, called("is_heavy", weight=5000))

    scenarios = [case.scenario for case in outcome.added]
    assert list(outcome.added) == establish(lab.observers, "unit", scenarios)


def test_nothing_is_added_where_no_call_can_tell_the_mutant_from_the_original(lab: Laboratory) -> None:
    outcome = Outcome(lab, called("noted", text="note"))

    assert outcome.fate("size + 0", "size - 0") == "unnoticed"
    assert outcome.added == ()


def test_the_same_case_is_strengthened_in_the_same_way_again(lab: Laboratory) -> None:
    first, second = (Outcome(lab, called("difference", left=3, right=3)) for _ in range(2))

    assert (first.added, first.fates) == (second.added, second.fates)


def test_a_search_that_is_hurried_tries_no_mutant(lab: Laboratory) -> None:
    hurried = MutationLimits(mutants=9, runs=900, candidates=9, is_over=lambda: True)

    outcome = Outcome(lab, called("is_heavy", weight=5000), hurried)

    assert {fate.kind for fate in outcome.fates} <= {"untried", "equivalent"}
    assert outcome.added == ()
