"""Environments that hatch keeps in its data folder; hatch is not asked, for it would run the project's build hooks."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from proctor.execution.environments.finders.candidate import Candidate, data_home
from proctor.project.pyproject import read_pyproject, read_table


def hatch_environment(root: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """The default environment of a project that is built with hatch, and the one for tests."""
    project = read_pyproject(root)
    name = (read_table(project, "project") or {}).get("name")
    if isinstance(name, str) and read_table(project, "tool", "hatch") is not None:
        shelf = Path(env.get("HATCH_DATA_DIR") or data_home(env) / "hatch") / "env" / "virtual"
        project_name = canonicalize_name(name)
        for environment in (project_name, "test"):
            yield Candidate(shelf / project_name / folder_hash(root) / environment, "from hatch")


def folder_hash(root: Path) -> str:
    """How hatch tells projects of one name apart."""
    return base64.urlsafe_b64encode(hashlib.sha256(str(root.absolute()).encode()).digest()).decode()[:8]
