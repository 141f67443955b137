"""What the session needs of the rest: somebody who prepares runs, carries them out, and knows what is there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from proctor.workflow.budget import Caps
from proctor.workflow.events import EventSink


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for: a request in words, or a saved workflow with words for it, and under which caps."""

    prompt: str
    effort: str | None = None
    workflow: str = ""
    caps: Caps = field(default_factory=Caps)
    run_id: str | None = None
    is_plan_only: bool = False


@dataclass(frozen=True, slots=True)
class CardPhase:
    """A phase on the card: its name, how its agents run, and what each works on."""

    name: str
    detail: str
    agents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """What a person sees before a run: the work, what it costs at most, and what to read to know more."""

    title: str
    mode: str
    phases: tuple[CardPhase, ...]
    cost: str
    read: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and what there is to tell of it; where only a plan was wanted, its card."""

    status: str
    text: str
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class RunLine:
    """An earlier run, or one that goes on."""

    run_id: str
    status: str
    started: float
    cause: str = ""


class Prepared(Protocol):
    """A run that waits for a person's word."""

    @property
    def card(self) -> Card:
        """What it would do."""

    def run(self) -> Ended:
        """Do it; blocks until its end."""

    def stop(self) -> None:
        """End it early, from another thread; what is finished is kept."""


class Desk(Protocol):
    """The project at hand; every method may be called from any thread, and raises ProctorError."""

    @property
    def root(self) -> Path:
        """The project's folder."""

    def prepare(self, order: Order, sink: EventSink) -> AbstractContextManager[Prepared]:
        """Look at the project and plan the run; nothing is started."""

    def resumed(self, run_id: str) -> Order:
        """Return the order that an earlier run was given; without an id, the last one that is not complete."""

    def caps(self, words: str) -> Caps:
        """Read caps as a person types them."""

    def workflows(self) -> Sequence[tuple[str, str]]:
        """Name the saved workflows, each with its description."""

    def runs(self) -> Sequence[RunLine]:
        """Return the runs of the project, the oldest first."""

    def bugs(self) -> str:
        """Return the report of bugs found so far; empty where there is none."""
