"""Reads what a project states about its dependencies, in whatever formats it uses, into one answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from proctor.execution.environments.metadata.locks import read_locks
from proctor.execution.environments.metadata.needs import Need, Stated
from proctor.execution.environments.metadata.pipfile import read_pipfile
from proctor.execution.environments.metadata.poetry import read_poetry
from proctor.execution.environments.metadata.pyproject import read_standard
from proctor.execution.environments.metadata.requirements import read_requirement_files
from proctor.execution.environments.metadata.setup_cfg import read_setup_cfg
from proctor.execution.environments.metadata.setup_py import read_setup_py
from proctor.execution.environments.metadata.version_file import read_version_file

READERS: Final[tuple[Callable[[Path], Stated], ...]] = (
    read_standard,
    read_poetry,
    read_setup_cfg,
    read_setup_py,
    read_pipfile,
    read_requirement_files,
    read_version_file,
    read_locks,
)
_ORDER: Final = ("runtime", "test", "optional")


def read_needs(root: Path) -> Stated:
    """All that the project states; each need once, in the order of their weight, and none on the project itself."""
    everything = Stated()
    for reader in READERS:
        everything += reader(root)
    ordered = sorted(everything.needs, key=lambda need: _ORDER.index(need.kind))
    own = canonicalize_name(everything.name)
    needs: dict[str, Need] = {}
    for need in ordered:
        if need.name != own:
            needs.setdefault(need.requirement, need)
    lost = [item for item in everything.left_out if canonicalize_name(item.requirement) != own]
    return replace(
        everything,
        needs=tuple(needs.values()),
        left_out=tuple(dict.fromkeys(lost)),
        name=everything.name or root.resolve().name,
        notes=tuple(dict.fromkeys(everything.notes)),
    )
