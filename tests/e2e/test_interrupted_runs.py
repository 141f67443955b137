"""Interruptions: the tree is as it was or has whole files, nothing is left running, and the next run finishes."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
from command_line import PROCTOR, CommandLine, hashes, new_or_changed, wait_for

from proctor.project.ownership import is_ours

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

# A first phase of several modules and a second one that is never reached before the signal.
PROMPT = "Write unit tests for library/settings.py, library/mailer.py and library/catalog.py, 10 % branch coverage."
IN_THE_MIDDLE = "Reading "


def interrupt(proctor: CommandLine, project: Path, number: signal.Signals) -> tuple[int, str]:
    """Start a run, end it in the middle of its work, and give its exit code and all that it said."""
    run = proctor.start("run", project, PROMPT, "--yes", "--fresh")
    said = wait_for(run, IN_THE_MIDDLE)
    children = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(number)
    _, rest = run.communicate(timeout=60)
    assert gone(children), [child for child in children if child.is_running()]
    return run.returncode, "".join(said) + rest


def gone(children: list[psutil.Process]) -> bool:
    """Whether all processes end; a supervisor may need a moment to notice that its parent is gone."""
    _, alive = psutil.wait_procs(children, timeout=30)
    return [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


def assert_only_whole_files_are_new(project: Path, before: dict[str, str]) -> None:
    new = new_or_changed(before, hashes(project))
    ours = {path for path in new if path.endswith(".py")}

    assert not new & before.keys()
    assert {path for path in new if not path.startswith(("tests/", ".proctor/"))} == set()
    assert [path for path in ours if not is_ours((project / path).read_text())] == []


def assert_it_finishes(proctor: CommandLine, project: Path, before: dict[str, str]) -> None:
    ended = proctor("run", project, PROMPT, "--yes")
    new = new_or_changed(before, hashes(project))

    assert ended.code in (0, 1), ended.err
    assert {"tests/test_settings.py", "tests/test_mailer.py", "tests/test_catalog.py"} <= new
    assert proctor.scratch_copies == []
    assert {path: hashes(project)[path] for path in before if path != "pyproject.toml"} == {
        path: content for path, content in before.items() if path != "pyproject.toml"
    }


def test_ctrl_c_leaves_nothing_behind_and_the_next_run_finishes(proctor: CommandLine, library: Path):
    before = hashes(library)
    code, said = interrupt(proctor, library, signal.SIGINT)

    assert code == 130, said
    assert "Traceback" not in said
    assert "proctor: " in said
    assert proctor.scratch_copies == []
    assert_only_whole_files_are_new(library, before)
    assert_it_finishes(proctor, library, before)


def test_a_killed_run_leaves_whole_files_and_the_next_one_sweeps_its_copy(proctor: CommandLine, library: Path):
    before = hashes(library)
    code, _ = interrupt(proctor, library, signal.SIGKILL)

    assert code == -signal.SIGKILL
    assert len(proctor.scratch_copies) == 1
    assert_only_whole_files_are_new(library, before)
    assert_it_finishes(proctor, library, before)


def test_a_second_run_takes_finished_work_from_the_journal(proctor: CommandLine, small_project: Path):
    first = proctor("run", small_project, "--yes")
    after = hashes(small_project)
    second = proctor("run", small_project, "--yes")

    assert (first.code, second.code) == (0, 0)
    assert "[Agent-A] ✓ (from an earlier run)" in second.err
    assert "Running: pytest" not in second.err
    assert "(from an earlier run)" not in first.err
    assert hashes(small_project) == after


def test_a_run_after_one_that_changed_nothing_takes_its_work_from_the_journal(
    proctor: CommandLine, small_project: Path
):
    runs = [proctor("run", small_project, "--yes") for _ in range(3)]

    assert [run.code for run in runs] == [0, 0, 0]
    assert "[Agent-A] ✓ (from an earlier run)" in runs[2].err
    assert "Running: pytest" not in runs[2].err
    assert "nothing to change" in runs[2].out


def test_a_fresh_run_takes_nothing_from_the_journal(proctor: CommandLine, small_project: Path):
    assert proctor("run", small_project, "--yes").code == 0
    second = proctor("run", small_project, "--yes", "--fresh")

    assert second.code == 0
    assert "(from an earlier run)" not in second.err


def test_a_change_of_the_source_makes_the_work_new(proctor: CommandLine, small_project: Path):
    assert proctor("run", small_project, "--yes").code == 0
    source = small_project / "small/parcels.py"
    source.write_text(source.read_text().replace("450", "480"))
    second = proctor("run", small_project, "--yes")

    assert second.code == 0
    assert "(from an earlier run)" not in second.err
    assert "480" in (small_project / "tests/test_parcels.py").read_text()


def test_a_closed_pipe_on_stdout_is_no_traceback(proctor: CommandLine, small_project: Path):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        command = [*PROCTOR, "run", str(small_project), "--yes", "--fresh"]
        done = subprocess.run(
            command, env=proctor.environment(), stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
        )

    assert "Traceback" not in done.stderr
