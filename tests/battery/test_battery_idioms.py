"""Ordinary suites work at the best level: a boundary that breaks what is usual would be switched off."""

import ast
import shutil
import sys
from pathlib import Path

import pytest

from proctor.execution.child import ChildSettings
from proctor.execution.confinement.policy import Confinement, Limits
from proctor.execution.interpreter import Interpreter, describe_interpreter
from proctor.execution.suite import run_suite

IDIOMS = Path(__file__).parent / "idioms"
FILES = sorted(IDIOMS.glob("idiom_*.py"))
LIMITS = Limits(wall_seconds=240)
# What a suite that people wrote may do inside a boundary: `Workplace.settings_for_people` gives the same.
PERMITS = ("unix", "loopback", "programs")


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    return describe_interpreter(Path(sys.executable))


@pytest.fixture
def best_level() -> Confinement:
    program = shutil.which("bwrap")
    if program is None:
        pytest.skip("bubblewrap is not installed")
    return Confinement("bwrap", "the idioms", program)


def idioms_of(file: Path) -> set[str]:
    """The names of the tests that a file defines."""
    tree = ast.parse(file.read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_idiom_is_broken(file, tmp_path, interpreter, best_level):
    shutil.copy(file, tmp_path / f"test_{file.name}")
    settings = ChildSettings(interpreter, tmp_path, (tmp_path,), limits=LIMITS, confinement=best_level, permits=PERMITS)

    result = run_suite(settings, ["."], rootdir=tmp_path)

    broken = {o.nodeid: (o.outcome, o.exception, o.message) for o in result.outcomes if o.outcome != "passed"}
    assert (broken, result.collection_errors, result.complete) == ({}, (), True), result.output_tail[-2000:]
    ran = {outcome.nodeid.partition("::")[2].partition("[")[0] for outcome in result.outcomes}
    assert ran == idioms_of(file)


def test_there_are_at_least_29_idioms():
    assert sum(len(idioms_of(file)) for file in FILES) >= 29
