"""What is known about a run from its events alone: phases, agents, tokens, money, and the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from threading import Lock
from typing import Any

from proctor.workflow.events import Event


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent: what it does now, or how it ended."""

    task_id: str
    label: str
    phase: str
    status: str = "running"
    activity: str = ""
    attempts: int = 0
    tokens: int = 0
    started: float = 0.0
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """One phase: running, synced or ended."""

    name: str
    status: str = "running"
    started: float = 0.0
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A run as it is at one moment."""

    run_id: str = ""
    status: str = "idle"
    title: str = ""
    started: float = 0.0
    ended: float | None = None
    phases: tuple[PhaseLine, ...] = ()
    agents: tuple[AgentLine, ...] = ()
    tokens: int = 0
    money: Decimal | None = Decimal(0)
    published: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether the run goes on."""
        return self.status == "running"

    @property
    def done(self) -> int:
        """How many agents have ended."""
        return sum(agent.ended is not None for agent in self.agents)

    @property
    def phase(self) -> str:
        """The phases that run now."""
        return ", ".join(phase.name for phase in self.phases if phase.ended is None)

    def seconds(self, now: float) -> float:
        """How long the run took, or takes so far."""
        return max(0.0, (self.ended or now) - self.started) if self.started else 0.0


class Board:
    """An event sink; `view` is what came of the events so far, from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._view = View()
        self._phases: dict[str, PhaseLine] = {}
        self._agents: dict[str, AgentLine] = {}

    def __call__(self, event: Event, /) -> None:
        """Take one event."""
        with self._lock:
            self._take(event)

    @property
    def view(self) -> View:
        """The run as it is now."""
        with self._lock:
            return replace(self._view, phases=tuple(self._phases.values()), agents=tuple(self._agents.values()))

    def _take(self, event: Event) -> None:
        match event.kind:
            case "run-started":
                self._phases, self._agents = {}, {}
                self._view = View(event.run_id, "running", event.text, event.at)
            case "run-ended":
                self._view = replace(self._view, status=event.text, ended=event.at)
            case "phase-started" | "phase-synced" | "phase-ended" if event.phase:
                self._take_phase(event, event.phase)
            case "log" if "published" in event.data:
                published = {**self._view.published, str(event.data["published"]): str(event.data["writer"])}
                self._view = replace(self._view, published=published)
            case _ if event.task_id:
                self._take_task(event, event.task_id)

    def _take_phase(self, event: Event, name: str) -> None:
        line = self._phases.get(name, PhaseLine(name, started=event.at))
        match event.kind:
            case "phase-synced":
                line = replace(line, status="synced")
            case "phase-ended":
                line = replace(line, ended=event.at, status="ended" if line.status == "running" else line.status)
        self._phases[name] = line

    def _take_task(self, event: Event, task_id: str) -> None:
        line = self._agents.get(task_id, AgentLine(task_id, event.text, event.phase or "", started=event.at))
        match event.kind:
            case "log" | "waiting":
                line = replace(line, activity=event.text)
            case "attempt":
                line = self._with_attempt(line, event.data)
            case "task-ended":
                status = event.text.partition(":")[0]
                line = replace(line, status=status, activity=str(event.data.get("cause", "")), ended=event.at)
        self._agents[task_id] = line

    def _with_attempt(self, line: AgentLine, data: Mapping[str, Any]) -> AgentLine:
        usage = data.get("usage", {})
        tokens, money = int(usage.get("tokens", 0)), usage.get("money", "0")
        known = None if money is None or self._view.money is None else self._view.money + Decimal(money)
        self._view = replace(self._view, tokens=self._view.tokens + tokens, money=known)
        return replace(line, attempts=int(data.get("number", line.attempts)), tokens=line.tokens + tokens)
