"""Conda environments: in the project's folder, or the one that its environment.yml names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from proctor.execution.environments.finders.candidate import Candidate, home

_NAME = re.compile(r"^name:[ \t]*['\"]?([^'\"#\s]+)", re.MULTILINE)


def conda_environment(root: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """An environment in `.conda` or `envs`, else the active or a known one with the name that the project states."""
    places = [root / ".conda", root / "envs", *sorted(root.glob("envs/*"))]
    for place in places:
        if (place / "conda-meta").is_dir():
            yield Candidate(place, f"from conda, in {place.relative_to(root)}")
    names = _stated_names(root)
    active = env.get("CONDA_PREFIX")
    for known in [*([Path(active)] if active else []), *_known(env)]:
        if known.name in names:
            yield Candidate(known, f"from conda, named {known.name}")


def _stated_names(root: Path) -> set[str]:
    files = [root / "environment.yml", root / "environment.yaml"]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file()]
    return {found[1] for text in texts if (found := _NAME.search(text))} - {"base"}


def _known(env: Mapping[str, str]) -> list[Path]:
    """What conda noted of the environments that it made."""
    register = home(env) / ".conda" / "environments.txt"
    if not register.is_file():
        return []
    lines = register.read_text(encoding="utf-8", errors="replace").splitlines()
    return [Path(line.strip()) for line in lines if line.strip()]
