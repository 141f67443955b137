"""Requests to a run from outside: who can be asked, what a request does, and what is left of a run that was killed."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from workflow_doubles import EchoAgent, TickingClock, Workshop

from proctor.errors import JournalError
from proctor.workflow.budget import Budget
from proctor.workflow.calls import Call
from proctor.workflow.control import Verb, is_alive, listening, send
from proctor.workflow.limits import Limits
from proctor.workflow.records import Reply, RunResult, Task
from proctor.workflow.run import Run


class AskedAgent(EchoAgent):
    """Sends a request to the run that it works for, as another process would, and waits until it was heard."""

    def __init__(self, folder: Path, verb: str, run: Run) -> None:
        super().__init__()
        self.folder, self.verb, self.its_run = folder, verb, run

    async def run(self, task: Task, feedback: Sequence[object]) -> Reply:
        if self.verb in ("stop", "pause"):
            verb: Verb = "stop" if self.verb == "stop" else "pause"
            assert await asyncio.to_thread(send, self.folder, "run", verb)
        else:
            with (self.folder / "run").open("wb", buffering=0) as pipe:
                pipe.write(self.verb.encode())
        while not self.its_run.is_pausing and self.verb != "rubbish":
            await asyncio.sleep(0)
        return await super().run(task, feedback)


def asked(workshop: Workshop, folder: Path, verb: str) -> RunResult:
    async def run_it() -> RunResult:
        with workshop.open() as journal:
            run = Run("run", journal=journal, sinks=[], clock=TickingClock(), limits=Limits(), budget=Budget())
            async with run:
                with listening(folder, run):
                    assert is_alive(folder, "run")
                    agent = AskedAgent(folder, verb, run)
                    for name in "ab":
                        await run.call(Call(Task(name, name, "", "ask", {"target": name}), agent))
            return run.result

    return asyncio.run(run_it())


def test_a_run_that_is_asked_to_pause_finishes_what_it_is_at(workshop: Workshop, tmp_path: Path) -> None:
    run = asked(workshop, tmp_path / "control", "pause")

    assert (run.status, run.cause, run.census) == ("paused", "paused on request", {"accepted": 1})
    assert list((tmp_path / "control").iterdir()) == []


def test_a_run_that_is_asked_to_stop_ends_what_it_is_at(workshop: Workshop, tmp_path: Path) -> None:
    run = asked(workshop, tmp_path / "control", "stop")

    assert (run.status, run.census) == ("stopped", {"skipped": 1})


def test_what_is_no_request_is_ignored(workshop: Workshop, tmp_path: Path) -> None:
    assert asked(workshop, tmp_path / "control", "rubbish").status == "completed"


def test_nobody_hears_a_request_to_a_run_that_is_not_there(tmp_path: Path) -> None:
    assert (send(tmp_path, "run", "stop"), is_alive(tmp_path, "run"), is_alive(tmp_path / "no", "run")) == (False,) * 3


def test_a_pipe_that_a_killed_run_left_behind_is_not_taken_for_a_run(workshop: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "control"
    folder.mkdir()
    os.mkfifo(folder / "run")

    assert is_alive(folder, "run") is False
    assert asked(workshop, folder, "pause").status == "paused"


def test_a_place_where_no_pipe_can_be_made_is_an_error(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(JournalError, match="the pipe for requests to the run cannot be made"):
        asked(workshop, tmp_path / "file", "pause")
