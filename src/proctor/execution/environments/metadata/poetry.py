"""Poetry's own tables in pyproject.toml, with its version constraints put into the words of PEP 440."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from packaging.version import InvalidVersion, Version

from proctor.execution.environments.metadata.needs import (
    Kind,
    PythonBound,
    Stated,
    kind_of,
    not_from_an_index,
    python_bound,
    stated,
)
from proctor.project.pyproject import read_pyproject, read_table

_FILE: Final = "pyproject.toml"
_ELSEWHERE: Final = ("git", "path", "url", "file")
_OPERATOR: Final = re.compile(r"\s*(\^|~(?!=)|~=|===?|!=|[<>]=?|)\s*(.+?)\s*")


def read_poetry(root: Path) -> Stated:
    """What `[tool.poetry]` states."""
    table = read_table(read_pyproject(root), "tool", "poetry") or {}
    name, version = table.get("name"), table.get("version")
    everything = Stated(name=str(name or ""), version=str(version or ""))
    for source, kind, dependencies in _lists(table):
        for package, entry in dependencies.items():
            everything += _python(entry) if package == "python" else _package(package, entry, source, kind)
    return everything


def pep440(constraint: str) -> str:
    """A constraint in the words of PEP 440, which has no "or": of several alternatives the last one counts."""
    last = re.split(r"\|\|?", constraint)[-1]
    parts = re.split(r"\s*,\s*|(?<=[\w*])\s+(?=[<>=!~^])", last.strip())
    return ",".join(text for part in parts if (text := _part(part)))


def _part(part: str) -> str:
    found = _OPERATOR.fullmatch(part)
    operator, version = (found[1], found[2]) if found else ("", part)
    if version == "*":
        return ""
    if operator in ("^", "~"):
        return _range(version, _caret_place(version) if operator == "^" else min(1, len(_release(version)) - 1))
    return f"{operator or '=='}{version}"


def _range(version: str, place: int) -> str:
    """From a version up to the next one that differs at the given place."""
    release = [*_release(version), 0, 0, 0]
    upper = [*release[:place], release[place] + 1]
    return f">={version},<{'.'.join(map(str, upper))}"


def _caret_place(version: str) -> int:
    """The first number that is not zero, else the last one that is stated."""
    release = _release(version)
    return next((place for place, number in enumerate(release) if number), len(release) - 1)


def _release(version: str) -> tuple[int, ...]:
    return Version(version.removesuffix(".*")).release


def _lists(table: Mapping[str, Any]) -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    yield f"{_FILE}, tool.poetry", "runtime", read_table(table, "dependencies") or {}
    yield f"{_FILE}, tool.poetry.dev-dependencies", "test", read_table(table, "dev-dependencies") or {}
    for group in read_table(table, "group") or {}:
        if kind := kind_of(group):
            source = f"{_FILE}, tool.poetry.group.{group}"
            yield source, kind, read_table(table, "group", group, "dependencies") or {}


def _python(constraint: object) -> Stated:
    try:
        alternatives = tuple(pep440(part) for part in re.split(r"\|\|?", str(constraint)))
        checked = [python_bound(alternative, _FILE) for alternative in alternatives]
    except InvalidVersion:
        return Stated(notes=(f"{_FILE}: python = {constraint!r} is no version constraint, and is not looked at",))
    notes = sum((part.notes for part in checked), start=())
    return Stated(python=() if notes else (PythonBound(alternatives, _FILE),), notes=notes)


def _package(package: str, entry: object, source: str, kind: Kind) -> Stated:
    """One dependency: a constraint, a table, or a list of tables for different platforms."""
    everything = Stated()
    for option in entry if isinstance(entry, list) else [entry]:
        table = option if isinstance(option, Mapping) else {"version": str(option)}
        elsewhere = next((f"{key} {table[key]}" for key in _ELSEWHERE if key in table), None)
        optional: Kind = "optional" if table.get("optional") else kind
        if elsewhere is not None:
            everything += not_from_an_index(package, elsewhere, source, optional)
        else:
            everything += stated(_requirement(package, table), source, optional)
    return everything


def _requirement(package: str, table: Mapping[str, Any]) -> str:
    extras = table.get("extras")
    extra_text = f"[{','.join(map(str, extras))}]" if isinstance(extras, list) and extras else ""
    try:
        version = pep440(str(table.get("version", "*")))
    except InvalidVersion:
        version = str(table.get("version"))  # as it stands: that it cannot be read is said with it
    marker = " and ".join(f"({text})" for text in _markers(table))
    return f"{package}{extra_text}{version}{f' ; {marker}' if marker else ''}"


def _markers(table: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(table.get("markers"), str):
        yield table["markers"]
    if isinstance(table.get("python"), str):
        for bound in pep440(table["python"]).split(","):
            if found := re.fullmatch(r"([<>=!~]+)([\d.]+)(?:\.\*)?", bound):
                name = "python_version" if found[2].count(".") < 2 else "python_full_version"
                yield f"{name} {found[1]} '{found[2]}'"
    if isinstance(table.get("platform"), str):
        yield f"sys_platform == '{table['platform']}'"
