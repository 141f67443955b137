"""Projects that misbehave: at import, in their functions, in the tests that people wrote for them."""

import os
import re
import shutil
from pathlib import Path

import pytest
from command_line import CommandLine, copy_project, new_or_changed, write_files
from conftest import PROJECTS

from proctor.project.manifest import take_manifest

pytestmark = pytest.mark.e2e

RUN = ("--yes", "--fresh", "--effort", "low")
LARGE = "# a line of a source that is far too large to be parsed\n" * (50 << 20 >> 6)

# What the report says of each module that cannot be worked on.
SAID = {
    "calls_home": "hostile/calls_home.py:3: ActDenied: socket.getaddrinfo 192.0.2.1:80",
    "circular_one": "hostile/circular_two.py:1: ImportError: cannot import name 'first'",
    "circular_two": "hostile/circular_one.py:1: ImportError: cannot import name 'second'",
    "closes_descriptors": "importing it ended the process (exit code",
    "crashes": "importing it ended the process (signal 11)",
    "deletes_the_project": "hostile/deletes_the_project.py:4: ",
    "empties_sys_modules": "hostile/empties_sys_modules.py cannot be imported: KeyError",
    "exits": "hostile/exits.py:3: SystemExit: 0",
    "exits_at_once": "importing it ended the process (exit code 0)",
    "ignores_signals": "importing it took more than 5 s",
    "kills_its_group": "importing it ended the process (signal 9)",
    "kills_itself": "importing it ended the process (signal 9)",
    "large": "hostile/large.py:1: larger than the 2 MB that are read",
    "loops": "importing it took more than 5 s",
    "lowers_limits": "Too many open files",
    "needs_a_missing_package": "ModuleNotFoundError: No module named 'module_of_another_planet'",
    "nested_too_deep": "hostile/nested_too_deep.py:1: too many nested parentheses",
    "not_utf8": "hostile/not_utf8.py:1: invalid or missing encoding declaration",
    "null_byte": "hostile/null_byte.py:1: contains null bytes",
    "odd_encoding": "hostile/odd_encoding.py:1: 'rot13' is not a text encoding",
    "patches_builtins": "importing it ended the process (exit code 1): RuntimeError: patched",
    "raises_a_strange_thing": "Strange: <its message cannot be read: RuntimeError>",
    "reads_input": "hostile/reads_input.py:1: EOFError",
    "recurses": "hostile/recurses.py:2: RecursionError",
    "recurses_past_the_stack": "importing it ended the process (signal 11)",
    "sleeps": "importing it took more than 5 s",
    "syntax_error": "hostile/syntax_error.py:1: '(' was never closed",
    "traces_everything": "hostile/traces_everything.py:5: RuntimeError: traced",
    "uses_memory": "uses_memory",  # the limit or the time, whichever comes first
    "writes_files": "hostile/writes_files.py:6: ",
}
# These can be imported, and so they get their tests, or a line that says how far they got.
IMPORTED = {
    "answers_nothing",
    "changes_folder",
    "forks",
    "goes_on_in_a_fork",
    "hangs_at_exit",
    "long_sum",
    "prints",
    "starts_threads",
    "takes_the_streams",
}
SAMPLE = ("exits_at_once", "loops", "not_utf8", "patches_builtins", "forks")


@pytest.fixture
def hostile(tmp_path: Path, plain_environment: Path) -> Path:
    root = copy_project(PROJECTS / "hostile-imports", tmp_path / "hostile-imports", plain_environment)
    (root / "hostile/large.py").write_text(LARGE)
    return write_files(root, {".git/hooks/pre-push": "#!/bin/sh\n", ".git/config": "[core]\n"})


def with_setting(root: Path, line: str) -> None:
    settings = root / "pyproject.toml"
    settings.write_text(f"{settings.read_text()}\n[tool.proctor]\n{line}\n")


def lines_of(text: str) -> dict[str, str]:
    """What the summary says under "Left open", by module; a line may be wrapped."""
    joined = " ".join(text.split())
    return dict(re.findall(r"- hostile/(\w+)\.py: failed: (.*?)(?= - hostile/| Notes:)", joined))


def changed(root: Path, before) -> set[str]:
    return {difference.path for difference in before.differences(take_manifest(root))}


def with_mark(mark: str) -> list[str]:
    """The living processes that have the mark in their command line."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = Path("/proc", name, "cmdline").read_bytes().decode(errors="replace")
        except OSError:  # it ended
            continue
        found += [command] if mark in command else []
    return found


@pytest.mark.slow
def test_every_module_that_is_hostile_at_import_is_marked_and_the_others_are_done(
    proctor: CommandLine, hostile: Path
) -> None:
    with_setting(hostile, "import_seconds = 5")
    before = take_manifest(hostile)
    assert {place.stem for place in (hostile / "hostile").glob("*.py")} == {"__init__", *SAID, *IMPORTED}

    ended = proctor("run", hostile, *RUN)

    said = lines_of(ended.out)
    assert ended.code == 1, ended.err
    assert {name: line for name, line in said.items() if SAID.get(name, "") not in line} == {}
    assert set(SAID) <= set(said) <= set(SAID) | IMPORTED
    assert {"tests/test_prices.py", "tests/test_stock.py"} <= changed(hostile, before)
    assert {path for path in changed(hostile, before) if path.startswith(("shop", "hostile", ".git"))} == set()
    assert (proctor.scratch_copies, with_mark(str(proctor.cache))) == ([], [])


def test_a_few_of_them_in_a_moment(proctor: CommandLine, hostile: Path) -> None:
    with_setting(hostile, "import_seconds = 3")
    for place in (hostile / "hostile").glob("[!_]*.py"):
        if place.stem not in SAMPLE:
            place.unlink()
    before = take_manifest(hostile)

    ended = proctor("run", hostile, *RUN)

    said = lines_of(ended.out)
    expected = {name: SAID[name].replace("5 s", "3 s") for name in SAMPLE if name in SAID}
    assert ended.code == 1, ended.err
    assert {name: text for name, text in expected.items() if text not in said.get(name, "")} == {}
    assert {"tests/test_prices.py", "tests/test_stock.py"} <= changed(hostile, before)
    assert {path for path in changed(hostile, before) if path.startswith(("shop", "hostile", ".git"))} == set()
    assert (proctor.scratch_copies, with_mark(str(proctor.cache))) == ([], [])


DELETES = """
    import os
    import shutil
    import subprocess

    PLACES = {places!r}


    def delete_everything() -> int:
        \"\"\"How many of the places are gone.\"\"\"
        for place in PLACES:
            for attempt in (shutil.rmtree, lambda path: subprocess.run(["rm", "-rf", path]), os.unlink):
                try:
                    attempt(place)
                except BaseException:  # a refusal is no reason to stop
                    continue
        return sum(not os.path.exists(place) for place in PLACES)


    def price(grams: int) -> int:
        \"\"\"What it costs.\"\"\"
        return 200 if grams <= 1000 else 450


    delete_everything()
    """
# Everything that Proctor would add is in it already.
SETTINGS = """
    [project]
    name = "shop"
    version = "1"

    [project.optional-dependencies]
    test = [
        "pytest>=7",
        "pytest-cov>=4",
    ]

    [tool.pytest.ini_options]
    testpaths = ["tests"]
    pythonpath = ["."]
    """
DELETING_TEST = """
    from shop.deleting import PLACES, delete_everything


    def test_deletes():
        delete_everything()
        for place in PLACES:
            with open(place + "/hostile", "w") as file:
                file.write("hostile")
    """


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder that stands for the user's."""
    return write_files(tmp_path / "home", {".bashrc": "export EDITOR=vi\n", ".ssh/id_x": "secret\n"})


def test_a_project_that_tries_to_delete_itself_is_as_it_was(
    proctor: CommandLine, tmp_path: Path, home: Path, plain_environment: Path
) -> None:
    root = tmp_path / "shop"
    places = [str(root), str(root / ".git"), str(home)]
    write_files(
        root,
        {
            "pyproject.toml": SETTINGS,
            "shop/__init__.py": "",
            "shop/deleting.py": DELETES.format(places=places),
            "tests/test_people.py": DELETING_TEST,
            "tests/conftest.py": "import shop.deleting\n",
            ".git/config": "[core]\n",
            ".git/HEAD": "ref: refs/heads/main\n",
            ".git/hooks/pre-push": "#!/bin/sh\n",
        },
    )
    (root / ".venv").symlink_to(plain_environment, target_is_directory=True)
    own = Path(shutil.copytree(root, tmp_path / "as it was", symlinks=True))

    ended = proctor("run", root, *RUN, env={"HOME": str(home)})

    assert ended.code in (0, 1), ended.err
    new = new_or_changed(contents(own), contents(root))
    assert {path for path in new if path in contents(own)} == set()
    assert "tests/test_deleting.py" in new
    assert {path: place.read_text() for path, place in files(home).items()} == {
        ".bashrc": "export EDITOR=vi\n",
        ".ssh/id_x": "secret\n",
    }


def files(root: Path) -> dict[str, Path]:
    return {
        str(place.relative_to(root)): place
        for place in sorted(root.rglob("*"))
        if place.is_file() and ".venv" not in place.parts
    }


def contents(root: Path) -> dict[str, str]:
    return {path: f"{place.stat().st_mode:o} {place.read_text()}" for path, place in files(root).items()}
