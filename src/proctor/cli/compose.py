"""Puts job, agent, journal and engine together; the only place that knows which of each is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psutil

import proctor
from proctor.agents.embedded import EmbeddedAgent
from proctor.cli.choices import Wanted
from proctor.cli.journals import control_folder, open_journal
from proctor.cli.narrator import Narrator
from proctor.execution.confinement.client import end_supervised
from proctor.jobs.testgen.delivery import Delivery
from proctor.jobs.testgen.job import GenerationJob, JobOptions
from proctor.jobs.testgen.ledger import Ledger
from proctor.jobs.testgen.opening import Opened
from proctor.jobs.testgen.wrapup import WrapUp, WrapUpOptions
from proctor.workflow.budget import Budget, Caps
from proctor.workflow.clock import SystemClock
from proctor.workflow.control import listening
from proctor.workflow.engine import PlanRun
from proctor.workflow.estimate import Estimate, estimated
from proctor.workflow.events import EventSink
from proctor.workflow.journal import Journal
from proctor.workflow.limits import Limits
from proctor.workflow.plan import Plan
from proctor.workflow.records import JsonObject, RunResult
from proctor.workflow.run import Run

ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class RunStart:
    """Under which id and caps a run starts, and what is noted so that it can be resumed."""

    run_id: str
    caps: Caps
    options: JsonObject
    fresh: bool


@dataclass(frozen=True, slots=True)
class Composed:
    """The parts of one run."""

    root: Path
    plan: Plan
    job: GenerationJob
    agent: EmbeddedAgent
    journal: Journal
    ledger: Ledger
    wrap_up: WrapUp
    delivery: Delivery
    sinks: Sequence[EventSink]
    voice: Voice
    stop: Event
    targets: Mapping[str, str]
    limits: Limits

    @property
    def estimate(self) -> Estimate:
        """What the plan costs at most."""
        return estimated([self.limits.worst_case for phase in self.plan.phases for _ in phase.agents])

    async def run_plan(self, start: RunStart) -> RunResult:
        """Run the plan with these parts; others may stop or pause it meanwhile."""
        run = Run(
            start.run_id,
            journal=self.journal,
            sinks=self.sinks,
            clock=SystemClock(),
            limits=self.limits,
            budget=self._budget(start),
            fresh=start.fresh,
            plan=self.plan.to_json_text(),
            options=start.options,
        )
        async with run:
            with listening(control_folder(self.root), run):
                self.voice.speaks_to(run.log)
                await PlanRun(self.plan, self.job, self.agent, run).to_its_end()
        return run.result

    def _budget(self, start: RunStart) -> Budget:
        caps = start.caps
        budget = Budget(caps.tokens, caps.money, caps.agents, caps.seconds)
        budget.carry_over(*self.journal.spent(start.run_id))
        return budget


class Voice:
    """How the job says what it does: through the run while there is one, so that every face hears it."""

    def __init__(self, before: Callable[[str, str], None]) -> None:
        self._say = before

    def __call__(self, task_id: str, text: str) -> None:
        """Say what a task does."""
        self._say(task_id, text)

    def speaks_to(self, log: Callable[[str, str], None]) -> None:
        """Say everything to a run from now on."""
        self._say = lambda task_id, text: log(text, task_id)


@contextmanager
def composed(
    opened: Opened, wanted: Wanted, delivery: Delivery, narrator: Narrator, sinks: Sequence[EventSink] = ()
) -> Iterator[Composed]:
    """Build the parts for an opened project; the journal is closed afterwards."""
    voice = Voice(narrator.agent)
    ledger = Ledger()
    wrap_up = WrapUp(opened.workplace, opened.survey, ledger, _wrap_up_options(opened, wanted))
    options = JobOptions(
        wanted.effort,
        wanted.settings.jobs,
        wanted.settings.tests_dir,
        wanted.minimum,
        opened.owns_conftest,
        opened.fingerprint,
        {phase.id: len(phase.agents) for phase in opened.plan.phases},
    )
    job = GenerationJob(
        opened.workplace,
        opened.survey,
        wanted.request,
        options=options,
        delivery=delivery,
        wrap_up=wrap_up,
        ledger=ledger,
        say=voice,
    )
    agents = [agent for phase in opened.plan.phases for agent in phase.agents]
    with open_journal(wanted.root) as journal:
        yield Composed(
            wanted.root,
            opened.plan,
            job,
            EmbeddedAgent(job, proctor.__version__),
            journal,
            ledger,
            wrap_up,
            delivery,
            (narrator.event, *sinks),
            voice,
            opened.workplace.stop,
            {agent.id: agent.target for agent in agents if agent.target},
            Limits(concurrency=wanted.settings.jobs, attempts=ATTEMPTS),
        )


def end_children() -> None:
    """End every process that this one started: children with all they left behind, then installers and the like."""
    end_supervised()
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:  # it ended by itself
            continue


def _wrap_up_options(opened: Opened, wanted: Wanted) -> WrapUpOptions:
    return WrapUpOptions(
        root=wanted.root,
        project=wanted.root.name,
        tests_dir=wanted.settings.tests_dir,
        state_dir=wanted.settings.state_dir,
        outputs=wanted.request.outputs,
        minimum=wanted.minimum,
        sandbox=opened.confinement,
        notes=opened.notes,
        manifest_digest=opened.manifest.digest,
    )
