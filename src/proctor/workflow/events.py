"""The one typed stream of what happens in a run; the journal and every face are sinks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from proctor.workflow.clock import Clock
from proctor.workflow.records import JsonObject, Record, Task

EventKind: TypeAlias = Literal[
    "run-started",
    "phase-started",
    "task-started",
    "log",
    "waiting",
    "attempt",
    "task-ended",
    "usage",
    "phase-synced",
    "phase-ended",
    "run-ended",
]


@dataclass(frozen=True, slots=True)
class Event(Record):
    """One thing that happened, when, and to which task of which phase."""

    kind: EventKind
    at: float
    run_id: str
    task_id: str | None = None
    phase: str | None = None
    text: str = ""
    data: JsonObject = field(default_factory=dict)


class EventSink(Protocol):
    """Whoever wants to know what happens; a sink must not raise."""

    def __call__(self, event: Event, /) -> None:
        """Take one event."""


@dataclass(frozen=True, slots=True)
class EventStream:
    """Stamps the events of one run and hands each to the sinks, in their order."""

    run_id: str
    clock: Clock
    sinks: Sequence[EventSink]

    def run(self, kind: EventKind, text: str, data: JsonObject) -> None:
        """Tell something about the whole run."""
        self._send(Event(kind, self.clock.now(), self.run_id, text=text, data=data))

    def phase(self, kind: EventKind, phase: str, text: str, data: JsonObject) -> None:
        """Tell something about a phase."""
        self._send(Event(kind, self.clock.now(), self.run_id, phase=phase, text=text, data=data))

    def task(self, kind: EventKind, task: Task, text: str, data: JsonObject) -> None:
        """Tell something about a task."""
        self._send(Event(kind, self.clock.now(), self.run_id, task.id, task.phase, text, data))

    def log(self, task: Task, text: str) -> None:
        """Pass on a line that an agent or a job has to say about a task while it runs."""
        self.task("log", task, text, {})

    def _send(self, event: Event) -> None:
        for sink in self.sinks:
            sink(event)
