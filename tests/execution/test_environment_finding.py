"""An environment is found where the project's tools keep it, in the promised order, and is left as it was."""

import hashlib
import os
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from wheelhouse import write_project

from proctor.execution.environments.finders.hatch import folder_hash
from proctor.execution.environments.finders.pipenv import environment_name
from proctor.execution.environments.finders.poetry import base_name
from proctor.execution.environments.finding import find_environment

POETRY = {"pyproject.toml": '[tool.poetry]\nname = "The Shop"\n'}
HATCH = {"pyproject.toml": '[project]\nname = "The.Shop"\n[tool.hatch.envs.default]\n'}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "shop"
    place.mkdir()
    return place


def make_environment(place: Path, marker: str = "") -> Path:
    venv.create(place, with_pip=False, symlinks=True)
    if marker:
        (place / "pyvenv.cfg").unlink()
        (place / marker).mkdir()
    return place


def manifest(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def found(root: Path, **variables: str) -> tuple[str, str] | None:
    """Where the environment is, seen from above the project, and how it was found."""
    env = {"HOME": str(root.parent / "home"), "PATH": os.defpath, **variables}
    search = find_environment(root, env)
    if search.interpreter is None:
        return None
    return os.path.relpath(Path(search.interpreter.path).parent.parent, root.parent), search.origin


def test_without_any_environment_nothing_is_found(root: Path) -> None:
    assert found(root) is None


def test_what_lies_in_the_project_is_found_in_the_promised_order(root: Path) -> None:
    (root / "pyproject.toml").touch()
    order = []
    variables = {}
    for name, variable in (
        ("old", ""),
        ("env", "VIRTUAL_ENV"),
        ("venv", ""),
        (".venv", ""),
        ("uv", "UV_PROJECT_ENVIRONMENT"),
    ):
        make_environment(root / name)
        if variable:
            variables[variable] = name if name == "uv" else str(root / name)
        order.append(found(root, **variables))

    assert order == [
        ("shop/old", "in old"),
        ("shop/env", "from VIRTUAL_ENV"),
        ("shop/venv", "in venv"),
        ("shop/.venv", "in .venv"),
        ("shop/uv", "from UV_PROJECT_ENVIRONMENT"),
    ]


def test_an_active_environment_outside_the_project_is_not_the_projects(root: Path) -> None:
    elsewhere = make_environment(root.parent / "elsewhere")

    assert found(root, VIRTUAL_ENV=str(elsewhere)) is None


def test_an_environment_is_the_same_after_it_was_looked_at(root: Path) -> None:
    environment = make_environment(root / ".venv")
    before = manifest(environment)

    find_environment(root, {"PATH": os.defpath})

    assert manifest(environment) == before


def test_a_broken_environment_is_passed_over_with_a_note_where_another_works(root: Path) -> None:
    python = make_environment(root / ".venv") / "bin" / "python"
    python.unlink()
    python.symlink_to(root / "gone")
    make_environment(root / "venv")

    search = find_environment(root, {"PATH": os.defpath})

    assert (search.origin, search.notes) == (
        "in venv",
        (f"the Python at {python} is broken: No such file or directory; it is passed over",),
    )


def test_the_names_are_those_that_the_tools_give() -> None:
    # printed by poetry 2.5.1, pipenv 2026.10.3 and hatch 1.18.2 for projects in this folder
    folder = Path("/srv/my-pkg")
    names = (base_name("My-Pkg", folder), environment_name(folder), folder_hash(folder))

    assert names == ("my-pkg-cTcI0-_b", "my-pkg-1rWgcnyS", "cTcI0-_b")


def test_poetrys_environment_is_found_by_its_name_the_chosen_python_first(root: Path) -> None:
    write_project(root, POETRY)
    shelf = root.parent / "home/.cache/pypoetry/virtualenvs"
    name = base_name("the shop", root)
    for python in ("3.9", "3.10"):
        make_environment(shelf / f"{name}-py{python}")
    newest = found(root)
    (shelf / "envs.toml").write_text(f'[{name}]\nminor = "3.9"\n')
    chosen = found(root)

    place = "home/.cache/pypoetry/virtualenvs"
    assert [newest, chosen] == [(f"{place}/{name}-py3.10", "from poetry"), (f"{place}/{name}-py3.9", "from poetry")]


def test_poetrys_folder_is_the_one_that_is_set(root: Path) -> None:
    write_project(root, POETRY | {"poetry.toml": '[virtualenvs]\npath = "{project-dir}/../envs"\n'})
    name = base_name("the shop", root)
    make_environment(root.parent / "envs" / f"{name}-py3.11")

    assert found(root) == (f"envs/{name}-py3.11", "from poetry")


def test_poetry_itself_is_asked_without_plugins_and_without_the_active_environment(
    root: Path, make_tool: Callable[[Path, str, str], Path]
) -> None:
    write_project(root, POETRY)
    environment = make_environment(root.parent / "kept")
    tools = make_tool(
        root.parent / "tools", "poetry", f'echo "$* $VIRTUAL_ENV" > {root.parent}/asked; echo {environment}'
    )

    answer = found(root, PATH=f"{tools}:{os.defpath}", VIRTUAL_ENV="/somewhere")

    assert answer == ("kept", "from poetry")
    assert (root.parent / "asked").read_text() == "--no-plugins --no-interaction env info --path \n"


def test_a_tool_that_lies_in_the_project_is_not_run(root: Path, make_tool: Callable[[Path, str, str], Path]) -> None:
    write_project(root, POETRY)
    tools = make_tool(root / "bin", "poetry", f"touch {root.parent}/ran")

    assert found(root, PATH=f"{tools}:{os.defpath}") is None
    assert not (root.parent / "ran").exists()


def test_pipenvs_environment_is_found_by_its_name(root: Path) -> None:
    (root / "Pipfile").touch()
    make_environment(root.parent / "home/.local/share/virtualenvs" / environment_name(root))

    assert found(root) == (f"home/.local/share/virtualenvs/{environment_name(root)}", "from pipenv")


@pytest.mark.parametrize("text", ["named", "../work/named\n"])
def test_a_file_named_dot_venv_says_where_the_environment_is(root: Path, text: str) -> None:
    (root / ".venv").write_text(text)
    make_environment(root.parent / "work/named")

    assert found(root, WORKON_HOME=str(root.parent / "work")) == ("work/named", "from the file .venv")


def test_a_conda_environment_counts_where_the_project_names_it(root: Path) -> None:
    conda = make_environment(root.parent / "conda/shop", "conda-meta")
    unnamed = found(root, CONDA_PREFIX=str(conda))
    (root / "environment.yml").write_text("# packages\nname: shop  # like the folder\ndependencies: []\n")
    active = found(root, CONDA_PREFIX=str(conda))
    register = root.parent / "home/.conda/environments.txt"
    register.parent.mkdir(parents=True)
    register.write_text(f"/opt/conda\n{conda}\n")

    assert [unnamed, active, found(root)] == [None, *[("conda/shop", "from conda, named shop")] * 2]


def test_a_conda_environment_in_the_project_is_its_own(root: Path) -> None:
    make_environment(root / "envs/default", "conda-meta")

    assert found(root) == ("shop/envs/default", "from conda, in envs/default")


def test_hatchs_environment_is_found_by_its_name(root: Path) -> None:
    write_project(root, HATCH)
    place = f"home/.local/share/hatch/env/virtual/the-shop/{folder_hash(root)}/the-shop"
    make_environment(root.parent / place)

    assert found(root) == (place, "from hatch")


@pytest.fixture
def make_tool() -> Callable[[Path, str, str], Path]:
    def make(folder: Path, name: str, script: str) -> Path:
        folder.mkdir()
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        return folder

    return make
