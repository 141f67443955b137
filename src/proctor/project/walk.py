"""Which files belong to a project: everything but environments, caches and what git keeps for itself."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LEFT_OUT = frozenset({"__pycache__", "node_modules", "site-packages"})
# Written by tools whenever they run, also while we do; nothing in them is read by the project's code.
_TOOL_CACHES = frozenset({".hypothesis", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".tox"})
# What runs code outside any test: a hook, a filter or an alias in the configuration. Objects and refs only hold data.
_KEPT_OF_GIT = frozenset({"hooks", "config", "config.worktree", "info"})


@dataclass(frozen=True, slots=True)
class Found:
    """A file, folder, link or other entry of the project."""

    path: str
    entry: os.DirEntry[str]


def walk_project(root: str, *, state_dir: str, leave_out: Callable[[str], bool] | None = None) -> Iterator[Found]:
    """Every entry of the project, folders before what is in them; links are entries and are never followed."""
    folders = [""]
    while folders:
        folder = folders.pop()
        for entry in _scan(os.path.join(root, folder)):
            path = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if (leave_out and leave_out(path)) or (is_folder and _is_left_out(path, entry, state_dir)):
                continue
            yield Found(path, entry)
            if is_folder:
                folders.append(path)


def is_environment(folder: str) -> bool:
    """Whether the folder is a virtual environment."""
    return os.path.lexists(os.path.join(folder, "pyvenv.cfg"))


def _scan(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []  # it went away meanwhile, or is closed to us and so to everything we start
    if os.path.basename(folder) == ".git":
        return [entry for entry in found if entry.name in _KEPT_OF_GIT]
    return found


def _is_left_out(path: str, entry: os.DirEntry[str], state_dir: str) -> bool:
    named = entry.name in _LEFT_OUT or entry.name in _TOOL_CACHES
    return named or path == f"{state_dir}/runs" or is_environment(entry.path)
