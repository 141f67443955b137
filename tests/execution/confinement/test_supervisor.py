"""Whatever ends, and however: nothing that a child started outlives it, its warden, the supervisor or Proctor.

Each process that must go holds the writing end of a pipe, so that its reader sees the end of the last of them.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from proctor.execution.child import ChildSettings, run_child, start_child
from proctor.execution.confinement.client import end_supervised
from proctor.execution.confinement.policy import Confinement

# A daemon as it is written by the book, deaf to polite requests.
DAEMON = """
import os, signal, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write({writer}, b"d")
    signal.pause()
    os._exit(0)
os.wait()
"""
STAYS = "import signal; signal.pause()"

# Stands for a Proctor that is killed: it starts one child and waits.
OWNER = """
import json, sys
from pathlib import Path
from proctor.execution.child import ChildSettings, start_child
from proctor.execution.confinement.policy import Confinement
from proctor.execution.interpreter import describe_interpreter

level, program, cwd, writer, code = json.loads(sys.argv[1])
interpreter = describe_interpreter(Path(sys.executable))
settings = ChildSettings(interpreter, Path(cwd), confinement=Confinement(level, "asked for", program))
with start_child(["-c", code], settings, [writer]):
    sys.stdin.read()
"""


class Pipe:
    """The reading end of a pipe, whose writing end is given away."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self._has_writer = True

    def give_away(self) -> None:
        """Leave the writing end to the others alone."""
        if self._has_writer:
            os.close(self.writer)
        self._has_writer = False

    def said(self, length: int) -> bytes:
        """What the first of them wrote."""
        return os.read(self.reader, length)

    def rest(self) -> bytes:
        """Everything up to the end of the last of them."""
        with open(self.reader, "rb", closefd=False) as stream:
            return stream.read()

    def close(self) -> None:
        """Close what is left."""
        self.give_away()
        os.close(self.reader)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def test_a_daemon_that_forked_twice_into_its_own_session_is_gone_after_the_child(
    settings: ChildSettings, any_level: Confinement, pipe: Pipe
) -> None:
    code = DAEMON.format(writer=pipe.writer)

    with start_child(["-c", code], replace(settings, confinement=any_level), [pipe.writer]) as child:
        pipe.give_away()
        said = pipe.said(1)
        ended = child.wait(0)

    assert (said, ended, child.returncode, pipe.rest()) == (b"d", True, 0, b"")


def test_a_child_that_kills_its_own_group_takes_nobody_along(settings: ChildSettings, any_level: Confinement) -> None:
    confined = replace(settings, confinement=any_level)
    with start_child(["-c", STAYS], confined) as bystander:
        child = run_child(["-c", "import os, signal; os.killpg(0, signal.SIGKILL)"], confined)

        assert (child.returncode, bystander.returncode) == (-9, None)


def test_a_child_that_closes_its_descriptors_and_goes_on_is_ended(
    settings: ChildSettings, any_level: Confinement, pipe: Pipe
) -> None:
    code = f"import os, signal; os.write({pipe.writer}, b'c'); os.closerange(0, 4096); signal.pause()"

    with start_child(["-c", code], replace(settings, confinement=any_level), [pipe.writer]) as child:
        pipe.give_away()
        said, rest = pipe.said(1), pipe.rest()

    assert (said, rest, child.returncode) == (b"c", b"", -15)


def test_one_that_ignores_the_polite_signal_is_killed(
    settings: ChildSettings, any_level: Confinement, pipe: Pipe
) -> None:
    code = f"import os, signal; signal.signal(signal.SIGTERM, lambda *_: 0); os.write({pipe.writer}, b'i')"
    loop = f"{code}\nwhile True: signal.pause()"

    with start_child(["-c", loop], replace(settings, confinement=any_level), [pipe.writer]) as child:
        pipe.give_away()
        said = pipe.said(1)
        child.kill_group(grace=0.1)

    assert (said, child.returncode, pipe.rest()) == (b"i", -9, b"")


def test_the_polite_signal_reaches_a_child_that_wants_to_clean_up(
    settings: ChildSettings, any_level: Confinement, pipe: Pipe
) -> None:
    code = f"""
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: (os.write({pipe.writer}, b"bye"), sys.exit(5)))
os.write({pipe.writer}, b"r")
signal.pause()
"""
    with start_child(["-c", code], replace(settings, confinement=any_level), [pipe.writer]) as child:
        pipe.give_away()
        pipe.said(1)

    assert (child.returncode, pipe.rest()) == (5, b"bye")


@pytest.mark.parametrize("code", [STAYS, DAEMON + STAYS])
def test_nothing_is_left_when_proctor_is_killed(
    settings: ChildSettings, any_level: Confinement, pipe: Pipe, scratch: Path, code: str
) -> None:
    said = f"import os; os.write({pipe.writer}, b's')\n{code.format(writer=pipe.writer)}"
    given = json.dumps([any_level.level, any_level.program, str(scratch), pipe.writer, said])
    with subprocess.Popen([sys.executable, "-c", OWNER, given], stdin=subprocess.PIPE, pass_fds=[pipe.writer]) as owner:
        pipe.give_away()
        pipe.said(1)
        supervisors = psutil.Process(owner.pid).children()
        owner.kill()

    assert pipe.rest() in (b"", b"d")  # the daemon may have been quicker
    assert psutil.wait_procs(supervisors, timeout=20)[1] == []


def ancestors(pid: int) -> tuple[psutil.Process, psutil.Process]:
    """The warden of a child and the supervisor."""
    warden = psutil.Process(pid).parent()
    assert warden is not None
    supervisor = warden.parent()
    assert supervisor is not None
    return warden, supervisor


@pytest.mark.parametrize("who", [0, 1])
def test_nothing_is_left_when_the_warden_or_the_supervisor_is_killed_and_the_next_child_starts(
    settings: ChildSettings, any_level: Confinement, pipe: Pipe, who: int
) -> None:
    confined = replace(settings, confinement=any_level)
    code = DAEMON.format(writer=pipe.writer) + STAYS

    with start_child(["-c", code], confined, [pipe.writer]) as child:
        pipe.give_away()
        pipe.said(1)
        ancestors(child.pid)[who].kill()
        ended = child.wait(0)

    assert (ended, child.returncode, pipe.rest()) in [(True, -9, b""), (True, -15, b"")]
    assert run_child(["-c", "print('again')"], confined).stdout_tail == "again\n"


def test_ending_all_children_wakes_whoever_waits_for_them(
    settings: ChildSettings, any_level: Confinement, pipe: Pipe
) -> None:
    code = f"import os; os.write({pipe.writer}, b's'); {STAYS}"
    with start_child(["-c", code], replace(settings, confinement=any_level), [pipe.writer]) as child:
        pipe.said(1)
        end_supervised()

        assert (child.wait(0), child.returncode) == (True, -15)


def test_a_confined_child_cannot_signal_a_process_of_the_user(settings: ChildSettings, boundary: Confinement) -> None:
    with subprocess.Popen([sys.executable, "-c", STAYS]) as victim:
        code = f"import os; os.kill({victim.pid}, 9)"
        run_child(["-c", code], replace(settings, confinement=boundary))
        is_alive = victim.poll() is None
        victim.send_signal(signal.SIGTERM)

    assert (is_alive, victim.returncode) == (True, -15)
