"""Whole runs that are capped, resumed, given a plan, or steered from another process."""

import json
import signal
from pathlib import Path

import pytest
from command_line import CommandLine, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PLAN = {
    "workflow_version": "1.0",
    "effort_level": "low",
    "phases": [
        {
            "id": "phase-1",
            "strategy": "parallel",
            "agents": [{"id": "agent-a", "target": "small/parcels.py", "output": "tests/test_my_parcels.py"}],
        }
    ],
}


def run_id_of(proctor: CommandLine, project: Path) -> str:
    listed = json.loads(proctor("runs", "--project", project, "--json").out)
    return listed[-1]["run_id"]


def test_a_run_pauses_at_its_cap_says_how_to_go_on_and_does(proctor: CommandLine, small_project: Path):
    paused = proctor("run", small_project, "--yes", "--max-agents", "1")
    run_id = run_id_of(proctor, small_project)
    still = proctor("resume", run_id, "--project", small_project)
    resumed = proctor("resume", run_id, "--project", small_project, "--budget", "agents=9")
    listed = json.loads(proctor("runs", "--project", small_project, "--json").out)

    assert (paused.code, still.code, resumed.code) == (3, 3, 0), resumed.err
    assert f"Go on with: proctor resume {run_id}" in paused.err
    assert "[Agent-A] ✓ (from an earlier run)" in resumed.err
    assert [(run["run_id"], run["status"]) for run in listed] == [(run_id, "completed")]


def test_a_plan_file_is_run_in_the_spelling_of_the_article(
    proctor: CommandLine, small_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(small_project)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(PLAN))
    ended = proctor("--workflow", file, "Write unit tests", "--yes", "--output-format", "stream-json")
    lines = [json.loads(line) for line in ended.out.splitlines()]

    assert ended.code == 0, ended.err
    assert sorted(path.name for path in (small_project / "tests").glob("test_*.py")) == ["test_my_parcels.py"]
    kinds = [line["kind"] for line in lines]
    assert (kinds[0], kinds[-2], kinds[-1]) == ("run-started", "run-ended", "report")
    assert {"phase-started", "task-started", "log", "attempt", "task-ended", "phase-synced"} <= set(kinds)


@pytest.mark.parametrize(
    ("agent", "slug"),
    [
        ({"output": "src/test_parcels.py"}, "output-not-allowed"),
        ({"target": "small/nothing.py"}, "unknown-target"),
        ({"outptu": "tests/test_x.py"}, "plan-field-invalid"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused_before_anything_happens(
    proctor: CommandLine, small_project: Path, tmp_path: Path, agent: dict[str, str], slug: str
):
    file = tmp_path / "plan.json"
    first = PLAN["phases"][0]["agents"][0] | agent
    file.write_text(json.dumps(PLAN | {"phases": [PLAN["phases"][0] | {"agents": [first]}]}))
    ended = proctor("run", small_project, "--workflow", file, "--yes")

    assert (ended.code, f"[{slug}, " in ended.err) == (2, True), ended.err
    assert not (small_project / "tests").exists()


@pytest.mark.parametrize(("verb", "code", "status"), [("stop", 130, "stopped"), ("pause", 3, "paused")])
def test_a_run_is_steered_from_another_process(
    proctor: CommandLine, small_project: Path, verb: str, code: int, status: str
):
    run = proctor.start("run", small_project, "--yes")
    wait_for(run, "Reading ")
    asked = proctor(verb, "--project", small_project)
    run.communicate(timeout=120)

    listed = json.loads(proctor("runs", "--project", small_project, "--json").out)
    assert (asked.code, run.returncode, [item["status"] for item in listed]) == (0, code, [status]), asked.err
    assert proctor("resume", "--project", small_project).code == 0


def test_a_killed_run_is_shown_as_interrupted_and_resumed(proctor: CommandLine, small_project: Path):
    run = proctor.start("run", small_project, "--yes")
    wait_for(run, "Reading ")
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=60)
    run_id = run_id_of(proctor, small_project)

    assert f"{run_id}: interrupted" in proctor("show", run_id, "--project", small_project).out
    assert proctor("resume", "--project", small_project).code == 0
    assert f"{run_id}: completed" in proctor("show", run_id, "--project", small_project).out


def test_the_schema_of_a_plan_file_is_published(proctor: CommandLine):
    schema = json.loads(proctor("plan", "--schema").out)

    assert schema["required"] == ["workflow_version", "effort_level", "phases"]
