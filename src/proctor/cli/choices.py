"""What the user chose, from the flags over the environment over the project's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from proctor.errors import ProjectError, RequestError, SettingsError
from proctor.execution.confinement.levels import Mode
from proctor.jobs.testgen.request import Request, read_request
from proctor.jobs.testgen.solving import EFFORTS
from proctor.project.settings import Settings, WorkflowDefaults, read_settings, read_workflow_settings
from proctor.workflow.plan import Plan


@dataclass(frozen=True, slots=True)
class Choices:
    """The flags of the command line; None where one was not given."""

    effort: str | None = None
    jobs: int | None = None
    seed: int | None = None
    python: str | None = None
    min_coverage: float | None = None
    state_dir: str | None = None
    sandbox: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that a run is asked for."""

    root: Path
    settings: Settings
    request: Request
    effort: str
    minimum: float
    sandbox: Mode
    plan: Plan | None = None


def resolve(path: str, prompt: str, choices: Choices) -> Wanted:
    """Read settings and request.

    Raises RequestError when nothing in the prompt can be done, ProjectError when the path is no project.
    """
    root = project_root(path)
    settings = settings_for(root, choices)
    defaults = read_workflow_settings(root, settings.state_dir)
    text = prompt or (defaults.prompt if defaults and defaults.prompt else "")
    request = read_request(
        text,
        min_coverage=_minimum(settings, defaults),
        tests_dir=f"{settings.tests_dir}/",
    )
    inner = _named_project(root, request)
    if inner != root:
        return resolve(str(inner), prompt, choices)
    if not request.is_actionable:
        raise RequestError(
            "nothing in the prompt can be done: " + "; ".join([*request.impossible_offline, *request.not_understood]),
            hint='ask for tests, for example: proctor run . "Write unit tests for app/services, 85 % branch coverage"',
            slug="nothing-understood",
        )
    effort = effort_named(
        choices.effort or request.effort or (defaults.effort if defaults and defaults.effort else settings.effort)
    )
    minimum = choices.min_coverage if choices.min_coverage is not None else request.min_coverage
    return Wanted(root, settings, request, effort, minimum, sandbox_mode(settings, os.environ))


def effort_named(effort: str) -> str:
    """The name of an effort, if it is one."""
    if effort not in EFFORTS:
        raise RequestError(
            f"effort {effort!r} is not known", hint=f"use one of: {', '.join(EFFORTS)}", slug="bad-effort"
        )
    return effort


def settings_for(root: Path, choices: Choices) -> Settings:
    """The project's settings, with the flags and the environment over them."""
    return with_flags(read_settings(root), choices)


def project_root(path: str) -> Path:
    """The folder that the path names; an error when it names none."""
    root = Path(path).expanduser()
    if not root.exists():
        raise ProjectError(f"{path}: there is no such folder", hint="name the project's folder", slug="path-missing")
    if not root.is_dir():
        raise ProjectError(f"{path}: this is not a folder", hint="name the project's folder", slug="not-a-folder")
    return root.resolve()


def _named_project(root: Path, request: Request) -> Path:
    """The folder that the prompt names, where it lies below the given path."""
    hint = request.project_hint
    if not hint or root.name == Path(hint).name:
        return root
    inner = (root / hint).resolve()
    return inner if inner.is_dir() and inner.is_relative_to(root) else root


def with_flags(settings: Settings, choices: Choices) -> Settings:
    """The settings with what the flags and the environment say over them."""
    given = {
        "jobs": choices.jobs,
        "seed": choices.seed,
        "python": choices.python or os.environ.get("PROCTOR_PYTHON"),
        "state_dir": choices.state_dir or os.environ.get("PROCTOR_STATE_DIR"),
        "sandbox": choices.sandbox,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.model_validate(settings.model_dump() | chosen)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        flag = str(first["loc"][0]).replace("_", "-")
        raise SettingsError(
            f"--{flag} {first['input']!r}: {first['msg']}", hint=f"run proctor run --help for --{flag}", slug="bad-flag"
        ) from None


def sandbox_mode(settings: Settings, environment: Mapping[str, str]) -> Mode:
    """What is wanted of the sandbox: where nobody said, a boundary is required in a CI job, where nobody watches."""
    is_ci = environment.get("CI", "").lower() not in ("", "0", "false")
    return settings.sandbox or ("require" if is_ci else "auto")


def _minimum(settings: Settings, defaults: WorkflowDefaults | None) -> float:
    if defaults is not None and defaults.min_coverage is not None:
        return defaults.min_coverage
    return settings.min_coverage
