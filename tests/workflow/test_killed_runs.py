"""Runs that were killed at a random point of a random plan: resumed, they end the same, and nothing is done twice."""

import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import killed_runs
import pytest
from workflow_doubles import EchoAgent, ListJob, Workshop

from proctor.workflow.journal import call_key
from proctor.workflow.plan import Plan, task_for

SAMPLE, SWEEP = range(10), range(1000, 1200)


def killed_at_random_points(folder: Path, seeds: range) -> dict[int, int]:
    command = [sys.executable, Path(killed_runs.__file__), folder, *map(str, seeds)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {int(seed): int(code) for seed, code in map(str.split, said.splitlines())}


def committed_calls(journal: Path) -> Counter[str]:
    if not journal.exists():
        return Counter()
    connection = sqlite3.connect(journal)
    try:
        return Counter(key for (key,) in connection.execute("SELECT key FROM calls WHERE status = 'accepted'"))
    except sqlite3.OperationalError:  # killed before there was a table
        return Counter()
    finally:
        connection.close()


def wanted_calls(plan: Plan) -> Counter[str]:
    tasks = [task_for(agent, phase, "write") for phase in plan.phases for agent in phase.agents]
    return Counter(call_key(task, {}, EchoAgent()) for task in tasks)


class CountingAgent(EchoAgent):
    """Counts by key what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    async def run(self, task, feedback):
        self.asked[call_key(task, {}, self)] += 1
        return await super().run(task, feedback)


def assert_it_is_resumed(folder: Path, seed: int) -> None:
    random = Random(seed)
    plan, limits = killed_runs.random_plan(random), killed_runs.random_limits(random)
    workshop, agent, job = Workshop(folder / f"{seed}.db"), CountingAgent(), ListJob()
    finished = committed_calls(workshop.journal_path)

    run = workshop.run(plan, agent, job, limits=limits)

    targets = {agent.id: {"echo": agent.target} for phase in plan.phases for agent in phase.agents}
    assert run.status == "completed"
    assert {result.task_id: result.output for result in run.results} == targets
    assert agent.asked == wanted_calls(plan) - finished
    assert run.census.get("cached", 0) == finished.total()
    assert sorted(phase for phase, _ in job.synced) == sorted(plan.phase_ids)


def assert_all_are_resumed(folder: Path, seeds: range) -> None:
    codes = killed_at_random_points(folder, seeds)

    assert set(codes) == set(seeds)
    assert set(codes.values()) <= {0, -signal.SIGKILL}
    assert list(codes.values()).count(-signal.SIGKILL) >= len(seeds) // 2
    for seed in seeds:
        assert_it_is_resumed(folder, seed)


def test_killed_runs_are_resumed_to_the_same_end_and_no_finished_call_is_repeated(tmp_path: Path) -> None:
    assert_all_are_resumed(tmp_path, SAMPLE)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_hundred_killed_runs_are_resumed(tmp_path: Path) -> None:
    assert_all_are_resumed(tmp_path, SWEEP)
