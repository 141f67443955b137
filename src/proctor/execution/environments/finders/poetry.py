"""Environments that poetry keeps in its cache: found by their names, else poetry is asked for the one in use."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proctor.execution.environments.finders.candidate import (
    Candidate,
    ask_tool,
    cache_home,
    config_home,
    version_order,
)
from proctor.project.pyproject import read_pyproject, read_table

_UNSAFE = re.compile(r'[ $`!*@"\\\r\n\t]')
_NAME_LENGTH = 42


def poetry_environment(root: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """The environment of a project that uses poetry."""
    project = read_pyproject(root)
    if read_table(project, "tool", "poetry") is None and not (root / "poetry.lock").is_file():
        return
    shelf, base = _shelf(root, env), base_name(_project_name(root, project), root)
    found = sorted(shelf.glob(f"{base}-py*"), key=lambda place: version_order(place.name[len(base) :]), reverse=True)
    minor = (read_table(_toml(shelf / "envs.toml"), base) or {}).get("minor")
    chosen = [place for place in found if len(found) == 1 or place.name == f"{base}-py{minor}"]
    # asked last, because it takes seconds; without plug-ins, because a project can bring its own
    command = ["poetry", "--no-plugins", "--no-interaction", "env", "info", "--path"]
    stated = None if chosen else ask_tool(command, root, env)
    places = [*chosen, *([stated] if stated else []), *found]
    yield from (Candidate(folder, "from poetry") for folder in places)


def base_name(name: str, root: Path) -> str:
    """How poetry names the environments of a project: its name and a hash of its folder."""
    digest = hashlib.sha256(os.path.normcase(os.path.realpath(root)).encode()).digest()
    return f"{_UNSAFE.sub('_', name.lower())[:_NAME_LENGTH]}-{base64.urlsafe_b64encode(digest).decode()[:8]}"


def _project_name(root: Path, project: dict[str, Any]) -> str:
    tables = [read_table(project, "project"), read_table(project, "tool", "poetry")]
    named = [str(table["name"]) for table in tables if table and "name" in table]
    return named[0] if named else root.name


def _shelf(root: Path, env: Mapping[str, str]) -> Path:
    settings = [root / "poetry.toml", _config_dir(env) / "config.toml"]
    cache = env.get("POETRY_CACHE_DIR") or str(cache_home(env) / "pypoetry")
    stated = [read_table(_toml(file), "virtualenvs") or {} for file in settings]
    paths = [env.get("POETRY_VIRTUALENVS_PATH"), *(table.get("path") for table in stated)]
    chosen = next((path for path in paths if isinstance(path, str) and path), "{cache-dir}/virtualenvs")
    return Path(chosen.replace("{cache-dir}", cache).replace("{project-dir}", str(root))).expanduser()


def _config_dir(env: Mapping[str, str]) -> Path:
    return Path(env.get("POETRY_CONFIG_DIR") or config_home(env) / "pypoetry")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # another program's file: without it the defaults count
        return {}
