"""Real children of this interpreter in a temporary folder."""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from proctor.execution.child import ChildSettings
from proctor.execution.confinement.policy import Limits
from proctor.execution.interpreter import Interpreter, describe_interpreter


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    return describe_interpreter(Path(sys.executable))


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(interpreter: Interpreter, scratch: Path) -> ChildSettings:
    return ChildSettings(interpreter, scratch, import_roots=(scratch,), limits=Limits(wall_seconds=60))


@pytest.fixture
def write(scratch: Path) -> Callable[[str, str], Path]:
    def write_file(name: str, text: str) -> Path:
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    return write_file
