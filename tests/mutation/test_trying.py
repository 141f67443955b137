"""Mutants are loaded in the warm process, and leave it as it was: one small program for each way to load one."""

from collections.abc import Iterator

import pytest
from laboratory import Laboratory, laboratory

from proctor.execution.expressions import Literal
from proctor.execution.records import Observation
from proctor.mutation.mutants import mutants_of
from proctor.mutation.score import Fate
from proctor.mutation.trying import Mutagen, Trial
from proctor.scenarios.scenario import Argument, Scenario, Step

PROGRAM = """
import functools

RATE = 3
LIMITS = {"low": RATE}


def is_large(number: int) -> bool:
    return number > 10


def billed(hours: int) -> int:
    return hours * LIMITS["low"]


def greeting(name: str, mark: str = "!") -> str:
    return name + mark


def doubled(function):
    @functools.wraps(function)
    def twice(number):
        return function(number) * 2
    return twice


@doubled
def raised(number: int) -> int:
    return number + 1


class Base:
    def __init__(self, size: int):
        self.size = size


class Box(Base):
    def __init__(self, size: int):
        super().__init__(size)
        self.__locked = True

    @property
    def area(self) -> int:
        return self.size * self.size

    def is_locked(self) -> bool:
        return self.__locked


def box_area(size: int) -> int:
    return Box(size).area


def is_box_locked(size: int) -> bool:
    return Box(size).is_locked()


def countdown(number: int) -> int:
    while number > 0:
        number -= 1
    return number


def unreached(number: int) -> int:
    if number > 5:
        number += 4
    return 1
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("mutated"), PROGRAM) as loaded:
        yield loaded


def called(function: str, /, **arguments: object) -> Scenario:
    given = tuple(Argument(key, Literal(value), keyword=True) for key, value in arguments.items())  # type: ignore[arg-type]  # plain values
    return Scenario(f"lab:{function}", Step("function", f"lab:{function}", function, arguments=given))


def returning(value: object) -> object:
    """Notices everything but that result."""

    def notices(seen: Observation) -> bool:
        return seen.result != Literal(value)  # type: ignore[arg-type]  # plain values

    return notices


def fates(lab: Laboratory, function: str, trial: Trial) -> dict[tuple[str, str], str]:
    """What becomes of the mutants of a function: by what stands there, and what stands there instead."""
    mutagen = Mutagen(lab.first, "lab", lab.source, runs=1000)
    trials = mutagen.prepared([trial])
    found = [mutagen.fate(mutant, trials) for mutant in mutants_of(lab.source) if mutant.unit.name == function]
    return {(fate.mutant.before, fate.mutant.after): fate.kind for fate in found}


def expecting(scenario: Scenario, value: object) -> Trial:
    return Trial(scenario, returning(value))  # type: ignore[arg-type]  # a function of one observation


def test_only_a_value_on_the_boundary_notices_that_it_moved(lab: Laboratory) -> None:
    moved = ("number > 10", "number >= 10")

    assert fates(lab, "is_large", expecting(called("is_large", number=50), True))[moved] == "unnoticed"
    assert fates(lab, "is_large", expecting(called("is_large", number=10), False))[moved] == "killed"


def test_the_original_is_back_when_its_mutants_are_done(lab: Laboratory) -> None:
    fates(lab, "is_large", expecting(called("is_large", number=10), False))

    assert lab.see(called("is_large", number=10)).result == Literal(False)


def test_a_decorated_function_and_the_decorator_that_made_it_are_reached(lab: Laboratory) -> None:
    trial = expecting(called("raised", number=4), 10)

    assert fates(lab, "raised", trial)[("number + 1", "number - 1")] == "killed"
    assert fates(lab, "doubled", trial)[("function(number) * 2", "function(number) / 2")] == "killed"


def test_methods_with_super_properties_and_private_names_are_reached(lab: Laboratory) -> None:
    area, locked = expecting(called("box_area", size=3), 9), expecting(called("is_box_locked", size=3), True)

    assert fates(lab, "area", area)[("self.size * self.size", "self.size / self.size")] == "killed"
    assert fates(lab, "__init__", area)[("super().__init__(size)", "pass")] == "killed"
    assert fates(lab, "__init__", locked)[("True", "False")] == "killed"


def test_a_default_is_exchanged_for_calls_that_leave_it_out(lab: Laboratory) -> None:
    left_out, given = called("greeting", name="Ada"), called("greeting", name="Ada", mark="?")

    assert fates(lab, "greeting", expecting(left_out, "Ada!"))[("'!'", "'XX!'")] == "killed"
    assert fates(lab, "greeting", expecting(given, "Ada?"))[("'!'", "'XX!'")] == "unnoticed"


def test_a_value_of_the_module_is_made_anew_with_all_that_follows_from_it(lab: Laboratory) -> None:
    found = fates(lab, "", expecting(called("billed", hours=2), 6))

    assert found == {
        ("3", "4"): "killed",
        ("3", "2"): "killed",
        ("'low'", "'XXlow'"): "killed",
        ("'low'", "''"): "killed",
    }


def test_a_loop_that_does_not_end_is_noticed(lab: Laboratory) -> None:
    endless = ("number -= 1", "pass")

    assert fates(lab, "countdown", expecting(called("countdown", number=2), 0))[endless] == "killed"


def test_what_no_trial_executes_is_not_reached(lab: Laboratory) -> None:
    found = fates(lab, "unreached", expecting(called("unreached", number=1), 1))

    assert found[("number += 4", "pass")] == "unreached"
    assert found[("number > 5", "number >= 5")] == "unnoticed"


def test_a_trial_that_fails_on_the_original_judges_nobody(lab: Laboratory) -> None:
    wrong = expecting(called("is_large", number=50), "something else")

    assert set(fates(lab, "is_large", wrong).values()) == {"unreached"}


def test_runs_that_are_used_up_leave_mutants_untried(lab: Laboratory) -> None:
    mutagen = Mutagen(lab.first, "lab", lab.source, runs=1)
    trials = mutagen.prepared([expecting(called("is_large", number=50), True)])
    mutants = [mutant for mutant in mutants_of(lab.source) if mutant.operator == "comparison"][:2]

    assert [mutagen.fate(mutant, trials) for mutant in mutants] == [
        Fate(mutants[0], "unnoticed"),
        Fate(mutants[1], "untried"),
    ]
