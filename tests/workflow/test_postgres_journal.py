"""The same journal in PostgreSQL: a real server of Debian's package, started for these tests."""

import glob
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from workflow_doubles import EchoAgent, Workshop, phase, plan_of

from proctor.workflow.journal import Journal

psycopg = pytest.importorskip("psycopg")
BINARIES = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
ABC = plan_of(phase("p", "a", "b", "c"))

pytestmark = [
    pytest.mark.skipif(not BINARIES, reason="the programs of a PostgreSQL server are not installed"),
    pytest.mark.xdist_group("postgres"),
]


def as_server(*command: str | Path) -> None:
    """The server refuses to run as root, so that root has to become somebody else."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*user, *map(str, command)], capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        pytest.skip(f"no PostgreSQL server can be started here: {done.stderr.strip() or done.stdout.strip()}")


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    # a socket's path may have a hundred bytes, so not below pytest's folder; the server's user must reach it
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    binaries = Path(BINARIES[-1])
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        as_server(binaries / "initdb", "-D", folder / "data", "-U", "proctor", "-A", "trust", "--no-sync")
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
        as_server(binaries / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-o", options, "-w", "start")
        yield f"postgresql+psycopg://proctor@127.0.0.1:{port}/postgres"
        as_server(binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")
    except (LookupError, OSError) as error:
        pytest.skip(f"no PostgreSQL server can be started here: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class ElsewhereWorkshop(Workshop):
    """A workshop whose journal is at a URL."""

    def __init__(self, url: str) -> None:
        super().__init__(Path())
        self.url = url

    def open(self) -> Journal:
        return Journal.open(self.url, "full")


def test_a_run_is_kept_and_reused_as_in_sqlite(server_url: str) -> None:
    workshop = ElsewhereWorkshop(server_url)

    first = workshop.run(ABC, EchoAgent())
    events = tuple(workshop.events)
    second = workshop.run(ABC, agent := EchoAgent(), run_id="second")

    with workshop.open() as journal:
        assert journal.events("run") == events
        statuses = {run.run_id: run.status for run in journal.runs() if run.run_id != "carried"}
        assert statuses == {"run": "completed", "second": "completed"}
        carried = journal.carried("second")
        assert journal.is_synced
    assert (first.census, second.census, agent.seen) == ({"accepted": 3}, {"cached": 3}, [])
    assert carried is not None
    assert len(carried.calls) == 3


def test_a_run_from_elsewhere_is_taken_over(server_url: str, workshop: Workshop) -> None:
    plan = plan_of(phase("p", "x", "y"))
    workshop.run(plan, EchoAgent(), run_id="carried")
    with workshop.open() as here:
        carried = here.carried("carried")
    assert carried is not None

    elsewhere = ElsewhereWorkshop(server_url)
    with elsewhere.open() as there:
        there.take_over(carried)
        there.take_over(carried)

    assert elsewhere.run(plan, EchoAgent(), run_id="carried").census == {"cached": 2}
