"""Finds the project's own interpreter and asks it what it is; it is looked at, never changed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
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
FIND_MISSING: Final = """
import importlib.util, json, sys
print(json.dumps({"missing": [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that runs the project's code, and how it came to be chosen when that is worth a note.

    `readable` names every folder that it must be able to read before it can import anything.
    """

    path: str
    version: tuple[int, int, int]
    prefix: str
    site_packages: tuple[str, ...]
    platform: str
    note: str = ""
    readable: tuple[str, ...] = ()


def find_interpreter(root: Path, *, python: str | None, env: Mapping[str, str]) -> Interpreter:
    """Choose the asked-for Python, else the project's environment, else the one that runs Proctor."""
    if python is not None:
        return describe_interpreter(_asked_for(python, env))
    environments = [root / ".venv", root / "venv", *_active_environment(root, env)]
    chosen = next((place for place in environments if _is_environment(place)), None)
    if chosen is not None:
        return describe_interpreter(_python_of(chosen))
    note = f"no environment in {root}: using the Python that runs Proctor, {sys.executable}"
    return describe_interpreter(Path(sys.executable), note=note)


def describe_interpreter(path: Path, *, note: str = "") -> Interpreter:
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
    return Interpreter(
        executable, (major, minor, micro), answer["prefix"], places, answer["platform"], note, tuple(answer["readable"])
    )


def missing_packages(interpreter: Interpreter, names: Iterable[str]) -> tuple[str, ...]:
    """Name the top-level modules that the interpreter's own environment cannot import."""
    return tuple(_ask(Path(interpreter.path), FIND_MISSING, [*names])["missing"])


def _asked_for(python: str, env: Mapping[str, str]) -> Path:
    place = Path(python).expanduser()
    if place.is_dir():
        return _python_of(place.absolute())
    if os.sep not in python:
        return Path(shutil.which(python, path=env.get("PATH", os.defpath)) or python)
    return place.absolute()  # not resolved: behind the link of a virtual environment is the Python without it


def _active_environment(root: Path, env: Mapping[str, str]) -> list[Path]:
    active = Path(env["VIRTUAL_ENV"]) if env.get("VIRTUAL_ENV") else None
    return [active] if active is not None and active.resolve().is_relative_to(root.resolve()) else []


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file() or os.path.lexists(_python_of(folder))


def _python_of(environment: Path) -> Path:
    return environment.absolute() / "bin" / "python"


def _ask(path: Path, code: str, arguments: list[str]) -> dict[str, Any]:
    """Run a few lines in isolated mode, which no module of the project can get in the way of."""
    try:
        done = subprocess.run(
            [str(path), "-I", "-c", code, *arguments],
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
