"""The Pythons that are installed on this machine, and which of them a project can use."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from proctor.errors import EnvironmentProblem
from proctor.execution.environments.metadata.needs import PythonBound, Stated
from proctor.execution.environments.uv import Uv
from proctor.execution.interpreter import OLDEST_PYTHON

NEWEST_PYTHON: Final = (3, 14)
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class MachinePython:
    """An interpreter of this machine that belongs to no project."""

    path: Path
    version: tuple[int, int, int]

    @property
    def spelled(self) -> str:
        """The version as people write it."""
        return ".".join(map(str, self.version))

    @property
    def minor(self) -> str:
        """The version that wheels are made for."""
        return ".".join(map(str, self.version[:2]))


def own_python() -> MachinePython:
    """The Python that runs Proctor."""
    return MachinePython(Path(sys.executable), sys.version_info[:3])


def pythons_here(uv: Uv, env: Mapping[str, str]) -> tuple[MachinePython, ...]:
    """Every version of CPython that can run the probe: Proctor's own first, then the newest first."""
    found = [*_known_to_uv(uv), *_kept_by_pyenv(env)]
    able = [python for python in found if OLDEST_PYTHON <= python.version[:2] <= NEWEST_PYTHON]
    by_version: dict[tuple[int, ...], MachinePython] = {}
    for python in [own_python(), *sorted(able, key=lambda python: python.version, reverse=True)]:
        by_version.setdefault(python.version, python)
    return tuple(by_version.values())


def fitting_pythons(
    project: Stated, asked: str | None, here: Sequence[MachinePython]
) -> tuple[tuple[MachinePython, ...], tuple[str, ...]]:
    """The Pythons that the project can use, the preferred one first, and what has to be said about the choice."""
    if asked is not None:
        chosen = [python for python in here if is_version(python.version, asked)]
        if not chosen:
            raise _not_here(f"Python {asked} was asked for", here)
        return tuple(chosen[:1]), ()
    fitting = [python for python in here if allows(project.python, python.version)]
    if not fitting:
        bounds = ", ".join(f"{' or '.join(bound.alternatives)} ({bound.source})" for bound in project.python)
        raise _not_here(f"{project.name} needs Python {bounds}", here)
    wished = project.preferred_python
    preferred = sorted(fitting, key=lambda python: not is_version(python.version, wished))
    missing = bool(wished) and not is_version(preferred[0].version, wished)
    note = f"the project prefers Python {wished}, which is not on this machine: {preferred[0].spelled} is used"
    return tuple(preferred), (note,) if missing else ()


def one_of_each_minor(pythons: Iterable[MachinePython]) -> tuple[MachinePython, ...]:
    """The first of each minor version: wheels are the same for all the others."""
    firsts: dict[str, MachinePython] = {}
    for python in pythons:
        firsts.setdefault(python.minor, python)
    return tuple(firsts.values())


def allows(bounds: Iterable[PythonBound], version: tuple[int, int, int]) -> bool:
    """Whether all bounds allow a Python."""
    return all(bound.allows(version) for bound in bounds)


def is_version(version: tuple[int, int, int], asked: str) -> bool:
    """Whether a Python is of a version that is given in two numbers or three."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", asked))
    return bool(numbers) and version[: len(numbers)] == numbers


def _known_to_uv(uv: Uv) -> list[MachinePython]:
    answer = uv.run("python", "list", "--only-installed", "--offline", "--output-format", "json")
    try:
        entries: list[dict[str, Any]] = json.loads(answer.output)
    except json.JSONDecodeError:
        return []  # without uv's word, pyenv's and Proctor's own are left
    plain = [item for item in entries if item["implementation"] == "cpython" and item.get("variant") == "default"]
    return [_python(Path(item["path"]), item["version"]) for item in plain if _VERSION.match(item["version"])]


def _kept_by_pyenv(env: Mapping[str, str]) -> list[MachinePython]:
    """Those of pyenv that no shim leads to: a shim serves only the versions that are switched on."""
    shelf = Path(env.get("PYENV_ROOT") or Path(env.get("HOME") or Path.home()) / ".pyenv") / "versions"
    places = [place for place in shelf.glob("*/bin/python") if _VERSION.fullmatch(place.parent.parent.name)]
    return [_python(place, place.parent.parent.name) for place in sorted(places)]


def _python(path: Path, version: str) -> MachinePython:
    found = _VERSION.match(version)
    major, minor, micro = map(int, found.groups()) if found else (0, 0, 0)
    return MachinePython(path, (major, minor, micro))


def _not_here(needed: str, here: Iterable[MachinePython]) -> EnvironmentProblem:
    installed = ", ".join(sorted({python.spelled for python in here}, key=lambda text: [*map(int, text.split("."))]))
    return EnvironmentProblem(
        f"{needed}, and of the versions 3.9 to 3.14 this machine has {installed}",
        hint="install one that fits, for example with uv python install, or name an interpreter with --python",
        slug="no-python-fits",
    )
