"""Environments in the project's own folder, and the active one when it is the project's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from proctor.execution.environments.finders.candidate import Candidate, is_inside


def usual_folders(root: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """`.venv` and `venv`: what uv, poetry, pdm, pipenv and people make."""
    for name in (".venv", "venv"):
        yield Candidate(root / name, f"in {name}")


def other_folders(root: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """Any other folder directly in the project that is a virtual environment."""
    for place in sorted(root.glob("*/pyvenv.cfg")):
        yield Candidate(place.parent, f"in {place.parent.name}")


def active(root: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """The active environment, but only inside the project: elsewhere it may be anybody's."""
    folder = env.get("VIRTUAL_ENV")
    if folder and is_inside(Path(folder), root):
        yield Candidate(Path(folder), "from VIRTUAL_ENV")


def uv_environment(root: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """Where uv was told to keep the environment of a project, relative to the project's folder."""
    folder = env.get("UV_PROJECT_ENVIRONMENT")
    if folder and (root / "pyproject.toml").is_file():
        yield Candidate(root / folder, "from UV_PROJECT_ENVIRONMENT")
