"""The exact versions that a lock file of uv, poetry, pdm, pipenv or the standard's pylock.toml holds."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from proctor.execution.environments.metadata.needs import Stated
from proctor.project.pyproject import read_table

# The first one that is there counts: a project that changed its tool may have kept the older file.
_LOCKS: Final = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")


def read_locks(root: Path) -> Stated:
    """The locked versions as pins; a package that is locked in two versions, one a platform, is left free."""
    name = next((name for name in _LOCKS if (root / name).is_file()), None)
    if name is None:
        return Stated()
    try:
        text = (root / name).read_text(encoding="utf-8")
        data = json.loads(text) if name == "Pipfile.lock" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        return Stated(notes=(f"{name} cannot be read, so the versions in it are not used: {error}",))
    found: dict[str, set[str]] = {}
    for package, version in _pipfile_versions(data) if name == "Pipfile.lock" else _versions(data):
        found.setdefault(canonicalize_name(package), set()).add(version)
    single = {package: versions.pop() for package, versions in found.items() if len(versions) == 1}
    return Stated(pins=tuple(f"{package}=={single[package]}" for package in sorted(single)))


def _versions(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    packages = data.get("package") or data.get("packages")
    for package in packages if isinstance(packages, list) else []:
        if isinstance(package, Mapping) and _is_version(package.get("version")):
            yield str(package.get("name")), package["version"]


def _pipfile_versions(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for section in ("default", "develop"):
        for package, entry in (read_table(data, section) or {}).items():
            version = entry.get("version") if isinstance(entry, Mapping) else None
            if isinstance(version, str) and _is_version(version.removeprefix("==")):
                yield package, version.removeprefix("==")


def _is_version(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(Version(text))
    except InvalidVersion:
        return False
