"""Puts job, agent, journal and engine together; the only place that knows which of each is used."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psutil

import proctor
from proctor.agents.embedded import EmbeddedAgent
from proctor.cli.choices import Wanted
from proctor.cli.narrator import Narrator
from proctor.jobs.testgen.delivery import Delivery
from proctor.jobs.testgen.job import GenerationJob, JobOptions
from proctor.jobs.testgen.ledger import Ledger
from proctor.jobs.testgen.opening import Opened
from proctor.jobs.testgen.wrapup import WrapUp, WrapUpOptions
from proctor.project.scratch import cache_dir
from proctor.workflow.budget import Budget
from proctor.workflow.clock import SystemClock
from proctor.workflow.engine import run_plan
from proctor.workflow.journal import Journal
from proctor.workflow.limits import Limits
from proctor.workflow.plan import Plan
from proctor.workflow.records import RunResult

ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Composed:
    """The parts of one run."""

    plan: Plan
    job: GenerationJob
    agent: EmbeddedAgent
    journal: Journal
    ledger: Ledger
    wrap_up: WrapUp
    delivery: Delivery
    narrator: Narrator
    stop: Event
    targets: Mapping[str, str]
    concurrency: int

    async def run_plan(self, *, fresh: bool) -> RunResult:
        """Run the plan with these parts."""
        return await run_plan(
            self.plan,
            job=self.job,
            agent=self.agent,
            journal=self.journal,
            sink=self.narrator.event,
            clock=SystemClock(),
            limits=Limits(concurrency=self.concurrency, attempts=ATTEMPTS),
            budget=Budget(),
            run_id=secrets.token_hex(4),
            fresh=fresh,
        )


@contextmanager
def composed(opened: Opened, wanted: Wanted, delivery: Delivery, narrator: Narrator) -> Iterator[Composed]:
    """Build the parts for an opened project; the journal is closed afterwards."""
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
        opened.outputs,
    )
    job = GenerationJob(
        opened.workplace,
        opened.survey,
        wanted.request,
        options=options,
        delivery=delivery,
        wrap_up=wrap_up,
        ledger=ledger,
        say=narrator.agent,
    )
    agents = [agent for phase in opened.plan.phases for agent in phase.agents]
    with Journal.open(journal_path(wanted.root)) as journal:
        yield Composed(
            opened.plan,
            job,
            EmbeddedAgent(job, proctor.__version__),
            journal,
            ledger,
            wrap_up,
            delivery,
            narrator,
            opened.workplace.stop,
            {agent.id: agent.target for agent in agents if agent.target},
            wanted.settings.jobs,
        )


def journal_path(root: Path) -> Path:
    """The journal of a project: in the user's cache, as nothing but the guarded writer writes into the project."""
    digest = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    place = cache_dir() / "journals" / f"{root.name}-{digest}.sqlite"
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def end_children() -> None:
    """Kill every process that this one started."""
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
        sandbox=opened.sandbox,
        notes=opened.notes,
        manifest_digest=opened.manifest.digest,
    )
