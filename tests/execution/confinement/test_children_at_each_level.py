"""What a child can and cannot do at each level that this machine has, judged from outside."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from levels_here import BWRAP, LEVELS

from proctor.execution.child import ChildSettings, run_child, start_child
from proctor.execution.confinement.policy import Confinement

ATTEMPT = """
import ctypes, json, os, socket, sys
def told(act):
    try:
        act()
    except OSError:
        return False
    return True
canary, port, pid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
reads = told(lambda: open(canary).read())
for act in (  # whether these seem to succeed says nothing: the folder may be one in memory
    lambda: open(canary, "w").write("changed"), lambda: os.remove(canary), lambda: open(canary + ".new", "w").close()
):
    told(act)
unshare = lambda: ctypes.CDLL(None).unshare(0x10000000)
print(json.dumps({
    "read": reads,
    "connect": told(lambda: socket.create_connection(("127.0.0.1", port), 5)),
    "environ": told(lambda: open(f"/proc/{pid}/environ").read()),
    "shadow": told(lambda: open("/etc/shadow").read()),
    "signal": told(lambda: os.kill(pid, 0)),
    "namespace": unshare() == 0,
    "inside": told(lambda: open("new", "w").write("x")),
    "pair": told(socket.socketpair),
    "temporary": told(lambda: __import__("tempfile").mkstemp()),
    "null": told(lambda: open(os.devnull, "w").write("x")),
}))
"""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_a_boundary_keeps_a_child_in_its_copy_and_lets_it_work_there(
    settings: ChildSettings, tmp_path: Path, listener: socket.socket, boundary: Confinement
) -> None:
    canary = tmp_path / "canary"
    canary.write_text("kept")
    arguments = [str(canary), str(listener.getsockname()[1]), str(os.getpid())]

    child = run_child(["-c", ATTEMPT, *arguments], replace(settings, confinement=boundary))

    assert child.stderr_tail == ""
    refused = dict.fromkeys(("read", "connect", "environ", "shadow", "signal", "namespace"), False)
    assert json.loads(child.stdout_tail) == refused | dict.fromkeys(("inside", "pair", "temporary", "null"), True)
    assert (canary.read_text(), sorted(place.name for place in tmp_path.iterdir())) == ("kept", ["canary", "scratch"])
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("raise SystemExit(3)", (3, "", False)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", (-11, "", False)),
        ("import os, signal; os.killpg(0, signal.SIGKILL)", (-9, "", False)),
        ("import os; os.closerange(0, 256)", (0, "", False)),
    ],
)
def test_the_end_of_a_child_is_told_the_same_way_at_every_level(
    settings: ChildSettings, any_level: Confinement, code: str, end: tuple[int, str, bool]
) -> None:
    child = run_child(["-c", code], replace(settings, confinement=any_level))

    assert (child.returncode, child.limit, child.timed_out) == end


def test_only_the_named_folders_are_writable(
    settings: ChildSettings, scratch: Path, write: Callable[[str, str], Path], boundary: Confinement
) -> None:
    write("source.py", "kept")
    writable = (scratch / ".proctor-child",)
    code = "open('.proctor-child/tmp/x', 'w').close(); print(open('source.py').read()); open('source.py', 'w')"

    child = run_child(["-c", code], replace(settings, confinement=boundary, writable=writable))

    assert (child.returncode, child.stdout_tail) == (1, "kept\n")
    assert (scratch / "source.py").read_text() == "kept"
    assert (scratch / ".proctor-child" / "tmp" / "x").exists()


@pytest.mark.skipif(not BWRAP, reason="no bubblewrap")
def test_the_system_the_interpreter_and_the_copy_are_all_that_bubblewrap_shows(settings: ChildSettings) -> None:
    code = "import os, json; print(json.dumps([os.listdir('/etc/ssl'), os.listdir(os.pardir), os.listdir('/dev/shm')]))"

    child = run_child(["-c", code], replace(settings, confinement=LEVELS["bwrap"]))

    assert "private" not in json.loads(child.stdout_tail)[0]
    assert json.loads(child.stdout_tail)[1:] == [["scratch"], []]


def test_descriptors_of_proctor_stay_with_proctor(settings: ChildSettings, any_level: Confinement) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    code = f"import os; print(sorted(set(os.listdir('/dev/fd')) - {{'0', '1', '2', '3', '{reader}'}}))"

    with open(reader, "rb"), open(writer, "wb"):
        child = run_child(["-c", code], replace(settings, confinement=any_level))

    assert child.stdout_tail == "[]\n"


def test_a_descriptor_arrives_under_its_own_number(settings: ChildSettings, any_level: Confinement) -> None:
    reader, writer = os.pipe()
    high = 700
    os.dup2(writer, high)
    os.close(writer)

    with start_child(
        ["-c", f"import os; os.write({high}, b'hello')"], replace(settings, confinement=any_level), [high]
    ):
        os.close(high)
        with open(reader, "rb") as stream:
            assert stream.read() == b"hello"
