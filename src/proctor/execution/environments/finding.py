"""Finds the environment that the project's own tools made; a broken one is passed over with a note."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from proctor.errors import EnvironmentProblem
from proctor.execution.environments.finders.candidate import Candidate, is_environment, python_of
from proctor.execution.environments.finders.conda import conda_environment
from proctor.execution.environments.finders.folders import active, other_folders, usual_folders, uv_environment
from proctor.execution.environments.finders.hatch import hatch_environment
from proctor.execution.environments.finders.pipenv import pipenv_environment
from proctor.execution.environments.finders.poetry import poetry_environment
from proctor.execution.interpreter import Interpreter, describe_interpreter

Finder = Callable[[Path, Mapping[str, str]], Iterator[Candidate]]
# What the user set goes before what lies in the project, and that before what the tools keep elsewhere.
FINDERS: Final[tuple[Finder, ...]] = (
    uv_environment,
    usual_folders,
    active,
    other_folders,
    poetry_environment,
    pipenv_environment,
    conda_environment,
    hatch_environment,
)


@dataclass(frozen=True, slots=True)
class Search:
    """What a search for an environment came to: at most one that works, and what is wrong with those before it."""

    interpreter: Interpreter | None = None
    origin: str = ""
    problems: tuple[EnvironmentProblem, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The environments that were passed over, for people."""
        return tuple(f"{problem.message}; it is passed over" for problem in self.problems)


def find_environment(root: Path, env: Mapping[str, str]) -> Search:
    """The first environment of the project that works."""
    problems: list[EnvironmentProblem] = []
    for candidate in _candidates(root, env):
        try:
            return Search(describe_interpreter(python_of(candidate.folder)), candidate.origin, tuple(problems))
        except EnvironmentProblem as problem:
            problems.append(problem)
    return Search(problems=tuple(problems))


def _candidates(root: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    seen: set[Path] = set()
    for finder in FINDERS:
        for candidate in finder(root, env):
            if is_environment(candidate.folder) and candidate.folder.absolute() not in seen:
                seen.add(candidate.folder.absolute())
                yield candidate
