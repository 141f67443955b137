"""The plan file: phases of agents in the article's JSON format, read strictly and written in one stable spelling."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_serializer,
    model_validator,
)
from pydantic_core import ErrorDetails

from proctor.errors import PlanError
from proctor.workflow.plan_source import PlanSource, Step, spelled
from proctor.workflow.records import Task

EffortLevel: TypeAlias = Literal["low", "balanced", "high", "ultracode"]
Strategy: TypeAlias = Literal["parallel", "sequential"]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1)]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names: TypeAlias = Annotated[
    tuple[Text, ...], BeforeValidator(_as_list, json_schema_input_type=Text | tuple[Text, ...])
]


class _Part(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class Group(_Part):
    """A logical part of a large target, worked on by itself."""

    name: Text
    members: tuple[Text, ...] = ()


class PlannedAgent(_Part):
    """One agent of a phase: what it works on and what it leaves behind."""

    id: Text
    target: Text | None = None
    output: Text | None = None
    constraints: tuple[Text, ...] = ()
    tasks: tuple[Text, ...] = ()
    groups: tuple[Group, ...] = ()


class Phase(_Part):
    """Agents that run side by side or one after the other, once the phases they depend on are over."""

    id: Text
    strategy: Strategy
    # exclude_if, because a field with its own serializer is not left out by exclude_defaults
    depends_on: Names = Field(default=(), exclude_if=lambda names: not names)
    agents: tuple[PlannedAgent, ...]

    @field_serializer("depends_on")
    def _one_name_as_a_string(self, names: tuple[str, ...]) -> str | list[str]:
        return names[0] if len(names) == 1 else list(names)


class Plan(_Part):
    """A whole workflow as data; one that does not hold together cannot be made."""

    workflow_version: Literal["1.0"]
    effort_level: EffortLevel
    phases: tuple[Phase, ...]

    @model_validator(mode="after")
    def _holds_together(self, info: ValidationInfo) -> Self:
        source = (info.context or {}).get("source", PlanSource("plan"))
        _check_ids(self, source)
        _check_dependencies(self, source)
        _check_outputs(self, source)
        return self

    @property
    def phase_ids(self) -> tuple[str, ...]:
        """Return the ids of the phases as they stand in the plan."""
        return tuple(phase.id for phase in self.phases)

    def ordered_phases(self) -> tuple[Phase, ...]:
        """Return the phases so that each follows what it depends on, and else as they stand in the plan."""
        return tuple(_in_order(self.phases))

    def to_json_text(self) -> str:
        """Return the plan as it is written to a file; equal plans give equal bytes."""
        data = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def schema(cls) -> dict[str, Any]:  # type: ignore[override]  # replaces pydantic's deprecated method of that name
        """Return the JSON Schema of a plan file."""
        return cls.model_json_schema(mode="validation")


def read_plan(text: str, source: str, is_allowed: Callable[[str], bool] | None = None) -> Plan:
    """Parse a plan file; source is the name that error messages give it, is_allowed says where files may be written."""
    place = PlanSource(source, text)
    try:
        plan = Plan.model_validate_json(text, context={"source": place})
    except ValidationError as error:
        raise _explain(error.errors(include_url=False), place) from None
    if is_allowed is not None:
        _check_allowed(plan, place, is_allowed)
    return plan


def task_for(agent: PlannedAgent, phase: Phase, kind: str, label: str = "") -> Task:
    """Make the task of a planned agent, with the agent's fields as its inputs."""
    inputs = agent.model_dump(mode="json", exclude={"id"}, exclude_defaults=True)
    return Task(agent.id, label or agent.id, phase.id, kind, inputs)


def _in_order(phases: Sequence[Phase]) -> Iterator[Phase]:
    waiting, over = list(phases), set[str]()
    while waiting:
        phase = next(phase for phase in waiting if over.issuperset(phase.depends_on))
        waiting.remove(phase)
        over.add(phase.id)
        yield phase


def _agents(plan: Plan) -> Iterator[tuple[tuple[Step, ...], PlannedAgent]]:
    for row, phase in enumerate(plan.phases):
        for column, agent in enumerate(phase.agents):
            yield ("phases", row, "agents", column), agent


def _check_ids(plan: Plan, source: PlanSource) -> None:
    _check_unique(((("phases", row, "id"), phase.id) for row, phase in enumerate(plan.phases)), source)
    _check_unique((((*path, "id"), agent.id) for path, agent in _agents(plan)), source)


def _check_unique(places: Iterable[tuple[tuple[Step, ...], str]], source: PlanSource) -> None:
    first: dict[str, tuple[Step, ...]] = {}
    for path, name in places:
        if name in first:
            raise PlanError(
                f"{source.at(*path)}: the id {name!r} is already used at {spelled(first[name])}",
                hint="give one of the two another id",
                slug="duplicate-id",
            )
        first[name] = path


def _check_dependencies(plan: Plan, source: PlanSource) -> None:
    for row, phase in enumerate(plan.phases):
        for name in phase.depends_on:
            if name not in plan.phase_ids:
                raise PlanError(
                    f"{source.at('phases', row, 'depends_on')}: phase {phase.id!r} waits for {name!r}, "
                    "which is not in the plan",
                    hint=f"use one of: {', '.join(plan.phase_ids)}",
                    slug="unknown-phase",
                )
    _check_cycles(plan, source)


def _check_cycles(plan: Plan, source: PlanSource) -> None:
    try:
        TopologicalSorter({phase.id: phase.depends_on for phase in plan.phases}).prepare()
    except CycleError as error:
        # graphlib lists the cycle from the awaited to the waiting phase; "a waits for b" reads the other way round
        cycle: list[str] = error.args[1][::-1]
        raise PlanError(
            f"{source.at('phases', plan.phase_ids.index(cycle[0]), 'depends_on')}: "
            f"the phases wait for each other: {' → '.join(cycle)}",
            hint=f"remove one of these names from a depends_on: {', '.join(cycle[1:])}",
            slug="phase-cycle",
        ) from None


def _check_outputs(plan: Plan, source: PlanSource) -> None:
    first: dict[str, PlannedAgent] = {}
    for path, agent in _agents(plan):
        if agent.output is None:
            continue
        other = first.setdefault(posixpath.normpath(agent.output), agent)
        if other is not agent:
            raise PlanError(
                f"{source.at(*path, 'output')}: the agents {other.id!r} and {agent.id!r} "
                f"would both write {agent.output!r}",
                hint="give one of them another output, or let one agent do both",
                slug="output-claimed-twice",
            )


def _check_allowed(plan: Plan, source: PlanSource, is_allowed: Callable[[str], bool]) -> None:
    for path, agent in _agents(plan):
        if agent.output is not None and not is_allowed(agent.output):
            raise PlanError(
                f"{source.at(*path, 'output')}: {agent.output!r} is outside the paths that may be written",
                hint="name a file in the tests folder, relative to the project, such as 'tests/test_orders.py'",
                slug="output-not-allowed",
            )


def _explain(errors: Sequence[ErrorDetails], source: PlanSource) -> PlanError:
    error, others = errors[0], len(errors) - 1
    more = f" (and {others} more)" if others else ""
    if error["type"] == "json_invalid":
        return PlanError(
            f"{source.name}: {error['msg']}", hint="correct the JSON at the place it names", slug="plan-not-json"
        )
    return PlanError(f"{source.at(*error['loc'])}: {error['msg']}{more}", hint=_fix(error), slug="plan-field-invalid")


def _fix(error: ErrorDetails) -> str:
    match error["type"]:
        case "extra_forbidden":
            return f"remove it, or use one of: {', '.join(_known_fields(error['loc']))}"
        case "missing":
            return "add the field"
        case "literal_error":
            return f"use {error['ctx']['expected']}"
        case _:
            return "correct the value"


def _known_fields(location: Sequence[int | str]) -> Iterable[str]:
    parts: Mapping[int | str, type[BaseModel]] = {"phases": Phase, "agents": PlannedAgent, "groups": Group}
    holders = [parts[step] for step in location[:-1] if step in parts]
    return (holders[-1] if holders else Plan).model_fields
