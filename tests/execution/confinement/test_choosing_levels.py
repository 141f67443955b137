"""The level is chosen by what really is refused: here, without bubblewrap, and inside something like a container."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import filtered
import pytest
from levels_here import BWRAP, LANDLOCK

from proctor.errors import ConstraintViolation
from proctor.execution.confinement import levels
from proctor.execution.confinement.policy import Candidate, Confinement, ProbeAct
from proctor.execution.interpreter import Interpreter

needs_bwrap = pytest.mark.skipif(not BWRAP, reason="no bubblewrap")
needs_landlock = pytest.mark.skipif(not LANDLOCK, reason="no Landlock that is new enough")
ALL = tuple(ProbeAct(name, True) for name in levels.NAMES.values())

CHOOSE = """
import sys
from pathlib import Path
from proctor.execution.confinement.levels import choose_confinement
from proctor.execution.interpreter import describe_interpreter
print(choose_confinement("auto", describe_interpreter(Path(sys.executable))).line)
"""


@needs_bwrap
def test_bubblewrap_is_taken_first_and_every_act_is_told(interpreter: Interpreter) -> None:
    chosen = levels.choose_confinement("require", interpreter)

    assert (chosen.line, chosen.program) == ("bwrap (all 6 probe acts refused)", BWRAP)
    assert [(candidate.level, candidate.acts) for candidate in chosen.tried] == [("bwrap", ALL)]


@needs_landlock
def test_without_bubblewrap_landlock_is_taken(interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable) + "/missing")

    chosen = levels.choose_confinement("require", interpreter)

    assert chosen.line == "landlock (all 6 probe acts refused)"
    assert [(tried.level, tried.verdict) for tried in chosen.tried] == [
        ("bwrap", "bwrap is not installed"),
        ("landlock", "all 6 probe acts refused"),
    ]


@needs_landlock
def test_in_a_container_that_refuses_namespaces_landlock_is_taken() -> None:
    done = subprocess.run(
        [sys.executable, filtered.__file__, CHOOSE], capture_output=True, text=True, check=False, env=dict(os.environ)
    )

    assert (done.returncode, done.stdout) == (0, "landlock (all 6 probe acts refused)\n"), done.stderr


def test_a_level_that_lets_something_happen_is_not_taken(interpreter: Interpreter) -> None:
    tried = levels.probed(Candidate("soft"), interpreter)

    happened = {act.act for act in tried.acts if not act.is_refused}
    assert (tried.holds, tried.problem) == (False, "")
    assert happened >= {"change a file outside", "read a file outside", "connect to a server on this machine"}
    assert tried.verdict.startswith("not refused: change a file outside, read a file outside, connect")


def test_a_level_in_which_no_child_can_run_is_not_taken(interpreter: Interpreter, tmp_path: Path) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: no permission to make a namespace' >&2\nexit 1\n")
    program.chmod(0o755)

    tried = levels.probed(Candidate("bwrap", str(program)), interpreter)

    assert (tried.holds, tried.acts) == (False, ())
    assert tried.problem == "a child cannot run in it: bwrap: no permission to make a namespace"


def test_switched_off_nothing_is_tried(interpreter: Interpreter) -> None:
    missing = replace(interpreter, path="/nowhere/python")

    assert levels.choose_confinement("off", missing) == Confinement(
        "soft", "a boundary is switched off; this guards against accidents only"
    )


def test_a_boundary_that_is_required_and_missing_is_an_error_with_the_fix() -> None:
    tried = (
        Candidate("bwrap", problem="bwrap is not installed", remedy="install bubblewrap"),
        Candidate("landlock", acts=(ProbeAct("read a file outside", False),)),
    )

    error = levels.sandbox_missing(levels.choice_among(tried))

    assert isinstance(error, ConstraintViolation)
    assert (error.slug, error.exit_code) == ("sandbox-missing", 4)
    assert error.message == (
        "a sandbox is required, and none holds here: bwrap: bwrap is not installed; "
        "landlock: not refused: read a file outside"
    )
    assert error.hint == "install bubblewrap; or use --sandbox auto where you trust the project's code"
