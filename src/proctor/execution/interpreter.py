"""Asks a Python what it is and what it can import; it is looked at, never changed. `environments/` finds it."""

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from proctor.errors import EnvironmentProblem

OLDEST_PYTHON: Final = (3, 9)
PATIENCE_SECONDS: Final = 30.0
INHERITED: Final = frozenset({"PATH", "HOME", "PYENV_ROOT", "PYENV_VERSION"})  # what a pyenv shim needs, and no secret

# Old interpreters run this too, to be told that they are old: keep it free of new syntax.
DESCRIBE: Final = """
import json, site, sys, sysconfig
places = [sysconfig.get_path(name) for name in ("purelib", "platlib")]
places += site.getsitepackages() if hasattr(site, "getsitepackages") else []
roots = [sys.prefix, getattr(sys, "base_prefix", sys.prefix), sys.exec_prefix, sysconfig.get_path("stdlib")]
print(json.dumps({
    "executable": sys.executable,
    "version": list(sys.version_info[:3]),
    "prefix": sys.prefix,
    "site_packages": sorted(set(places), key=places.index),
    "readable": sorted(set(roots + places + [place for place in sys.path if place])),
    "platform": sysconfig.get_platform() + "-" + str(sysconfig.get_config_var("SOABI")),
}))
"""
# Looked for in the folders alone: with the site module, the `.pth` files of the packages there would run unconfined.
FIND_MISSING: Final = """
import importlib.machinery, json, sys
places, names = json.loads(sys.argv[1]), sys.argv[2:]
find = importlib.machinery.PathFinder.find_spec
print(json.dumps({"missing": [name for name in names if find(name, sys.path + places) is None]}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that runs the project's code.

    `readable` names every folder that it must be able to read before it can import anything.
    """

    path: str
    version: tuple[int, int, int]
    prefix: str
    site_packages: tuple[str, ...]
    platform: str
    readable: tuple[str, ...] = ()


def describe_interpreter(path: Path) -> Interpreter:
    """Ask a Python what it is, with one child process."""
    answer = _ask(path, DESCRIBE, [])
    major, minor, micro = answer["version"]
    if (major, minor) < OLDEST_PYTHON:
        raise EnvironmentProblem(
            f"{path} is Python {major}.{minor}.{micro}, and projects need 3.9 or later here",
            hint="choose a newer interpreter with --python",
            slug="python-too-old",
        )
    places = tuple(answer["site_packages"])
    # its own word for its path: behind a pyenv shim, which needs the user's home, is one that does not
    executable = answer["executable"] or str(path)
    readable = tuple(answer["readable"])
    return Interpreter(executable, (major, minor, micro), answer["prefix"], places, answer["platform"], readable)


def missing_packages(interpreter: Interpreter, names: Iterable[str]) -> tuple[str, ...]:
    """Name the top-level modules that the interpreter's own environment cannot import."""
    places = json.dumps(interpreter.site_packages)
    return tuple(_ask(Path(interpreter.path), FIND_MISSING, [places, *names], flags=("-I", "-S"))["missing"])


def runs_as(path: Path, version: tuple[int, int, int]) -> bool:
    """Whether the Python is still there and of that version; no package of its environment is looked at."""
    code = 'import json, sys; print(json.dumps({"version": list(sys.version_info[:3])}))'
    try:
        return bool(_ask(path, code, [], flags=("-I", "-S")) == {"version": list(version)})
    except EnvironmentProblem:
        return False


def _ask(path: Path, code: str, arguments: list[str], *, flags: tuple[str, ...] = ("-I",)) -> dict[str, Any]:
    """Run a few lines in isolated mode, which no module of the project can get in the way of."""
    try:
        done = subprocess.run(
            [str(path), *flags, "-c", code, *arguments],
            check=False,
            env={name: value for name, value in os.environ.items() if name in INHERITED},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    except OSError as error:
        raise _not_executable(path, error.strerror or str(error)) from error
    except subprocess.TimeoutExpired as error:
        raise _broken(path, f"no answer in {PATIENCE_SECONDS:.0f} seconds") from error
    return _answer(path, done)


def _answer(path: Path, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    lines = done.stdout.strip().splitlines()
    try:
        answer: dict[str, Any] = json.loads(lines[-1] if done.returncode == 0 and lines else "")
    except json.JSONDecodeError as error:
        last_words = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise _broken(path, last_words[0]) from error
    return answer


def _not_executable(path: Path, reason: str) -> EnvironmentProblem:
    if (path.parent.parent / "pyvenv.cfg").is_file() or path.is_symlink():
        return _broken(path, reason)
    return EnvironmentProblem(
        f"{path} cannot be run as a Python interpreter: {reason}",
        hint="give --python the path of an interpreter or of a virtual environment",
        slug="python-not-executable",
    )


def _broken(path: Path, reason: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"the Python at {path} is broken: {reason}",
        hint="build the project's environment again, or choose another interpreter with --python",
        slug="python-broken",
    )
