"""What the journal keeps, what a later run takes from it, and what damage costs."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import crashing_run
import pytest
from workflow_doubles import EchoAgent, ListJob, Workshop, phase, plan_of

from proctor.agents.scripted import ScriptedAgent
from proctor.errors import JournalError
from proctor.workflow.events import Event
from proctor.workflow.journal import Journal, call_key
from proctor.workflow.records import Reply, RunRecord, Task, TaskResult, Usage, Verdict

ABC = plan_of(phase("p", "a", "b", "c"))
TASK = Task("a", "Agent-A", "p", "write", {"target": "a.py"})
DONE = TaskResult("a", "accepted", {"x": "é"}, 2, Usage(7, 1.5), "")


def change_rows(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


def test_a_second_run_takes_every_result_from_the_journal(workshop: Workshop) -> None:
    first, second, job = EchoAgent(), EchoAgent(), ListJob()

    workshop.run(ABC, first)
    run = workshop.run(ABC, second, job, run_id="later")

    assert (first.seen, second.seen) == (["a", "b", "c"], [])
    assert run.results == tuple(TaskResult(name, "cached", {"echo": f"{name}.py"}, 1) for name in "abc")
    assert tuple(job.accepted) == run.results


def test_a_run_that_was_killed_loses_only_what_was_not_finished(workshop: Workshop) -> None:
    script, agent = Path(crashing_run.__file__), EchoAgent()

    killed = subprocess.run([sys.executable, script, workshop.journal_path], check=False)
    with workshop.open() as journal:
        left = [run.status for run in journal.runs()]
    run = workshop.run(crashing_run.SIX, agent)

    assert (killed.returncode, left) == (-signal.SIGKILL, ["running"])
    assert (agent.seen, run.status, run.census) == (["e", "f"], "completed", {"accepted": 2, "cached": 4})


def test_a_degraded_result_is_reused_with_its_cause_and_a_failure_is_not(workshop: Workshop) -> None:
    plan = plan_of(phase("p", "a", "b"))
    verdicts = {"a": [Verdict("degrade", "80 of 85")], "b": [Verdict("give_up", "no way")]}

    workshop.run(plan, EchoAgent(), ListJob(verdicts))
    run = workshop.run(plan, agent := EchoAgent())

    assert agent.seen == ["b"]
    assert run.results == (
        TaskResult("a", "cached", {"echo": "a.py"}, 1, cause="80 of 85"),
        TaskResult("b", "accepted", {"echo": "b.py"}, 1),
    )
    assert [result.is_degraded for result in run.results] == [True, False]


def test_a_fresh_run_works_again_and_a_failure_in_it_hides_no_earlier_success(workshop: Workshop) -> None:
    plan = plan_of(phase("p", "a"))
    workshop.run(plan, EchoAgent())

    fresh = workshop.run(plan, agent := EchoAgent(), ListJob({"a": [Verdict("give_up", "no")]}), fresh=True)
    later = workshop.run(plan, ScriptedAgent([], name="echo"))

    assert (agent.seen, fresh.census, later.census) == (["a"], {"failed": 1}, {"cached": 1})


def test_equal_tasks_stay_distinct_calls(workshop: Workshop) -> None:
    class TwinJob(ListJob):
        def tasks(self, phase: object) -> list[Task]:
            return [replace(TASK, id="first"), replace(TASK, id="second")]

    plan = plan_of(phase("p", "a"))
    agent = ScriptedAgent([Reply({"n": 1}), Reply({"n": 2})])

    workshop.run(plan, agent, TwinJob())
    run = workshop.run(plan, agent, TwinJob())

    assert [(result.task_id, result.status, result.output) for result in run.results] == [
        ("first", "cached", {"n": 1}),
        ("second", "cached", {"n": 2}),
    ]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE calls SET content = substr(content, 1, 20) WHERE number = 2",
        "UPDATE calls SET content = x'ff00fe' WHERE number = 2",
        "UPDATE calls SET content = CAST(replace(content, 'b.py', 'z.py') AS BLOB) WHERE number = 2",
        "UPDATE calls SET digest = 'x' WHERE number = 2",
    ],
    ids=["torn", "binary rubbish", "altered inside", "check sum altered"],
)
def test_a_damaged_entry_costs_that_entry_only_and_is_counted(workshop: Workshop, damage: str) -> None:
    workshop.run(ABC, EchoAgent())
    change_rows(workshop.journal_path, damage)

    with workshop.open() as journal:
        key = call_key(Task("b", "b", "p", "write", {"target": "b.py"}), {}, EchoAgent())
        assert (journal.finished().take(key, 1), journal.damaged) == (None, 1)
    run = workshop.run(ABC, agent := EchoAgent())
    again = workshop.run(ABC, EchoAgent())

    assert (agent.seen, run.census, again.census) == (["b"], {"accepted": 1, "cached": 2}, {"cached": 3})


def test_a_damaged_event_is_left_out_and_counted(workshop: Workshop) -> None:
    workshop.run(ABC, EchoAgent())
    change_rows(workshop.journal_path, "UPDATE events SET content = substr(content, 1, 9) WHERE number = 1")

    with workshop.open() as journal:
        assert (journal.events("run"), journal.damaged) == (tuple(workshop.events[1:]), 1)


@pytest.mark.parametrize(
    "other",
    [
        replace(TASK, id="b", label="Agent-B", phase="q"),
        replace(TASK, inputs={"target": "a.py", "id": "b", "label": "Agent-B", "phase": "q"}),
    ],
)
def test_what_is_only_for_people_is_not_in_the_key(other: Task) -> None:
    assert call_key(other, {"h": 1}, EchoAgent()) == call_key(TASK, {"h": 1}, EchoAgent())


def test_whatever_decides_the_result_is_in_the_key() -> None:
    keys = {
        call_key(TASK, {"h": 1}, EchoAgent()),
        call_key(replace(TASK, kind="mend"), {"h": 1}, EchoAgent()),
        call_key(replace(TASK, inputs={"target": "b.py"}), {"h": 1}, EchoAgent()),
        call_key(TASK, {"h": 2}, EchoAgent()),
        call_key(TASK, {"h": 1}, ScriptedAgent([], name="other")),
        call_key(TASK, {"h": 1}, ScriptedAgent([], name="echo", version="2")),
    }

    assert len(keys) == 6


def test_entries_survive_closing_and_the_newest_reusable_one_is_found(tmp_path: Path) -> None:
    newer = replace(DONE, output={"x": 2})
    with Journal.open(tmp_path / "deep" / "journal.db") as journal:
        for result in (DONE, newer, replace(DONE, status="failed", output={}, cause="boom")):
            asyncio.run(journal.record_result("run", "key", 1, result))

    with Journal.open(tmp_path / "deep" / "journal.db") as journal:
        finished = journal.finished()
        assert [finished.take("key", 1), finished.take("key", 2), finished.take("other", 1)] == [newer, None, None]


def test_several_threads_and_two_connections_write_without_loss(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    def write(number: int) -> None:
        journal = one if number % 2 else two
        journal.record_event(Event("log", float(number), "run", text=str(number)))
        asyncio.run(journal.record_result("run", f"key-{number}", 1, DONE))

    with Journal.open(path) as one, Journal.open(path) as two, ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(60)))

        two.flush()
        assert {event.text for event in one.events("run")} == {str(number) for number in range(60)}
        finished = two.finished()
        assert [finished.take(f"key-{number}", 1) for number in range(60)] == [DONE] * 60


def test_runs_are_listed_with_the_oldest_first(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        journal.start_run("late", "{}", 5.0)
        journal.start_run("early", "{}", 1.0)
        journal.end_run("early", "partial", 3.0, "one failed")

        assert journal.runs() == (
            RunRecord("early", "partial", "{}", 1.0, 3.0, "one failed"),
            RunRecord("late", "running", "{}", 5.0),
        )


def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("my notes, not a database" * 100)

    with pytest.raises(JournalError) as caught:
        Journal.open(path)

    assert caught.value.message == f"{path}: the journal cannot be used: file is not a database"
    assert path.read_text() == "my notes, not a database" * 100


def test_a_journal_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(JournalError, match="the journal cannot be used"):
        Journal.open(tmp_path / "file" / "journal.db")


def test_a_journal_that_fails_in_mid_run_ends_the_run(workshop: Workshop) -> None:
    class SabotagingAgent(EchoAgent):
        async def run(self, task: Task, feedback: object) -> Reply:
            change_schema(workshop.journal_path, "DROP TABLE calls")
            return Reply({"echo": 1})

    with pytest.raises(JournalError, match="no such table: calls"):
        workshop.run(ABC, SabotagingAgent())

    with workshop.open() as journal:
        assert [run.status for run in journal.runs()] == ["failed"]


def change_schema(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()
