"""The standard tables of pyproject.toml, and those of uv, pdm, hatch and setuptools beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from proctor.execution.environments.metadata.needs import (
    Kind,
    Stated,
    kind_of,
    not_from_an_index,
    package_name,
    python_bound,
    stated,
)
from proctor.execution.environments.metadata.requirements import read_requirement_file
from proctor.project.pyproject import read_pyproject, read_table

_FILE: Final = "pyproject.toml"
_ELSEWHERE: Final = ("git", "path", "url", "workspace")


def read_standard(root: Path) -> Stated:
    """What pyproject.toml states outside of poetry's own tables."""
    data = read_pyproject(root)
    everything = _project(data) + _groups(data) + _dynamic(root, data)
    for name, kind, requirements in _tool_lists(data):
        everything += _all(requirements, f"{_FILE}, {name}", kind)
    return _from_elsewhere(everything, read_table(data, "tool", "uv", "sources") or {})


def _project(data: Mapping[str, Any]) -> Stated:
    project = read_table(data, "project") or {}
    everything = Stated(name=_text(project.get("name")), version=_text(project.get("version")))
    everything += _all(project.get("dependencies"), _FILE, "runtime")
    for extra, requirements in (read_table(project, "optional-dependencies") or {}).items():
        everything += _named(extra, requirements, "extra")
    python = _text(project.get("requires-python"))
    return everything + (python_bound(python, _FILE) if python else Stated())


def _groups(data: Mapping[str, Any]) -> Stated:
    groups = read_table(data, "dependency-groups") or {}
    everything = Stated()
    for name in groups:
        everything += _named(name, list(_group(groups, name, ())), "group")
    return everything


def _group(groups: Mapping[str, Any], name: str, above: tuple[str, ...]) -> Iterator[object]:
    """The requirements of a group with those of the groups that it includes."""
    by_name = {canonicalize_name(key): value for key, value in groups.items()}
    key = canonicalize_name(name)
    items = by_name.get(key)
    for item in items if isinstance(items, list) and key not in above else []:
        if isinstance(item, Mapping):
            yield from _group(groups, _text(item.get("include-group")), (*above, key))
        else:
            yield item


def _dynamic(root: Path, data: Mapping[str, Any]) -> Stated:
    """The files that setuptools is told to read dependencies from."""
    dynamic = read_table(data, "tool", "setuptools", "dynamic") or {}
    everything = _dynamic_files(root, dynamic.get("dependencies"), "runtime")
    for extra, entry in (read_table(dynamic, "optional-dependencies") or {}).items():
        kind = kind_of(extra)
        everything += _dynamic_files(root, entry, kind) if kind else Stated()
    return everything


def _dynamic_files(root: Path, entry: object, kind: Kind) -> Stated:
    files = entry.get("file", []) if isinstance(entry, Mapping) else []
    everything = Stated()
    for name in [files] if isinstance(files, str) else files:
        everything += read_requirement_file(root, str(name), kind)
    return everything


def _tool_lists(data: Mapping[str, Any]) -> Iterator[tuple[str, Kind, object]]:
    """Lists of requirements for development that tools keep in tables of their own."""
    yield "tool.uv", "test", (read_table(data, "tool", "uv") or {}).get("dev-dependencies")
    for name, requirements in (read_table(data, "tool", "pdm", "dev-dependencies") or {}).items():
        if kind := kind_of(name):
            yield f"tool.pdm, {name}", kind, requirements
    for name, environment in (read_table(data, "tool", "hatch", "envs") or {}).items():
        kind = "test" if name == "default" else kind_of(name)
        if kind == "test" and isinstance(environment, Mapping):
            for key in ("dependencies", "extra-dependencies"):
                yield f"tool.hatch.envs.{name}", kind, environment.get(key)


def _named(name: str, requirements: object, what: str) -> Stated:
    kind = kind_of(name)
    return _all(requirements, f"{_FILE}, {what} {name}", kind) if kind else Stated()


def _all(requirements: object, source: str, kind: Kind) -> Stated:
    everything = Stated()
    for requirement in requirements if isinstance(requirements, list) else []:
        if isinstance(requirement, str):
            everything += stated(requirement, source, kind)
    return everything


def _from_elsewhere(everything: Stated, sources: Mapping[str, Any]) -> Stated:
    """Take out the packages that uv is told to get from a folder or a repository."""
    places: dict[str, str] = {canonicalize_name(name): _place(source) for name, source in sources.items()}
    elsewhere = {name for name, place in places.items() if place}
    kept = tuple(need for need in everything.needs if need.name not in elsewhere)
    lost = Stated()
    for need in everything.needs:
        if need.name in elsewhere:
            lost += not_from_an_index(package_name(need.requirement), places[need.name], need.source, need.kind)
    return replace(everything, needs=kept) + lost


def _place(source: object) -> str:
    options: Iterable[object] = source if isinstance(source, list) else [source]
    tables = [option for option in options if isinstance(option, Mapping)]
    named = [f"{key} {option[key]}" for option in tables for key in _ELSEWHERE if option.get(key)]
    return "this workspace" if named and named[0].startswith("workspace") else "".join(named[:1])


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
