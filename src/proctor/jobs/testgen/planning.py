"""The plan of a test generation: one agent a module, phases in the order of the imports, large modules in groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from proctor.analysis import groups as logical
from proctor.analysis.facts import ModuleFacts
from proctor.errors import PlanError
from proctor.jobs.testgen.request import Request
from proctor.jobs.testgen.survey import Survey
from proctor.workflow.plan import Group, Phase, Plan, PlannedAgent

MOST_METHODS = 12
MOST_STATEMENTS = 300
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def make_plan(request: Request, survey: Survey, outputs: Mapping[str, str], effort: str) -> Plan:
    """The plan in the article's format; `outputs` says which test file each module gets."""
    names = _agent_names()
    phases: list[Phase] = []
    for wave in survey.waves():
        agents = tuple(_agent(next(names), survey.facts[path], outputs[path], request) for path in wave)
        strategy = "parallel" if len(agents) > 1 else "sequential"
        phases.append(_phase(phases, strategy, agents))
    wrap_up = PlannedAgent(id=next(names), tasks=request.outputs or ("conftest.py",))
    phases.append(_phase(phases, "sequential", (wrap_up,)))
    return Plan.model_validate({"workflow_version": "1.0", "effort_level": effort, "phases": phases})


def fitted(plan: Plan, survey: Survey, outputs: Mapping[str, str], free: Callable[[str], str]) -> Plan:
    """A plan that somebody else made, with what it leaves open: outputs that are free, and groups of large modules."""
    _check_targets(plan, survey)

    def fit(agent: PlannedAgent) -> PlannedAgent:
        if agent.target is None:
            return agent
        facts = survey.facts.get(agent.target)
        groups = tuple(Group(name=group.name, members=group.methods) for group in split(facts)) if facts else ()
        output = free(agent.output) if agent.output else outputs[agent.target]
        return agent.model_copy(
            update={"output": output, "groups": agent.groups or (groups if len(groups) > 1 else ())}
        )

    phases = [phase.model_copy(update={"agents": tuple(map(fit, phase.agents))}) for phase in plan.phases]
    return Plan.model_validate(plan.model_copy(update={"phases": tuple(phases)}).model_dump())


def _check_targets(plan: Plan, survey: Survey) -> None:
    known, taken = {module.path for module in survey.targets}, dict[str, str]()
    for agent in (agent for phase in plan.phases for agent in phase.agents if agent.target):
        if agent.target not in known:
            raise PlanError(
                f"plan: agent {agent.id!r}: there is nothing to test in {agent.target!r}",
                hint=f"name a module with public functions: {', '.join(sorted(known)[:8])}",
                slug="unknown-target",
            )
        if taken.setdefault(agent.target, agent.id) != agent.id:
            raise PlanError(
                f"plan: the agents {taken[agent.target]!r} and {agent.id!r} have one target, {agent.target!r}",
                hint="let one agent work on a module; groups divide a large one",
                slug="target-claimed-twice",
            )


def _phase(before: list[Phase], strategy: str, agents: tuple[PlannedAgent, ...]) -> Phase:
    depends_on = (before[-1].id,) if before else ()
    return Phase.model_validate(
        {"id": f"phase-{len(before) + 1}", "strategy": strategy, "depends_on": depends_on, "agents": agents}
    )


def _agent(name: str, facts: ModuleFacts, output: str, request: Request) -> PlannedAgent:
    constraints = ("no source modification", "pytest only", f"min_coverage: {request.min_coverage:g}")
    groups = tuple(Group(name=group.name, members=group.methods) for group in split(facts))
    return PlannedAgent(
        id=name, target=facts.path, output=output, constraints=constraints, groups=groups if len(groups) > 1 else ()
    )


def split(facts: ModuleFacts) -> tuple[logical.Group, ...]:
    """Logical groups of a module that is too large for one piece of work; none where it is not."""
    if facts.statements <= MOST_STATEMENTS and len(facts.callables) <= MOST_METHODS * 2:
        return ()
    main = max(facts.classes, key=lambda cls: len(cls.methods), default=None)
    is_one_class = main is not None and len(main.methods) * 2 >= len(facts.callables)
    return logical.logical_groups(main if main is not None and is_one_class else facts, MOST_METHODS)


def _agent_names() -> Iterator[str]:
    yield from (f"agent-{letter}" for letter in _LETTERS)
    yield from (f"agent-{first}{second}" for first in _LETTERS for second in _LETTERS)


def output_name(path: str, tests_dir: str, taken: set[str]) -> str:
    """The test file of a module: by its name, with its package before it when another module has that name."""
    parts = PurePosixPath(path).with_suffix("").parts
    for count in range(1, len(parts) + 1):
        name = f"{tests_dir}/test_{'_'.join(parts[-count:])}.py"
        if name not in taken:
            return name
    return f"{tests_dir}/test_{'_'.join(parts)}_module.py"
