"""`--workflow FILE`: a plan that the user wrote takes the place of the one that would be made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from proctor.cli.choices import Choices, Wanted
from proctor.errors import PlanError
from proctor.jobs.testgen.opening import allowed_paths
from proctor.project.globs import matcher
from proctor.workflow.plan import Plan, PlannedAgent, read_plan
from proctor.workflow.plan_source import PlanSource

_MINIMUM = re.compile(r"min_coverage:\s*(\d+(?:\.\d+)?)\s*%?")


def with_plan(wanted: Wanted, file: Path, choices: Choices) -> Wanted:
    """What is wanted, as the plan file says it: its targets, its outputs, its effort and its minimum."""
    covers = matcher(allowed_paths(wanted.request, wanted.settings))
    text = _text(file)
    plan = read_plan(text, str(file), lambda path: _is_inside(path) and covers(path))
    _check_targets(plan, PlanSource(str(file), text), wanted.root)
    targets = tuple(dict.fromkeys(agent.target for agent in _agents(plan) if agent.target))
    tasks = tuple(dict.fromkeys(name for agent in _agents(plan) if not agent.target for name in agent.tasks))
    return replace(
        wanted,
        plan=plan,
        request=replace(wanted.request, paths=targets, outputs=tasks or wanted.request.outputs),
        effort=choices.effort or plan.effort_level,
        minimum=_minimum(plan, wanted, choices),
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise PlanError(
            f"{file}: the plan cannot be read: {reason}",
            hint="name a plan file, such as the one that `proctor plan` writes",
            slug="plan-unreadable",
        ) from None


def _check_targets(plan: Plan, source: PlanSource, root: Path) -> None:
    for row, phase in enumerate(plan.phases):
        for column, agent in enumerate(phase.agents):
            if agent.target is not None and not (_is_inside(agent.target) and (root / agent.target).is_file()):
                raise PlanError(
                    f"{source.at('phases', row, 'agents', column, 'target')}: {agent.target!r} is no file of {root}",
                    hint="name a module relative to the project's folder, such as 'app/orders.py'",
                    slug="unknown-target",
                )


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts and "\\" not in path


def _agents(plan: Plan) -> Iterator[PlannedAgent]:
    return (agent for phase in plan.phases for agent in phase.agents)


def _minimum(plan: Plan, wanted: Wanted, choices: Choices) -> float:
    if choices.min_coverage is not None:
        return choices.min_coverage
    said = [match[1] for agent in _agents(plan) for text in agent.constraints if (match := _MINIMUM.fullmatch(text))]
    return max(map(float, said), default=wanted.minimum)
