"""Pipenv's Pipfile."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from proctor.execution.environments.metadata.needs import Kind, Stated, not_from_an_index, stated
from proctor.project.pyproject import read_table

_FILE: Final = "Pipfile"
_ELSEWHERE: Final = ("git", "path", "file", "hg", "svn")
_LISTS: Final[tuple[tuple[str, Kind], ...]] = (("packages", "runtime"), ("dev-packages", "test"))
_MARKERS: Final = (
    *("implementation_name", "os_name", "platform_machine", "platform_system"),
    *("python_full_version", "python_version", "sys_platform"),
)


def read_pipfile(root: Path) -> Stated:
    """What the Pipfile states."""
    try:
        data = tomllib.loads((root / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Stated()
    except (OSError, ValueError, RecursionError) as error:
        return Stated(notes=(f"{_FILE} cannot be read, so what it requires is not known: {error}",))
    requires = read_table(data, "requires") or {}
    python = str(requires.get("python_full_version") or requires.get("python_version") or "")
    everything = Stated(preferred_python=python if re.fullmatch(r"[\d.]+", python) else "")
    for section, kind in _LISTS:
        for package, entry in (read_table(data, section) or {}).items():
            everything += _package(package, entry, kind)
    return everything


def _package(package: str, entry: object, kind: Kind) -> Stated:
    table: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {"version": str(entry)}
    place = next((str(table[key]) for key in _ELSEWHERE if key in table), None)
    if place == ".":
        return Stated()  # the project itself
    if place is not None:
        return not_from_an_index(package, place, _FILE, kind)
    extras = f"[{','.join(map(str, table['extras']))}]" if isinstance(table.get("extras"), list) else ""
    version = str(table.get("version", "*"))
    stated_markers = [str(table["markers"])] if "markers" in table else []
    markers = [*stated_markers, *(f"{name} {table[name]}" for name in _MARKERS if name in table)]
    condition = f" ; {' and '.join(f'({marker})' for marker in markers)}" if markers else ""
    return stated(f"{package}{extras}{'' if version == '*' else version}{condition}", _FILE, kind)
