"""A run says in one line which Python runs the code, and in notes what has to be known about it."""

import sys

import pytest

from proctor.cli.choices import Choices
from proctor.cli.plan import plan

VERSION = ".".join(map(str, sys.version_info[:3]))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("PROCTOR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("PROCTOR_PYTHON", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    place = tmp_path / "ferry"
    place.mkdir()
    (place / "fares.py").write_text("def fare(age: int) -> int:\n    return 150 if age < 14 else 300\n")
    return place


def lines_about(words, error):
    return [line for line in error.splitlines() if words in line]


def test_the_asked_for_python_is_named_with_how_it_was_found(root, capsys):
    plan(str(root), "Write unit tests", Choices(python=sys.executable))

    error = capsys.readouterr().err
    assert lines_about("Running the code with", error) == [
        f"[ORCHESTRATOR] Running the code with Python {VERSION} as asked for ({sys.executable})"
    ]
    assert lines_about("Note:", error) == []


def test_without_an_environment_or_needs_a_note_says_that_it_is_proctors_own(root, capsys):
    plan(str(root), "Write unit tests", Choices())

    error = capsys.readouterr().err
    assert lines_about("Running the code with", error) == [
        f"[ORCHESTRATOR] Running the code with Python {VERSION} that runs Proctor ({sys.executable})"
    ]
    assert lines_about("Note:", error) == [
        f"[ORCHESTRATOR] Note: no environment in {root}, and the project states no dependency that can be installed: "
        f"using the Python that runs Proctor, {sys.executable}"
    ]
