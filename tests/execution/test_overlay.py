"""An overlay adds packages beside an environment that stays as it was."""

import hashlib
import os
import venv
from dataclasses import replace
from pathlib import Path

import pytest
from wheelhouse import Wheelhouse

from proctor.errors import EnvironmentProblem
from proctor.execution.child import ChildSettings, run_child
from proctor.execution.interpreter import Interpreter, describe_interpreter
from proctor.execution.overlay import ensure_overlay, overlay_key


def hash_tree(root: Path) -> dict[str, str]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def empty_environment(tmp_path: Path) -> Path:
    place = tmp_path / "project" / ".venv"
    venv.create(place, with_pip=False, symlinks=True)
    return place


def test_a_missing_package_is_added_once_and_the_environment_stays_as_it_was(
    tmp_path: Path, empty_environment: Path
) -> None:
    interpreter = describe_interpreter(empty_environment / "bin" / "python")
    before = hash_tree(empty_environment)
    said: list[str] = []

    overlays = [
        ensure_overlay(
            interpreter, ["iniconfig>=2"], cache_dir=tmp_path / "cache", env=os.environ, progress=said.append
        )
        for _ in range(2)
    ]
    settings = ChildSettings(interpreter, tmp_path, overlay=overlays[0])
    child = run_child(["-c", "import iniconfig; print(iniconfig.__file__)"], settings)

    place = tmp_path / "cache" / "overlays" / overlay_key(interpreter, ["iniconfig>=2"])
    assert overlays == [place, place]
    assert said == ["installing iniconfig>=2 beside the project's environment (once)"]
    assert child.stdout_tail == f"{place / 'iniconfig' / '__init__.py'}\n"
    assert [folder.name for folder in place.parent.iterdir()] == [place.name]
    assert hash_tree(empty_environment) == before


def test_an_overlay_is_compiled_and_made_without_running_what_starts_with_the_environment(
    tmp_path: Path, empty_environment: Path
) -> None:
    interpreter = describe_interpreter(empty_environment / "bin" / "python")
    start = f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()\n"
    Path(interpreter.site_packages[0], "start.pth").write_text(start)
    house = Wheelhouse(tmp_path / "house")
    house.add("alpha")

    overlay = ensure_overlay(
        interpreter, ["alpha"], cache_dir=tmp_path / "cache", env=house.env, progress=house.said.append
    )

    assert overlay is not None
    assert (len(list(overlay.glob("__pycache__/alpha.*.pyc"))), (tmp_path / "ran").exists()) == (1, False)


def test_nothing_wanted_is_no_overlay(tmp_path: Path, interpreter: Interpreter) -> None:
    said: list[str] = []

    overlay = ensure_overlay(interpreter, [], cache_dir=tmp_path / "cache", env={}, progress=said.append)

    assert (overlay, said, (tmp_path / "cache").exists()) == (None, [], False)


def test_without_a_network_the_problem_names_the_packages_and_leaves_nothing(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    env = {**os.environ, "UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "uv")}

    with pytest.raises(EnvironmentProblem) as caught:
        ensure_overlay(interpreter, ["iniconfig"], cache_dir=tmp_path / "cache", env=env, progress=lambda text: None)

    assert caught.value.slug == "overlay-failed"
    assert caught.value.message.startswith("iniconfig could not be installed beside the project's environment:\n")
    assert "network" in caught.value.message
    assert caught.value.hint.endswith("uv pip install 'iniconfig'")
    assert list((tmp_path / "cache" / "overlays").iterdir()) == []


def test_a_cache_folder_that_is_a_file_is_a_problem_of_the_environment(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    (tmp_path / "cache").write_text("")

    with pytest.raises(EnvironmentProblem) as caught:
        ensure_overlay(interpreter, ["x"], cache_dir=tmp_path / "cache", env={}, progress=lambda text: None)

    assert caught.value.message == f"the cache folder {tmp_path / 'cache' / 'overlays'} cannot be used: Not a directory"


def test_what_a_killed_run_left_is_removed_and_what_a_living_one_builds_is_not(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    shelf = tmp_path / "cache" / "overlays"
    dead, alive = shelf / ".building-4194999-x", shelf / f".building-{os.getpid()}-x"
    dead.mkdir(parents=True)
    alive.mkdir()
    env = {**os.environ, "UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "uv")}

    with pytest.raises(EnvironmentProblem):
        ensure_overlay(interpreter, ["x"], cache_dir=tmp_path / "cache", env=env, progress=lambda text: None)

    assert list(shelf.iterdir()) == [alive]


def test_the_key_depends_on_the_python_and_the_requirements_but_not_on_their_order(interpreter: Interpreter) -> None:
    key = overlay_key(interpreter, ["a", "b"])

    assert overlay_key(interpreter, ["b", "a", "a"]) == key
    assert overlay_key(interpreter, ["a"]) != key
    assert overlay_key(replace(interpreter, version=(3, 9, 0)), ["a", "b"]) != key
    assert overlay_key(replace(interpreter, platform="other"), ["a", "b"]) != key
