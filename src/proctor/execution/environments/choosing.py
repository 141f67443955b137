"""Chooses the Python that runs the project's code: the asked-for one, the project's own, or one built for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from proctor.errors import EnvironmentProblem
from proctor.execution.environments.asked import asked_interpreter, asked_version
from proctor.execution.environments.building import Built, Workshop, built_environment, is_free_tool
from proctor.execution.environments.finders.candidate import is_inside
from proctor.execution.environments.finding import Search, find_environment
from proctor.execution.environments.metadata.needs import Stated
from proctor.execution.environments.metadata.reading import read_needs
from proctor.execution.environments.pythons import allows, fitting_pythons, own_python, pythons_here
from proctor.execution.environments.uv import Uv, find_uv
from proctor.execution.interpreter import Interpreter, describe_interpreter


@dataclass(frozen=True, slots=True)
class ProjectEnvironment:
    """The Python that runs the project's code, how it was come by, and what is worth a note about it."""

    interpreter: Interpreter
    origin: str
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The environment in one line."""
        version = ".".join(map(str, self.interpreter.version))
        return f"Python {version} {self.origin} ({self.interpreter.path})"


def project_environment(root: Path, *, python: str | None, build: bool, workshop: Workshop) -> ProjectEnvironment:
    """The asked-for Python, else the project's environment, else one that is built, else the one that runs Proctor."""
    version = asked_version(python)
    if python is not None and version is None:
        interpreter = describe_interpreter(asked_interpreter(python, workshop.env))
        return ProjectEnvironment(interpreter, "as asked for")
    if version is not None:
        return _of_version(root, version, build, workshop)
    search = find_environment(root, workshop.env)
    if search.interpreter is not None:
        return ProjectEnvironment(search.interpreter, search.origin, search.notes)
    return _without_one(root, search, build, workshop)


def _of_version(root: Path, version: str, build: bool, workshop: Workshop) -> ProjectEnvironment:
    """A Python of this machine: with the project's needs in an environment, or as it is where there are none."""
    project = read_needs(root)
    if build and _needs_packages(project):
        return _built(built_environment(project, version, workshop), project)
    uv = Uv(find_uv(), workshop.env, workshop.progress)
    pythons, _ = fitting_pythons(project, version, pythons_here(uv, workshop.env))
    return ProjectEnvironment(describe_interpreter(pythons[0].path), "of this machine, as asked for")


def _without_one(root: Path, search: Search, build: bool, workshop: Workshop) -> ProjectEnvironment:
    """One that is built where that is of use, else the Python that runs Proctor."""
    if not build:
        return _own(root, search, "building one is switched off (build_environment)")
    project = read_needs(root)
    own_fits = allows(project.python, own_python().version)
    if own_fits and not _needs_packages(project):
        return _own(root, search, "the project states no dependency that can be installed", _left_out(project))
    try:
        built = _built(built_environment(project, None, workshop), project)
    except EnvironmentProblem as problem:
        if own_fits and all(need.kind != "runtime" for need in project.needs) and not search.problems:
            return _own(root, search, problem.message)  # its code runs without what could not be had
        raise
    notes = (*search.notes, *_active_elsewhere(root, workshop.env), *built.notes)
    return replace(built, notes=notes)


def _needs_packages(project: Stated) -> bool:
    """Whether more is needed than what comes beside any environment that lacks it."""
    return any(not is_free_tool(need) for need in project.needs)


def _built(built: Built, project: Stated) -> ProjectEnvironment:
    notes = (*project.notes, *built.notes, *_left_out(project), *(item.sentence for item in built.left_out))
    return ProjectEnvironment(built.interpreter, "in an environment built from what the project states", notes)


def _left_out(project: Stated) -> tuple[str, ...]:
    return tuple(item.sentence for item in project.left_out)


def _own(root: Path, search: Search, reason: str, notes: tuple[str, ...] = ()) -> ProjectEnvironment:
    """The Python that runs Proctor; where the project has an environment that is broken, that is the error."""
    if search.problems:
        raise search.problems[0]
    note = f"no environment in {root}, and {reason}: using the Python that runs Proctor, {sys.executable}"
    return ProjectEnvironment(describe_interpreter(Path(sys.executable)), "that runs Proctor", (note, *notes))


def _active_elsewhere(root: Path, env: Mapping[str, str]) -> tuple[str, ...]:
    """A hint for who works in an environment that is kept elsewhere."""
    active = env.get("VIRTUAL_ENV", "")
    if not active or is_inside(Path(active), root) or Path(active).absolute() == Path(sys.prefix):
        return ()
    return (f"the active environment {active} is not in the project: to use it, give --python {active}",)
