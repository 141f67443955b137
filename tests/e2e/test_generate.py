"""`proctor generate` writes tests for a module of an environment: no project, no change to the environment."""

import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import CommandLine, hashes

SHELF = '''"""Books on a shelf."""


def place(width: int, limit: int = 10) -> str:
    """Where a book of this width goes."""
    if width <= 0:
        raise ValueError("a book has a width")
    if width > limit:
        return "the long shelf"
    return "shelf"
'''

pytestmark = pytest.mark.e2e


@pytest.fixture
def environment(tmp_path: Path, plain_environment: Path) -> Path:
    """A copy of an environment, with a package of our own installed in it."""
    copy = tmp_path / "environment"
    shutil.copytree(plain_environment, copy, symlinks=True)
    [packages] = copy.glob("lib/python*/site-packages")
    (packages / "library").mkdir()
    (packages / "library/__init__.py").write_text("")
    (packages / "library/shelf.py").write_text(SHELF)
    return copy


def test_a_module_of_an_environment_gets_tests_that_pass_there(
    proctor: CommandLine, environment: Path, tmp_path: Path
) -> None:
    before = hashes(environment)

    ended = proctor("generate", "--module", "library.shelf", "--python", environment, "--output", tmp_path / "out")

    assert (ended.code, hashes(environment)) == (0, before), ended.err
    python = environment / "bin/python"
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONDONTWRITEBYTECODE": "1"}, check=False)
    assert done.returncode == 0, done.stdout
    assert [place.name for place in (tmp_path / "out").iterdir()] == ["test_shelf.py"]


def test_the_same_seed_gives_the_same_bytes(proctor: CommandLine, environment: Path, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        proctor("generate", "--module", "library.shelf", "--python", environment, "--output", tmp_path / name)
        written.append((tmp_path / name / "test_shelf.py").read_bytes())

    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("module", "slug", "code"),
    [("library.nowhere", "module-not-found", 2), ("no such name", "module-not-found", 2)],
)
def test_a_module_that_is_not_there_is_an_error_that_names_it(
    proctor: CommandLine, environment: Path, tmp_path: Path, module: str, slug: str, code: int
) -> None:
    ended = proctor("generate", "--module", module, "--python", environment, "--output", tmp_path / "out")

    assert (ended.code, module in ended.err, f"[{slug}," in ended.err) == (code, True, True)


def test_an_output_that_is_a_file_is_refused(proctor: CommandLine, environment: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")

    ended = proctor("generate", "--module", "library.shelf", "--python", environment, "--output", tmp_path / "out")

    assert (ended.code, (tmp_path / "out").read_text()) == (2, "mine")
