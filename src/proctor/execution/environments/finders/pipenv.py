"""Environments that pipenv keeps: named in a `.venv` file, else found by their names, else told by pipenv."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from proctor.execution.environments.finders.candidate import Candidate, ask_tool, data_home

_UNSAFE = re.compile(r'[ &$`!*@"()\[\]\\\r\n\t]')
_NAME_LENGTH = 42


def pipenv_environment(root: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """The environment of a project that has a Pipfile, or a `.venv` file that points to it."""
    pointer = root / ".venv"
    if pointer.is_file():
        yield Candidate(_pointed_at(pointer, env), "from the file .venv")
    if (root / "Pipfile").is_file():
        named = _shelf(env) / environment_name(root)
        stated = None if named.is_dir() else ask_tool(["pipenv", "--venv"], root, env)
        yield Candidate(stated or named, "from pipenv")


def environment_name(root: Path) -> str:
    """How pipenv names the environment of a project: its folder's name and a hash of its Pipfile's path."""
    digest = hashlib.sha256(str(root.absolute() / "Pipfile").encode()).digest()[:6]
    return f"{_UNSAFE.sub('_', root.absolute().name)[:_NAME_LENGTH]}-{base64.urlsafe_b64encode(digest).decode()[:8]}"


def _pointed_at(pointer: Path, env: Mapping[str, str]) -> Path:
    """A path in the file counts from the project's folder; a plain name is one of the virtual environments."""
    text = pointer.read_text(encoding="utf-8", errors="replace").strip()
    return pointer.parent / text if os.sep in text else _shelf(env) / text


def _shelf(env: Mapping[str, str]) -> Path:
    return Path(env.get("WORKON_HOME") or data_home(env) / "virtualenvs").expanduser()
