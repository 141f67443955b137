"""A Python is asked what it is, and a broken one is named."""

import sys
import sysconfig
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from proctor.errors import EnvironmentProblem
from proctor.execution.interpreter import Interpreter, describe_interpreter, missing_packages, runs_as


def make_environment(place: Path) -> Path:
    venv.create(place, with_pip=False, symlinks=True)
    return place


def make_fake_python(place: Path, script: str) -> Path:
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)
    return place


def site_packages_of(environment: Path) -> Path:
    return environment / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"


def test_an_environment_is_described_as_it_is(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / ".venv")
    python = environment / "bin" / "python"

    found = describe_interpreter(python)

    site_packages = site_packages_of(environment)
    platform = f"{sysconfig.get_platform()}-{sysconfig.get_config_var('SOABI')}"
    version = sys.version_info[:3]
    expected = Interpreter(str(python), version, str(environment), (str(site_packages),), platform)
    assert replace(found, readable=()) == expected
    assert {str(environment), sys.base_prefix, str(site_packages)} <= set(found.readable)


def test_a_python_that_is_not_there_is_not_executable(tmp_path: Path) -> None:
    missing = tmp_path / "python3"

    with pytest.raises(EnvironmentProblem) as caught:
        describe_interpreter(missing)

    assert caught.value.slug == "python-not-executable"
    assert caught.value.message == f"{missing} cannot be run as a Python interpreter: No such file or directory"


def test_an_environment_whose_base_is_gone_is_broken(tmp_path: Path) -> None:
    python = make_environment(tmp_path / ".venv") / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "gone")

    with pytest.raises(EnvironmentProblem) as caught:
        describe_interpreter(python)

    assert caught.value.slug == "python-broken"
    assert caught.value.message == f"the Python at {python} is broken: No such file or directory"


def test_a_program_that_is_no_python_is_broken_with_its_last_words(tmp_path: Path) -> None:
    python = make_fake_python(tmp_path / "python", "echo first >&2; echo last words >&2; exit 1")

    with pytest.raises(EnvironmentProblem) as caught:
        describe_interpreter(python)

    assert caught.value.message == f"the Python at {python} is broken: last words"


def test_a_python_before_3_9_is_too_old(tmp_path: Path) -> None:
    answer = '{"executable": "/usr/bin/python3", "version": [3, 8, 20]}'
    python = make_fake_python(tmp_path / "python", f"echo '{answer}'")

    with pytest.raises(EnvironmentProblem) as caught:
        describe_interpreter(python)

    assert caught.value.slug == "python-too-old"
    assert caught.value.message == f"{python} is Python 3.8.20, and projects need 3.9 or later here"


def test_packages_that_the_environment_lacks_are_named_in_the_order_given(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / ".venv")
    found = describe_interpreter(environment / "bin" / "python")
    (site_packages_of(environment) / "present.py").touch()

    assert missing_packages(found, ["pytest", "present", "json", "coverage"]) == ("pytest", "coverage")


def test_looking_for_packages_runs_none_of_their_start_files(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / ".venv")
    found = describe_interpreter(environment / "bin" / "python")
    mark = tmp_path / "ran"
    (site_packages_of(environment) / "start.pth").write_text(f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n")

    missing_packages(found, ["pytest"])
    again = runs_as(Path(found.path), found.version)

    assert (again, mark.exists()) == (True, False)


def test_a_python_that_is_gone_or_another_version_does_not_run_as_the_one_it_was(tmp_path: Path) -> None:
    major, minor, micro = sys.version_info[:3]

    answers = [
        runs_as(Path(sys.executable), (major, minor, micro)),
        runs_as(Path(sys.executable), (major, minor, micro + 1)),
        runs_as(tmp_path / "gone", (major, minor, micro)),
    ]

    assert answers == [True, False, False]
