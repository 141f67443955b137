"""Finds the files of an installed package without importing it: what `proctor generate` works on."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from proctor.errors import EnvironmentProblem
from proctor.execution.interpreter import PATIENCE_SECONDS, Interpreter

# Submodules are looked up by path, as finding them by name would import their parents.
_LOCATE: Final = """
import importlib.machinery, importlib.util, json, sys
first, *rest = sys.argv[1].split(".")
spec = importlib.util.find_spec(first)
top, name = spec, first
for part in rest:
    name += "." + part
    places = spec.submodule_search_locations if spec else None
    spec = importlib.machinery.PathFinder.find_spec(name, places) if places else None
is_package = bool(spec and spec.submodule_search_locations)
print(json.dumps({
    "file": spec.origin if spec and spec.has_location else None,
    "top": (list(top.submodule_search_locations or ()) or [top.origin])[0] if top else None,
    "is_package": is_package,
}))
"""
_LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "tests", "test")


@dataclass(frozen=True, slots=True)
class Located:
    """A module of an environment: its file, and the folder or file of the top-level package that it belongs to."""

    module: str
    file: Path
    top: Path

    @property
    def path(self) -> str:
        """The module's file relative to the folder that the top-level package is imported from."""
        return self.file.relative_to(self.top.parent).as_posix()

    def copy_to(self, folder: Path) -> None:
        """Copy the whole top-level package, without its own tests."""
        if self.top.is_dir():
            shutil.copytree(self.top, folder / self.top.name, ignore=_LEFT_OUT, symlinks=True)
        else:
            shutil.copy(self.top, folder / self.top.name)


def locate_module(interpreter: Interpreter, module: str) -> Located:
    """Find a module by the name it is imported by.

    Raises EnvironmentProblem when the interpreter has no such module, or one that is not a Python file.
    """
    if not all(part.isidentifier() for part in module.split(".")):
        raise _not_found(interpreter, module, "this is not a module's name")
    done = subprocess.run(
        [interpreter.path, "-I", "-W", "ignore", "-c", _LOCATE, module],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    lines = done.stdout.strip().splitlines()
    found = json.loads(lines[-1]) if done.returncode == 0 and lines else {}
    if not found.get("file") or not found["file"].endswith(".py"):
        raise _not_found(interpreter, module, "no Python file of that name is there")
    return Located(module, Path(found["file"]), Path(found["top"]))


def _not_found(interpreter: Interpreter, module: str, reason: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{module} cannot be found by {interpreter.path}: {reason}",
        hint="give --module the dotted name that an import statement uses, and --python the environment that has it",
        slug="module-not-found",
    )
