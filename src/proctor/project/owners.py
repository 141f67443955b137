"""Folders in the cache that belong to a process, named so that a later start sees that their owner is gone."""

import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

import psutil

# The start time of a process is reckoned from the boot time, which moves a little when the clock is set.
_CLOCK_SLACK_MS = 2_000
_OWNED = re.compile(r"(\d+)-(\d+)-[0-9a-f]{8}")
_REMOVALS = 5


def owned_name() -> str:
    """A new folder name that tells which process it belongs to."""
    start = round(psutil.Process().create_time() * 1000)
    return f"{os.getpid()}-{start}-{secrets.token_hex(4)}"


def is_orphan(name: str) -> bool:
    """Whether the folder's owner is gone; a folder that is not of our making has no owner to miss."""
    owned = _OWNED.fullmatch(name)
    if owned is None:
        return False
    pid, start = int(owned[1]), int(owned[2])
    try:
        actual = psutil.Process(pid).create_time() * 1000
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return abs(actual - start) > _CLOCK_SLACK_MS


def orphans(home: Path) -> tuple[Path, ...]:
    """The folders in `home` whose owner is gone."""
    try:
        return tuple(sorted(folder for folder in home.iterdir() if is_orphan(folder.name)))
    except (FileNotFoundError, NotADirectoryError):
        return ()


def remove_folder(folder: Path) -> bool:
    """Remove a folder even when code that ran in it closed folders or is just writing its last file."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return True
        _open_folders(folder)
    return False


def _open_folders(folder: Path) -> None:
    for place, names, _ in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                with suppress(OSError):
                    os.chmod(path, 0o700)
