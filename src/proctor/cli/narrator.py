"""The running commentary on stderr: what the orchestrator and each agent do, as plain lines."""

from __future__ import annotations

import sys
from threading import Lock
from typing import TextIO

from proctor.workflow.events import Event
from proctor.workflow.plan import Plan


class Narrator:
    """Writes one line an event; several threads may speak."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = Lock()

    def orchestrator(self, text: str) -> None:
        """A line of the run as a whole."""
        self._line(f"[ORCHESTRATOR] {text}")

    def agent(self, task_id: str, text: str) -> None:
        """A line of one agent."""
        self._line(f"[{agent_name(task_id)}] {text}")

    def detail(self, text: str) -> None:
        """A line that belongs to the one before."""
        self._line(f"  → {text}")

    def event(self, event: Event, /) -> None:
        """Take an event of the engine."""
        match event.kind:
            case "phase-started":
                self.orchestrator(f"Starting {phase_name(event.phase or '')}...")
            case "phase-synced":
                self.orchestrator(f"{phase_name(event.phase or '')} complete. Syncing shared fixtures...")
            case "log" | "waiting" if event.task_id:
                self.agent(event.task_id, event.text)
            case "log":
                self.orchestrator(event.text)
            case "task-ended" if event.task_id:
                self.agent(event.task_id, _ending(event))

    def plan(self, plan: Plan, effort: str, methods: dict[str, tuple[int, int]]) -> None:
        """The plan as a person reads it; `methods` has the number of methods and lines of each target."""
        rule = "─" * 46
        count = sum(len(phase.agents) for phase in plan.phases)
        self._line(rule)
        self._line(f"PROCTOR — DYNAMIC WORKFLOW\nMode: {effort} | Agents: {count} | Strategy: parallel-with-sync")
        self._line(rule)
        for phase in plan.ordered_phases():
            after = f", after {', '.join(map(phase_name, phase.depends_on))} sync" if phase.depends_on else ""
            self._line(f"{phase_name(phase.id)} ({phase.strategy}{after}):")
            for agent in phase.agents:
                self._line(f"  {agent_name(agent.id)} → {_work(agent.target, agent.tasks, methods)}")
                for number, group in enumerate(agent.groups, 1):
                    self._line(f"      Group {number}: {group.name}")

    def _line(self, text: str) -> None:
        with self._lock:
            print(text, file=self._stream, flush=True)


def agent_name(identifier: str) -> str:
    """`agent-a` → `Agent-A`."""
    return "-".join(part.capitalize() for part in identifier.split("-"))


def phase_name(identifier: str) -> str:
    """`phase-1` → `Phase 1`."""
    return identifier.replace("-", " ").capitalize()


def _ending(event: Event) -> str:
    mark = {"accepted": "✓", "cached": "✓ (from an earlier run)"}.get(event.text.partition(":")[0])
    return mark or event.text


def _work(target: str | None, tasks: tuple[str, ...], methods: dict[str, tuple[int, int]]) -> str:
    if target is None:
        return " + ".join(tasks)
    count, lines = methods.get(target, (0, 0))
    return f"{target} ({count} methods, {lines} lines)"
