"""A run is not alone: the user edits while it goes on, and a second run is started beside it."""

import re
from pathlib import Path

import pytest
from command_line import CommandLine, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PROMPT = "Write unit tests for library/settings.py, library/mailer.py and library/catalog.py, 10 % branch coverage."


def test_edits_during_a_run_are_never_lost(proctor: CommandLine, library: Path):
    mailer, settings = library / "library/mailer.py", library / "library/settings.py"
    earlier = mailer.read_bytes(), settings.read_bytes()
    run = proctor.start("run", library, PROMPT, "--yes", "--fresh", "--sandbox", "off")
    wait_for(run, "Reading ")
    mailer.write_bytes(b"# the user's new text\n")
    settings.unlink()
    _, said = run.communicate(timeout=300)

    assert run.returncode == 4, said
    assert "library/mailer.py (modified), library/settings.py (removed)" in said
    shelf = re.search(r"what these held before is kept in (\S+): library/mailer.py", said)
    assert shelf, said
    assert (mailer.read_bytes(), settings.read_bytes()) == (b"# the user's new text\n", earlier[1])
    assert (Path(shelf[1]) / "library/mailer.py").read_bytes() == earlier[0]


def test_a_second_run_on_the_same_project_is_told_who_runs(proctor: CommandLine, library: Path):
    with proctor.start("run", library, PROMPT, "--yes", "--fresh") as first:
        wait_for(first, "Reading ")
        second = proctor("run", library, PROMPT, "--yes")
        first.kill()

    assert (second.code, second.out) == (2, "")
    assert f"another Proctor is at work on this project (process {first.pid}, " in second.err
    assert "[already-running, see docs/reference/messages.md]" in second.err
    assert proctor("plan", library, PROMPT).code == 0
