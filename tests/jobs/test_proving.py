"""The proof at the end: what the run wrote is no difference, and what others did is named and never lost."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from workshop import PROJECT

from proctor.cli.choices import Choices, resolve
from proctor.execution.confinement.policy import Confinement
from proctor.jobs.testgen.opening import Opened, opened_project
from proctor.jobs.testgen.proving import Proven, prove_unchanged
from proctor.project.changes import content_hash

FARES = "ferry/fares.py"


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PROCTOR_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "ferry"
    for name, text in {**PROJECT, ".git/hooks/pre-push": "#!/bin/sh\n"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    wanted = resolve(str(root), "Write unit tests", Choices(python=sys.executable))
    with opened_project(
        root, wanted.request, wanted.settings, effort=wanted.effort, sandbox="off", environment={}, say=print
    ) as opened:
        yield opened


def prove(opened: Opened, written: dict[str, str] | None = None) -> Proven:
    return prove_unchanged(opened, written or {}, ".proctor")


def test_an_untouched_project_is_proven(opened):
    assert prove(opened) == Proven()


def test_what_the_run_wrote_and_the_folders_it_made_are_no_difference(opened):
    (opened.root / "tests/deep").mkdir(parents=True)
    (opened.root / "tests/deep/test_a.py").write_text("x = 1\n")

    assert prove(opened, {"tests/deep/test_a.py": content_hash("x = 1\n")}) == Proven()


def test_a_written_file_that_somebody_changed_afterwards_is_a_difference(opened):
    (opened.root / "tests").mkdir()
    (opened.root / "tests/test_a.py").write_text("import os\n")
    violation = prove(opened, {"tests/test_a.py": content_hash("x = 1\n")}).violation

    assert violation is not None
    assert violation.message.endswith("not by what it wrote: tests/test_a.py (added)")


def test_without_a_boundary_an_edit_stays_and_the_run_is_a_violation(opened):
    (opened.root / FARES).write_text("mine\n")
    (opened.root / ".git/hooks/pre-push").unlink()
    violation = prove(opened).violation

    assert violation is not None
    assert (violation.slug, violation.exit_code) == ("project-changed", 4)
    assert violation.message == (
        f"{opened.root}: changed while the run went on, and not by what it wrote: "
        f".git/hooks/pre-push (removed), {FARES} (modified)"
    )
    kept, *_ = (opened.root.parent / "cache/kept").iterdir()
    assert violation.hint == (
        f"put back: .git/hooks/pre-push; what these held before is kept in {kept}: {FARES}; "
        "look at what changed in .git before the next git command, as it may start programs; "
        "nothing was overwritten, as these may be your own edits"
    )
    assert (opened.root / FARES).read_text() == "mine\n"
    assert (kept / FARES).read_text() == PROJECT[FARES]
    assert (opened.root / ".git/hooks/pre-push").read_text() == "#!/bin/sh\n"


def test_behind_a_boundary_a_difference_is_somebody_elses_and_only_noted(opened):
    (opened.root / FARES).write_text("mine\n")
    (opened.root / "ferry/__init__.py").unlink()

    assert prove(replace(opened, confinement=Confinement("bwrap", "tried"))) == Proven(
        notes=(
            "changed by somebody else while the run went on, and left as it is: "
            f"ferry/__init__.py (removed), {FARES} (modified); the tests were written for what was there before",
        )
    )
    assert not (opened.root / "ferry/__init__.py").exists()
    assert not (opened.root.parent / "cache/kept").exists()
