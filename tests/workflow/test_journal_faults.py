"""What the journal survives: a full disk, torn files, damaged pages, two processes, an older version of itself."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import full_disk_run
import pytest
from workflow_doubles import EchoAgent, Workshop, phase, plan_of

from proctor.errors import JournalError
from proctor.workflow.journal import Journal
from proctor.workflow.limits import Limits
from proctor.workflow.records import TaskResult, Usage

ABC = plan_of(phase("p", "a", "b", "c"))
DONE = TaskResult("a", "accepted", {"x": "é"}, 2, Usage(7, 1.5), "")


def test_a_full_disk_ends_the_run_honestly_and_what_was_committed_is_reused(workshop: Workshop) -> None:
    command = [sys.executable, Path(full_disk_run.__file__), workshop.journal_path]
    full = subprocess.run(command, check=False, capture_output=True, text=True)

    agent = full_disk_run.WordyAgent()
    run = workshop.run(full_disk_run.MANY, agent, limits=Limits(concurrency=4))

    assert full.returncode == JournalError.exit_code, full.stderr
    assert run.status == "completed"
    assert run.census["cached"] + run.census["accepted"] == 200
    assert min(run.census.values()) > 0


def test_a_torn_log_costs_at_most_what_was_committed_last(workshop: Workshop) -> None:
    """The write-ahead log is cut in its last transaction, as after a loss of power."""
    saved = workshop.journal_path.with_name("torn.db")
    with workshop.open() as journal:
        for number in range(20):
            asyncio.run(journal.record_result("run", f"key-{number}", 1, DONE))
        log = workshop.journal_path.with_name("journal.db-wal").read_bytes()
        saved.write_bytes(workshop.journal_path.read_bytes())
        saved.with_name("torn.db-wal").write_bytes(log[:-100])

    with Journal.open(saved) as journal:
        finished = journal.finished()
        found = [finished.take(f"key-{number}", 1) is not None for number in range(20)]

    assert (found, journal.damaged) == ([True] * 19 + [False], 0)


def test_a_damaged_page_costs_the_entries_on_it_and_not_the_journal(workshop: Workshop) -> None:
    plan = plan_of(phase("p", *(f"t{number:03}" for number in range(100))))
    workshop.run(plan, full_disk_run.WordyAgent(), limits=Limits(concurrency=4))
    overwrite_a_page_of_the_calls(workshop.journal_path)

    with workshop.open() as journal:
        left, damaged = len(journal.finished()), journal.damaged

    assert 90 <= left < 100
    assert left + damaged >= 100


def overwrite_a_page_of_the_calls(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    pages = connection.execute(
        "SELECT pageno FROM dbstat WHERE name = 'calls' AND pagetype = 'leaf' ORDER BY pageno"
    ).fetchall()
    connection.close()
    data = bytearray(path.read_bytes())
    start = (pages[len(pages) // 2][0] - 1) * size
    data[start : start + size] = b"\xff" * size
    path.write_bytes(bytes(data))


def test_two_processes_on_one_journal_lose_nothing(workshop: Workshop) -> None:
    """Both do the same plan at once, each for itself; a third finds all of it done."""
    script = Path(full_disk_run.__file__).with_name("parallel_run.py")
    both = [
        subprocess.Popen([sys.executable, script, workshop.journal_path, name], stderr=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    said = [process.communicate()[1] for process in both]

    third = workshop.run(full_disk_run.MANY, EchoAgent(), run_id="three")
    with workshop.open() as journal:
        runs = {run.run_id: run.status for run in journal.runs()}
        counts = [len(journal.events(name)) for name in ("one", "two")]

    assert ([process.returncode for process in both], said) == ([0, 0], ["", ""])
    assert (third.census, runs) == ({"cached": 200}, dict.fromkeys(("one", "two", "three"), "completed"))
    assert counts[0] == counts[1] > 400


OLD_TABLES = """
CREATE TABLE runs (run_id VARCHAR(64) NOT NULL PRIMARY KEY, status VARCHAR(16) NOT NULL, plan TEXT NOT NULL,
    started FLOAT NOT NULL, ended FLOAT, cause TEXT NOT NULL);
CREATE TABLE calls (number INTEGER NOT NULL PRIMARY KEY, key VARCHAR(64) NOT NULL, occurrence INTEGER NOT NULL,
    status VARCHAR(16) NOT NULL, content BLOB NOT NULL, digest VARCHAR(64) NOT NULL);
INSERT INTO runs VALUES ('old', 'completed', '{}', 1.0, 2.0, '');
"""


def test_a_journal_of_an_earlier_version_is_brought_up_to_date(workshop: Workshop) -> None:
    connection = sqlite3.connect(workshop.journal_path)
    connection.executescript(OLD_TABLES)
    connection.close()

    run = workshop.run(ABC, EchoAgent())

    with workshop.open() as journal:
        assert [(old.run_id, old.options) for old in journal.runs()][:1] == [("old", {})]
    assert run.status == "completed"


@pytest.mark.parametrize(("durability", "level"), [("normal", 1), ("full", 2)])
def test_durability_is_what_was_asked_for(tmp_path: Path, durability: str, level: int) -> None:
    with Journal.open(tmp_path / "journal.db", durability) as journal:  # type: ignore[arg-type]  # one of the two
        assert journal.is_synced is (level == 2)
        asyncio.run(journal.record_result("run", "key", 1, DONE))
        assert journal.finished().take("key", 1) == DONE


def test_a_closed_journal_refuses_instead_of_waiting_for_ever(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db")
    journal.close()
    journal.close()

    with pytest.raises(JournalError, match="it is closed already"):
        journal.start_run("run", "{}", 1.0)


def test_more_results_than_are_kept_in_memory_are_read_one_by_one(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proctor.workflow.journal._KEPT_BYTES", 100)
    workshop.run(ABC, EchoAgent())

    run = workshop.run(ABC, EchoAgent())

    assert run.results == tuple(TaskResult(name, "cached", {"echo": f"{name}.py"}, 1) for name in "abc")


def test_an_unreachable_database_says_so_without_its_password() -> None:
    with pytest.raises(JournalError) as caught:
        Journal.open("postgresql+psycopg://me:secret@127.0.0.1:1/none")

    assert "postgresql+psycopg://me:***@127.0.0.1:1/none: the journal cannot be used" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("url", ["nosuch://x", "://"])
def test_a_url_that_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(JournalError, match="the journal cannot be used"):
        Journal.open(url)
