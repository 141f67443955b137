"""Requirements files in pip's format, with what they include; options of pip and addresses of indexes do not count."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from proctor.execution.environments.metadata.needs import (
    Kind,
    Stated,
    is_wheel_address,
    kind_of,
    not_from_an_index,
    stated,
)

_PLACES: Final = ("*requirements*.txt", "requirements/*.txt")
_MAIN: Final = frozenset({"app", "base", "common", "core", "lock", "main", "prod", "production", "runtime"})
_INCLUDE: Final = re.compile(r"(-r|--requirement|-c|--constraint)(?:[ =]+|(?<=-[rc]))(\S+)")
_EDITABLE: Final = re.compile(r"(?:-e|--editable)[ =]+(\S+)")
_INDEX: Final = re.compile(r"-i\b|--(?:index-url|extra-index-url|find-links)|-f\b")
_COMMENT: Final = re.compile(r"(^|\s+)#.*$")
_PATH: Final = re.compile(r"\.{0,2}/|\.+(?:$|\[)|file:|(?:git|hg|svn|bzr)\+|https?://")


def read_requirement_files(root: Path) -> Stated:
    """All requirements files in the usual places; a file that another includes counts once, where it is named."""
    everything = Stated()
    for pattern in _PLACES:
        for file in sorted(root.glob(pattern)):
            kind = file_kind(file.stem)
            if kind is not None and "constraint" not in file.stem:
                everything += read_requirement_file(root, str(file.relative_to(root)), kind)
    return everything


def file_kind(stem: str) -> Kind | None:
    """What a requirements file is for, by its name."""
    rest = re.sub(r"requirements?", "", stem.lower()).strip("-_.")
    return "runtime" if not rest or rest in _MAIN else kind_of(rest)


def read_requirement_file(root: Path, name: str, kind: Kind, above: tuple[str, ...] = ()) -> Stated:
    """One requirements file, its path relative to the project, with the files that it includes."""
    file = root / name
    if name in above:
        return Stated()
    if not file.resolve().is_relative_to(root.resolve()):
        return Stated(notes=(f"{name} lies outside the project, and is not read",))
    try:
        lines = list(_lines(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        return Stated(notes=(f"{name} cannot be read, so what it requires is not known: {error}",))
    everything = Stated()
    for line in lines:
        everything += _line(root, line, name, kind, (*above, name))
    return everything


def _lines(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        cleaned = _COMMENT.sub("", line).strip()
        if cleaned:
            yield cleaned


def _line(root: Path, line: str, name: str, kind: Kind, above: tuple[str, ...]) -> Stated:
    if included := _INCLUDE.match(line):
        path = os.path.normpath(Path(name).parent / included[2])
        inner = read_requirement_file(root, path, kind, above)
        return inner if included[1] in ("-r", "--requirement") else _as_pins(inner)
    if editable := _EDITABLE.match(line):
        return _local(root, editable[1], name, kind)
    if _INDEX.match(line):
        option = line.split(maxsplit=1)[0].partition("=")[0]
        return Stated(notes=(f"{name}: {option} is not followed; set UV_INDEX where packages come from an own index",))
    if line.startswith("-"):
        return Stated()
    requirement = re.split(r"\s--", line, maxsplit=1)[0].strip()  # pip's options and hashes stand after it
    return _local(root, requirement, name, kind) if _PATH.match(requirement) else stated(requirement, name, kind)


def _local(root: Path, place: str, name: str, kind: Kind) -> Stated:
    """A package given by its place: the project itself is there anyway, a wheel elsewhere is one by its address."""
    bare = place.partition("[")[0].partition("#")[0].removeprefix("file:")
    if not is_wheel_address(place) and (root / Path(name).parent / bare).resolve() == root.resolve():
        return Stated()
    if is_wheel_address(place):
        package = place.rsplit("/", 1)[1].partition("-")[0]
        return stated(f"{package} @ {place}", name, kind)
    egg = re.search(r"#egg=([\w.-]+)", place)
    return not_from_an_index(egg[1] if egg else place, place, name, kind)


def _as_pins(constraints: Stated) -> Stated:
    return replace(constraints, needs=(), pins=tuple(need.requirement for need in constraints.needs), left_out=())
