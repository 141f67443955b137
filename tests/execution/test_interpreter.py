"""The project's own interpreter is found in the promised order, and a broken one is named."""

import sys
import sysconfig
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from proctor.errors import EnvironmentProblem
from proctor.execution.interpreter import Interpreter, find_interpreter, missing_packages


def make_environment(place: Path) -> Path:
    venv.create(place, with_pip=False, symlinks=True)
    return place


def make_fake_python(place: Path, script: str) -> Path:
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)
    return place


def test_the_environment_of_the_project_is_described_as_it_is(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / ".venv")

    found = find_interpreter(tmp_path, python=None, env={})

    site_packages = environment / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    platform = f"{sysconfig.get_platform()}-{sysconfig.get_config_var('SOABI')}"
    version = sys.version_info[:3]
    python = str(environment / "bin" / "python")
    expected = Interpreter(python, version, str(environment), (str(site_packages),), platform)
    assert replace(found, readable=()) == expected
    assert {str(environment), sys.base_prefix, str(site_packages)} <= set(found.readable)


def test_dot_venv_goes_before_venv_and_both_before_the_active_one(tmp_path: Path) -> None:
    active = make_environment(tmp_path / "env")
    chosen = []
    for name in (None, "venv", ".venv"):
        if name:
            make_environment(tmp_path / name)
        chosen.append(find_interpreter(tmp_path, python=None, env={"VIRTUAL_ENV": str(active)}).prefix)

    assert chosen == [str(active), str(tmp_path / "venv"), str(tmp_path / ".venv")]


def test_an_active_environment_outside_the_project_is_not_the_projects(tmp_path: Path) -> None:
    elsewhere = make_environment(tmp_path / "elsewhere")
    root = tmp_path / "project"
    root.mkdir()

    found = find_interpreter(root, python=None, env={"VIRTUAL_ENV": str(elsewhere)})

    assert (found.path, found.note) == (
        sys.executable,
        f"no environment in {root}: using the Python that runs Proctor, {sys.executable}",
    )


@pytest.mark.parametrize("spelling", ["folder", "interpreter", "name"])
def test_the_asked_for_python_goes_before_the_projects(tmp_path: Path, spelling: str) -> None:
    make_environment(tmp_path / ".venv")
    other = make_environment(tmp_path / "other")
    python = {"folder": str(other), "interpreter": str(other / "bin" / "python"), "name": "python"}[spelling]

    found = find_interpreter(tmp_path, python=python, env={"PATH": str(other / "bin")})

    assert (found.prefix, found.note) == (str(other), "")


def test_a_python_that_is_not_there_is_not_executable(tmp_path: Path) -> None:
    missing = tmp_path / "python3"

    with pytest.raises(EnvironmentProblem) as caught:
        find_interpreter(tmp_path, python=str(missing), env={})

    assert caught.value.slug == "python-not-executable"
    assert caught.value.message == f"{missing} cannot be run as a Python interpreter: No such file or directory"


def test_an_environment_whose_base_is_gone_is_broken(tmp_path: Path) -> None:
    python = make_environment(tmp_path / ".venv") / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "gone")

    with pytest.raises(EnvironmentProblem) as caught:
        find_interpreter(tmp_path, python=None, env={})

    assert caught.value.slug == "python-broken"
    assert caught.value.message == f"the Python at {python} is broken: No such file or directory"


def test_a_program_that_is_no_python_is_broken_with_its_last_words(tmp_path: Path) -> None:
    python = make_fake_python(tmp_path / "python", "echo first >&2; echo last words >&2; exit 1")

    with pytest.raises(EnvironmentProblem) as caught:
        find_interpreter(tmp_path, python=str(python), env={})

    assert caught.value.message == f"the Python at {python} is broken: last words"


def test_a_python_before_3_9_is_too_old(tmp_path: Path) -> None:
    answer = '{"executable": "/usr/bin/python3", "version": [3, 8, 20]}'
    python = make_fake_python(tmp_path / "python", f"echo '{answer}'")

    with pytest.raises(EnvironmentProblem) as caught:
        find_interpreter(tmp_path, python=str(python), env={})

    assert caught.value.slug == "python-too-old"
    assert caught.value.message == f"{python} is Python 3.8.20, and projects need 3.9 or later here"


def test_packages_that_the_environment_lacks_are_named_in_the_order_given(tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv")
    found = find_interpreter(tmp_path, python=None, env={})

    assert missing_packages(found, ["pytest", "json", "coverage"]) == ("pytest", "coverage")
