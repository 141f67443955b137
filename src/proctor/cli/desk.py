"""`proctor session`: the project as the interactive session sees it, on the same parts as `proctor run`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from proctor.cli.caps import read_caps
from proctor.cli.choices import Choices, project_root
from proctor.cli.journals import control_folder, open_journal
from proctor.cli.narrator import Narrator, agent_name, phase_name
from proctor.cli.prepared import PreparedRun, Start, prepared_run
from proctor.cli.resume import start_of
from proctor.cli.run import result_text
from proctor.cli.runs import status_now
from proctor.cli.scripted import saved_workflows
from proctor.errors import RequestError
from proctor.jobs.testgen.delivery import without_scratch
from proctor.project.scratch import cache_dir
from proctor.project.settings import read_settings
from proctor.session.desk import Card, CardPhase, Ended, Order, Prepared, RunLine
from proctor.workflow.budget import Caps
from proctor.workflow.control import send
from proctor.workflow.events import Event, EventSink
from proctor.workflow.plan import Phase, Plan


def session(project: str, choices: Choices) -> int:
    """Talk with a person until they leave."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RequestError(
            "the session needs a terminal, so that it is a person who types",
            hint="without one, use: proctor run",
            slug="no-terminal",
        )
    from proctor.session.terminal import converse

    desk = ProjectDesk(project_root(project), choices)
    converse(desk, cache_dir() / "session-history", choices.effort)
    return 0


@dataclass(frozen=True, slots=True)
class ProjectDesk:
    """Implements the session's `Desk` for a project on this machine."""

    root: Path
    choices: Choices

    @contextmanager
    def prepare(self, order: Order, sink: EventSink) -> Iterator[Prepared]:
        """Look at the project and plan the run; nothing is started."""
        choices = replace(self.choices, effort=order.effort or self.choices.effort)
        start = Start(str(self.root), order.prompt, choices, order.workflow or None, order.caps, order.run_id, False)
        # stdout as it is now: the session has put itself between
        run = _DeskRun(self.root)
        with prepared_run(start, _LineNarrator(sys.stdout), [sink, run.heard]) as prepared:
            run.prepared = prepared
            yield run

    def resumed(self, run_id: str) -> Order:
        """Return the order that an earlier run was given."""
        start = start_of(str(self.root), run_id or None, Caps())
        return Order(start.prompt, start.choices.effort, start.workflow or "", start.caps, start.run_id)

    def caps(self, words: str) -> Caps:
        """Read caps as `--budget` does."""
        return read_caps(words, {})

    def workflows(self) -> Sequence[tuple[str, str]]:
        """Name the saved workflows, each with its description."""
        saved = saved_workflows(self.root, read_settings(self.root).state_dir)
        return [(script.name, script.outline.description) for script in saved.all()]

    def runs(self) -> Sequence[RunLine]:
        """Return the runs of the project, the oldest first."""
        with open_journal(self.root) as journal:
            runs = journal.runs()
        return [RunLine(run.run_id, status_now(self.root, run), run.started, run.cause) for run in runs]

    def bugs(self) -> str:
        """Return the report of bugs found so far."""
        place = self.root / read_settings(self.root).state_dir / "bugs_found.md"
        return place.read_text(encoding="utf-8") if place.is_file() else ""


class _LineNarrator(Narrator):
    """Says what happens; the plan is not told twice, as the card shows it."""

    def plan(self, plan: Plan, effort: str, methods: Mapping[str, tuple[int, int]]) -> None:
        """Leave the plan to the card."""


class _DeskRun:
    """Implements the session's `Prepared`."""

    prepared: PreparedRun

    def __init__(self, root: Path) -> None:
        self._root = root
        self._run_id: str | None = None
        self._is_to_stop = False

    def heard(self, event: Event, /) -> None:
        """Note the id of the run when it begins; a stop that came too early for it is sent now."""
        if event.kind == "run-started":
            self._run_id = event.run_id
            if self._is_to_stop:
                self.stop()

    @property
    def card(self) -> Card:
        """What it would do."""
        prepared = self.prepared
        state_dir = prepared.wanted.settings.state_dir
        plan = f"{state_dir}/orchestration_plan.json"
        if prepared.scripted is None:
            phases = tuple(_card_phase(phase) for phase in prepared.opened.plan.ordered_phases())
            title = f"Tests for {prepared.wanted.root.name}"
            return Card(title, prepared.wanted.effort, phases, str(prepared.estimate), plan)
        script = prepared.scripted.script
        outline = script.outline
        phases = tuple(CardPhase(name, "script") for name in outline.phases)
        cost = f"agents are called in {outline.agent_calls} places; the plan it can follow has {prepared.estimate}"
        return Card(outline.description or script.name, prepared.wanted.effort, phases, cost, script.place)

    def run(self) -> Ended:
        """Do it; blocks until its end."""
        finished = self.prepared.carry_out()
        text = without_scratch(result_text(finished, self.prepared.script_name), self.prepared.opened.workplace.scratch)
        violation = finished.violation
        if violation is None:
            return Ended(finished.result.status, text)
        return Ended("ended with a violated constraint", f"{text}\n{violation.message}\n  {violation.hint}")

    def stop(self) -> None:
        """End it early; what is finished is kept."""
        self._is_to_stop = True
        if self._run_id is not None:
            send(control_folder(self._root), self._run_id, "stop")


def _card_phase(phase: Phase) -> CardPhase:
    after = f", after {', '.join(map(phase_name, phase.depends_on))}" if phase.depends_on else ""
    agents = tuple(f"{agent_name(agent.id)} → {agent.target or ' + '.join(agent.tasks)}" for agent in phase.agents)
    return CardPhase(phase_name(phase.id), f"{phase.strategy}{after}", agents)
