"""A place where a project's environment may be, and what all finders share."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PATIENCE_SECONDS: Final = 30.0
# With these a tool would answer with the active environment, whichever project that belongs to.
_ACTIVE: Final = frozenset({"VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """The folder of an environment, and how it was found."""

    folder: Path
    origin: str


def is_environment(folder: Path) -> bool:
    """Whether somebody made an environment there, whole or broken."""
    return (folder / "pyvenv.cfg").is_file() or os.path.lexists(python_of(folder))


def python_of(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder.absolute() / "bin" / "python"


def is_inside(place: Path, root: Path) -> bool:
    """Whether a place lies in the project, links followed."""
    return place.resolve().is_relative_to(root.resolve())


def home(env: Mapping[str, str]) -> Path:
    """The user's home."""
    return Path(env.get("HOME") or Path.home())


def cache_home(env: Mapping[str, str]) -> Path:
    """The folder in which programs keep what they can make again."""
    default = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path(env.get("XDG_CACHE_HOME") or home(env) / default)


def data_home(env: Mapping[str, str]) -> Path:
    """The folder in which programs keep their data."""
    default = "Library/Application Support" if sys.platform == "darwin" else ".local/share"
    return Path(env.get("XDG_DATA_HOME") or home(env) / default)


def config_home(env: Mapping[str, str]) -> Path:
    """The folder in which programs keep their settings."""
    default = "Library/Application Support" if sys.platform == "darwin" else ".config"
    return Path(env.get("XDG_CONFIG_HOME") or home(env) / default)


def ask_tool(command: Sequence[str], root: Path, env: Mapping[str, str]) -> Path | None:
    """The folder that a tool prints, None where the tool is not there or knows none.

    A tool that lies in the project is not asked: it would be the project's own code, run unconfined.
    """
    program = shutil.which(command[0], path=env.get("PATH", os.defpath))
    if program is None or not os.path.isabs(program) or is_inside(Path(program).parent, root):
        return None
    quiet = {name: value for name, value in env.items() if name not in _ACTIVE} | {"NO_COLOR": "1"}
    try:
        done = subprocess.run(
            [program, *command[1:]],
            check=True,
            cwd=root,
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    last = done.stdout.strip().splitlines()[-1:]
    return Path(last[0]) if last and os.path.isabs(last[0]) else None


def version_order(name: str) -> tuple[int, ...]:
    """Sorts names by the numbers in them, so that py3.10 comes after py3.9."""
    return tuple(int(number) for number in re.findall(r"\d+", name))
