"""The running commentary: which line each event becomes."""

import io

import pytest

from proctor.cli.narrator import Narrator, agent_name, phase_name
from proctor.workflow.events import Event
from proctor.workflow.plan import read_plan

PLAN = """
{
  "workflow_version": "1.0",
  "effort_level": "high",
  "phases": [
    {"id": "phase-1", "strategy": "parallel", "agents": [
      {"id": "agent-a", "target": "app/a.py", "output": "tests/test_a.py", "groups": [{"name": "create, list"}]}
    ]},
    {"id": "phase-2", "strategy": "sequential", "depends_on": "phase-1", "agents": [
      {"id": "agent-b", "tasks": ["conftest.py", "COVERAGE_REPORT.md"]}
    ]}
  ]
}
"""


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def narrator(stream) -> Narrator:
    return Narrator(stream)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event("phase-started", 0.0, "r", phase="phase-1"), "[ORCHESTRATOR] Starting Phase 1...\n"),
        (
            Event("phase-synced", 0.0, "r", phase="phase-1"),
            "[ORCHESTRATOR] Phase 1 complete. Syncing shared fixtures...\n",
        ),
        (Event("log", 0.0, "r", "agent-a", "phase-1", "Reading a.py"), "[Agent-A] Reading a.py\n"),
        (Event("task-ended", 0.0, "r", "agent-a", "phase-1", "accepted"), "[Agent-A] ✓\n"),
        (Event("task-ended", 0.0, "r", "agent-a", "phase-1", "cached"), "[Agent-A] ✓ (from an earlier run)\n"),
        (Event("task-ended", 0.0, "r", "agent-a", "phase-1", "failed: no"), "[Agent-A] failed: no\n"),
        (Event("task-started", 0.0, "r", "agent-a", "phase-1"), ""),
        (Event("run-started", 0.0, "r"), ""),
    ],
)
def test_an_event_becomes_its_line(narrator, stream, event, line):
    narrator.event(event)

    assert stream.getvalue() == line


def test_a_plan_is_shown_phase_by_phase(narrator, stream):
    narrator.plan(read_plan(PLAN, "plan"), "high", {"app/a.py": (3, 120)})

    assert stream.getvalue().splitlines()[1:2] == ["PROCTOR — DYNAMIC WORKFLOW"]
    assert stream.getvalue().splitlines()[2:3] == ["Mode: high | Agents: 2 | Strategy: parallel-with-sync"]
    assert stream.getvalue().splitlines()[4:] == [
        "Phase 1 (parallel):",
        "  Agent-A → app/a.py (3 methods, 120 lines)",
        "      Group 1: create, list",
        "Phase 2 (sequential, after Phase 1 sync):",
        "  Agent-B → conftest.py + COVERAGE_REPORT.md",
    ]


def test_names_are_shown_as_people_write_them():
    assert (agent_name("agent-ab"), phase_name("phase-12")) == ("Agent-Ab", "Phase 12")
