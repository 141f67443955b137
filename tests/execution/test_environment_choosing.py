"""The Python that runs a project's code is the asked-for one, the project's own, one built for it, or Proctor's."""

import os
import sys
import venv
from pathlib import Path

import pytest
from wheelhouse import OWN, Wheelhouse, python_or_skip, write_project

from proctor.errors import EnvironmentProblem
from proctor.execution.environments.choosing import ProjectEnvironment, project_environment

BUILT = "in an environment built from what the project states"
LEFT_OUT = (
    "(requirements.txt) is left out: it is on no index that uv knows; "
    "correct the name, or set UV_INDEX to the index it is on"
)


@pytest.fixture
def house(tmp_path: Path) -> Wheelhouse:
    return Wheelhouse(tmp_path / "house")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "shop"
    place.mkdir()
    return place


def make_environment(place: Path) -> Path:
    venv.create(place, with_pip=False, symlinks=True)
    return place


def choose(root: Path, house: Wheelhouse, python: str | None = None, *, build: bool = True, **variables: str):
    return project_environment(root, python=python, build=build, workshop=house.workshop(**variables))


def of(environment: ProjectEnvironment) -> tuple[Path, str, tuple[str, ...]]:
    return Path(environment.interpreter.path).parent.parent, environment.origin, environment.notes


def own(root: Path, reason: str, *notes: str) -> tuple[str, str, tuple[str, ...]]:
    note = f"no environment in {root}, and {reason}: using the Python that runs Proctor, {sys.executable}"
    return sys.executable, "that runs Proctor", (note, *notes)


def of_proctor(environment: ProjectEnvironment) -> tuple[str, str, tuple[str, ...]]:
    return environment.interpreter.path, environment.origin, environment.notes


@pytest.mark.parametrize("spelling", ["folder", "interpreter", "name"])
def test_the_asked_for_python_goes_before_the_projects(root: Path, house: Wheelhouse, spelling: str) -> None:
    make_environment(root / ".venv")
    other = make_environment(root.parent / "other")
    python = {"folder": str(other), "interpreter": str(other / "bin/python"), "name": "python"}[spelling]

    assert of(choose(root, house, python, PATH=str(other / "bin"))) == (other, "as asked for", ())


def test_an_asked_for_python_that_is_broken_is_an_error_although_the_project_has_one(
    root: Path, house: Wheelhouse
) -> None:
    make_environment(root / ".venv")

    with pytest.raises(EnvironmentProblem) as caught:
        choose(root, house, str(root / "gone"))

    assert caught.value.slug == "python-not-executable"


def test_an_asked_for_version_is_one_of_this_machine(root: Path, house: Wheelhouse) -> None:
    python_or_skip("3.9")
    make_environment(root / ".venv")

    bare = choose(root, house, "3.9")
    write_project(root, {"requirements.txt": "alpha\n"})
    house.add("alpha")
    built = choose(root, house, "3.9")

    assert (bare.interpreter.version[:2], bare.origin) == ((3, 9), "of this machine, as asked for")
    assert (built.interpreter.version[:2], built.origin) == ((3, 9), BUILT)


def test_an_asked_for_version_that_is_not_here_is_an_error(root: Path, house: Wheelhouse) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        choose(root, house, "3.99")

    assert caught.value.slug == "no-python-fits"
    assert caught.value.message.startswith(
        "Python 3.99 was asked for, and of the versions 3.9 to 3.14 this machine has"
    )


def test_the_projects_environment_goes_before_one_that_would_be_built(root: Path, house: Wheelhouse) -> None:
    environment = make_environment(root / ".venv")
    write_project(root, {"requirements.txt": "alpha\n"})

    chosen = choose(root, house)

    assert of(chosen) == (environment, "in .venv", ())
    assert chosen.sentence == f"Python {'.'.join(map(str, sys.version_info[:3]))} in .venv ({environment}/bin/python)"
    assert house.said == []


def test_without_an_environment_one_is_built_and_what_is_left_out_is_noted(root: Path, house: Wheelhouse) -> None:
    house.add("alpha")
    write_project(root, {"requirements.txt": "alpha\nabsent\n-e ../inner\n"})

    chosen = choose(root, house, VIRTUAL_ENV="/elsewhere")

    assert (chosen.origin, chosen.notes) == (
        BUILT,
        (
            "the active environment /elsewhere is not in the project: to use it, give --python /elsewhere",
            "../inner (requirements.txt) is left out: it comes from ../inner, and building it would run its code "
            "unconfined; install it into an environment of the project yourself, or release it as a wheel",
            f"absent {LEFT_OUT}",
        ),
    )
    assert sorted(os.listdir(root)) == ["requirements.txt"]


def test_a_broken_environment_is_noted_where_one_can_be_built(root: Path, house: Wheelhouse) -> None:
    house.add("alpha")
    write_project(root, {"requirements.txt": "alpha\n"})
    python = make_environment(root / ".venv") / "bin/python"
    python.unlink()
    python.symlink_to(root / "gone")

    chosen = choose(root, house)

    note = f"the Python at {python} is broken: No such file or directory; it is passed over"
    assert (chosen.origin, chosen.notes) == (BUILT, (note,))


@pytest.mark.parametrize("build", [True, False])
def test_a_broken_environment_without_another_way_is_the_error(root: Path, house: Wheelhouse, build: bool) -> None:
    python = make_environment(root / ".venv") / "bin/python"
    python.unlink()
    python.symlink_to(root / "gone")

    with pytest.raises(EnvironmentProblem) as caught:
        choose(root, house, build=build)

    assert (caught.value.slug, caught.value.message) == (
        "python-broken",
        f"the Python at {python} is broken: No such file or directory",
    )


@pytest.mark.parametrize("requirements", ["", "pytest>=7\npytest-cov>=4\ncoverage\n"])
def test_a_project_that_states_no_dependency_runs_with_the_python_of_proctor(
    root: Path, house: Wheelhouse, requirements: str
) -> None:
    write_project(root, {"requirements.txt": requirements})

    assert of_proctor(choose(root, house)) == own(root, "the project states no dependency that can be installed")
    assert house.said == []


def test_a_project_that_forbids_the_python_of_proctor_gets_another(root: Path, house: Wheelhouse) -> None:
    python_or_skip("3.9")
    house.add("pytest")
    write_project(root, {"pyproject.toml": '[project]\nname = "shop"\nrequires-python = "<3.10"\n'})

    chosen = choose(root, house)

    assert (chosen.interpreter.version[:2], chosen.origin, chosen.notes) == ((3, 9), BUILT, ())


def test_building_can_be_switched_off(root: Path, house: Wheelhouse) -> None:
    write_project(root, {"requirements.txt": "alpha\n"})

    assert of_proctor(choose(root, house, build=False)) == own(root, "building one is switched off (build_environment)")


def test_code_that_needs_nothing_to_run_does_without_tools_that_cannot_be_had(root: Path, house: Wheelhouse) -> None:
    write_project(root, {"requirements-dev.txt": "linter\n"})

    path, origin, notes = of_proctor(choose(root, house, UV_OFFLINE="1"))

    assert (path, origin, len(notes)) == (sys.executable, "that runs Proctor", 1)
    assert "linter (requirements-dev.txt) is left out: it is not in uv's cache" in notes[0]


def test_code_whose_needs_cannot_be_had_is_an_error(root: Path, house: Wheelhouse) -> None:
    write_project(root, {"requirements.txt": "alpha\n"})

    with pytest.raises(EnvironmentProblem) as caught:
        choose(root, house)

    assert (caught.value.slug, caught.value.message) == (
        "environment-not-built",
        f"no environment could be built for shop, as nothing that it needs can be had:\n  alpha {LEFT_OUT}",
    )


def test_the_sentence_names_the_version_that_runs(root: Path, house: Wheelhouse) -> None:
    house.add("alpha")
    write_project(root, {"requirements.txt": "alpha\n"})

    chosen = choose(root, house, OWN)

    assert chosen.sentence.startswith(f"Python {'.'.join(map(str, chosen.interpreter.version))} {BUILT} (")
