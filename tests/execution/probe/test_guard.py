"""The guard refuses what is forbidden, lets through what is not, and says who tried."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import proctor.execution.probe
from proctor.execution.child import ChildSettings, run_child

Write = Callable[[str, str], Path]

# The act runs in a function of the project; what comes back is what it did, and what the guard remembers.
ATTEMPT = """
import dataclasses, json, os, re, sys
from proctor_probe import guard
import acts
heard = []
guard.install_guard(json.loads(sys.argv[1]), heard.append, permits=json.loads(sys.argv[3]))
try:
    result = repr(getattr(acts, sys.argv[2])())
except guard.ActDenied as denied:
    result = re.sub(rf"(process|group) {os.getppid()}$", r"\\1 PARENT", f"denied: {denied}")
except OSError as error:
    result = type(error).__name__
denials = [dataclasses.asdict(denial) for denial in guard.take_denials()]
assert denials == [dataclasses.asdict(denial) for denial in heard]
assert guard.take_denials() == []
print(json.dumps([result, denials]))
"""

ACTS = """
import os, shutil, socket, sqlite3, subprocess, tempfile
from pathlib import Path

OUTSIDE = Path(__file__).parent.parent / "outside"
INSIDE = Path(__file__).parent

def read_outside(): return (OUTSIDE / "kept").read_text()
def write_inside(): return (INSIDE / "new").write_text("x")
def write_relative(): return Path("new").write_text("x")
def write_temporary():
    with tempfile.NamedTemporaryFile() as file: return file.write(b"x")
def remove_tree_inside():
    os.makedirs(INSIDE / "a/b"); (INSIDE / "a/b/c").write_text(""); shutil.rmtree(INSIDE / "a")
def write_null(): return open(os.devnull, "w").write("x")
def fork():
    pid = os.fork()
    if not pid: os._exit(3)
    return os.waitpid(pid, 0)[1] >> 8
def pair():
    left, right = socket.socketpair(); left.sendmsg([b"x"]); return right.recv(1)
def run_true(): return subprocess.call(["true"])
def memory_database(): return sqlite3.connect(":memory:").execute("select 1").fetchone()
def read_only_database():
    connection = sqlite3.connect(f"file:{OUTSIDE / 'db'}?mode=ro", uri=True)
    return connection.execute("select 1").fetchone()
def unix_inside():
    with socket.socket(socket.AF_UNIX) as server: server.bind("socket"); return server.getsockname()
def kill_child():
    pid = os.fork()
    if not pid:
        while True: os.read(os.pipe()[0], 1)
    os.kill(pid, 9); return os.waitpid(pid, 0)[1]

def write_outside(): open(OUTSIDE / "kept", "w")
def append_outside(): open(str(OUTSIDE / "kept").encode(), "ab")
def update_outside(): open(OUTSIDE / "kept", "r+")
def os_open_outside(): os.open(OUTSIDE / "kept", os.O_WRONLY)
def create_outside(): os.open(OUTSIDE / "new", os.O_RDONLY | os.O_CREAT)
def write_by_dots(): open("../outside/kept", "w")
def write_through_link():
    os.symlink(OUTSIDE / "kept", "link"); open("link", "w")
def remove_outside(): os.remove(OUTSIDE / "kept")
def remove_by_descriptor(): os.remove("kept", dir_fd=os.open(OUTSIDE, os.O_RDONLY))
def move_out():
    Path("mine").write_text(""); os.replace("mine", OUTSIDE / "kept")
def move_in(): os.rename(OUTSIDE / "kept", "mine")
def hard_link_in(): os.link(OUTSIDE / "kept", "mine")
def make_folder(): os.mkdir(OUTSIDE / "folder")
def remove_folder(): os.rmdir(OUTSIDE)
def link_outside(): os.symlink("/", OUTSIDE / "link")
def change_mode(): os.chmod(OUTSIDE / "kept", 0o777)
def change_time(): os.utime(OUTSIDE / "kept")
def truncate(): os.truncate(OUTSIDE / "kept", 0)
def file_database(): sqlite3.connect(OUTSIDE / "db")
def uri_database(): sqlite3.connect(f"file:{OUTSIDE / 'db'}?mode=rwc", uri=True)
def sibling_with_the_same_start(): open(str(INSIDE) + "-not", "w")

def connect(): socket.create_connection(("192.0.2.1", 25))
def connect_plain(): socket.socket().connect(("192.0.2.1", 25))
def look_up(): socket.getaddrinfo("smtp.example.com", 25)
def look_up_name(): socket.gethostbyname("smtp.example.com")
def send(): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))
def bind(): socket.socket().bind(("192.0.2.1", 0))
def connect_loopback(): socket.socket().connect(("127.0.0.1", 1))
def unix_outside(): socket.socket(socket.AF_UNIX).connect("/run/docker.sock")
def run_list(): subprocess.run(["git", "commit", "-m", "a b"])
def run_shell(): subprocess.run("rm -rf x", shell=True)
def system(): os.system("rm -rf x")
def execute(): os.execv("/bin/ls", ["ls", "-l"])
def posix_spawn(): os.posix_spawn("/bin/ls", ["ls", "-l"], {})
def spawn(): return os.spawnv(os.P_WAIT, "/bin/ls", ["ls", "-l"])
def kill_all(): os.kill(-1, 0)
def kill_parent(): os.kill(os.getppid(), 0)
def kill_other_group(): os.killpg(os.getppid(), 0)
"""


@pytest.fixture
def attempt(settings: ChildSettings, scratch: Path, write: Write) -> Callable[..., tuple[str, list[dict[str, Any]]]]:
    write("acts.py", ACTS)
    outside = scratch.parent / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (outside / "db").touch()

    def run_act(name: str, permits: tuple[str, ...] = ()) -> tuple[str, list[dict[str, Any]]]:
        child = run_child(["-c", ATTEMPT, json.dumps([str(scratch)]), name, json.dumps(permits)], settings)
        assert child.stderr_tail == ""
        result, denials = json.loads(child.stdout_tail)
        assert [path.name for path in sorted(outside.iterdir())] == ["db", "kept"]
        assert (outside / "kept").read_text() == "kept"
        return result, denials

    return run_act


@pytest.mark.parametrize(
    ("act", "result"),
    [
        ("read_outside", "'kept'"),
        ("write_inside", "1"),
        ("write_relative", "1"),
        ("write_temporary", "1"),
        ("remove_tree_inside", "None"),
        ("write_null", "1"),
        ("fork", "3"),
        ("pair", "b'x'"),
        ("memory_database", "(1,)"),
        ("read_only_database", "(1,)"),
        ("unix_inside", "'socket'"),
        ("kill_child", "9"),
    ],
)
def test_ordinary_acts_are_let_through(attempt, act: str, result: str) -> None:
    assert attempt(act) == (result, [])


@pytest.mark.parametrize(
    ("act", "event", "name"),
    [
        ("write_outside", "open", "kept"),
        ("append_outside", "open", "kept"),
        ("update_outside", "open", "kept"),
        ("os_open_outside", "open", "kept"),
        ("create_outside", "open", "new"),
        ("write_by_dots", "open", "kept"),
        ("write_through_link", "open", "kept"),
        ("remove_outside", "os.remove", "kept"),
        ("remove_by_descriptor", "os.remove", "kept"),
        ("move_out", "os.rename", "kept"),
        ("move_in", "os.rename", "kept"),
        ("hard_link_in", "os.link", "kept"),
        ("make_folder", "os.mkdir", "folder"),
        ("remove_folder", "os.rmdir", ""),
        ("link_outside", "os.symlink", "link"),
        ("change_mode", "os.chmod", "kept"),
        ("change_time", "os.utime", "kept"),
        ("truncate", "os.truncate", "kept"),
        ("file_database", "sqlite3.connect", "db"),
        ("uri_database", "sqlite3.connect", "db"),
    ],
)
def test_nothing_outside_the_writable_folders_is_changed(
    attempt, scratch: Path, act: str, event: str, name: str
) -> None:
    result, denials = attempt(act)

    path = str(scratch.parent / "outside" / name).rstrip("/")
    assert result == f"denied: {event} {path}"
    assert [(denial["act"], denial["detail"]) for denial in denials] == [(event, path)]


def test_a_folder_whose_name_starts_like_a_writable_one_is_outside(attempt, scratch: Path) -> None:
    assert attempt("sibling_with_the_same_start")[0] == f"denied: open {scratch}-not"


@pytest.mark.parametrize(
    ("act", "denied"),
    [
        ("connect", "socket.getaddrinfo 192.0.2.1:25"),
        ("connect_plain", "socket.connect 192.0.2.1:25"),
        ("look_up", "socket.getaddrinfo smtp.example.com:25"),
        ("look_up_name", "socket.gethostbyname smtp.example.com"),
        ("send", "socket.sendto 192.0.2.1:53"),
        ("bind", "socket.bind 192.0.2.1:0"),
        ("connect_loopback", "socket.connect 127.0.0.1:1"),
        ("unix_outside", "socket.connect /run/docker.sock"),
        ("run_list", "subprocess.Popen git commit -m 'a b'"),
        ("run_shell", "subprocess.Popen /bin/sh -c 'rm -rf x'"),
        ("system", "os.system rm -rf x"),
        ("execute", "os.exec ls -l"),
        ("posix_spawn", "os.posix_spawn ls -l"),
        ("kill_all", "os.kill process -1"),
        ("kill_parent", "os.kill process PARENT"),
        ("kill_other_group", "os.killpg process group PARENT"),
    ],
)
def test_the_network_other_programs_and_other_processes_are_out_of_reach(attempt, act: str, denied: str) -> None:
    assert attempt(act)[0] == f"denied: {denied}"


def test_a_program_spawned_through_a_fork_is_refused_in_the_fork(attempt) -> None:
    assert attempt("spawn") == ("127", [])


def test_the_loopback_is_open_only_when_it_is_allowed(attempt) -> None:
    assert attempt("connect_loopback", permits=("loopback",)) == ("ConnectionRefusedError", [])
    assert attempt("connect_plain", permits=("loopback",))[0] == "denied: socket.connect 192.0.2.1:25"


def test_a_denial_names_the_code_that_tried(attempt, scratch: Path) -> None:
    _, (denial,) = attempt("look_up")

    line = 1 + ACTS.splitlines().index(next(line for line in ACTS.splitlines() if line.startswith("def look_up()")))
    frames = [tuple(frame) for frame in denial["stack"]]
    assert frames[:2] == [("<string>", 8, "<module>"), (str(scratch / "acts.py"), line, "look_up")]
    assert [frame[2] for frame in frames] == ["<module>", "look_up", "getaddrinfo"]


def test_code_that_catches_every_exception_does_not_swallow_a_denial(settings: ChildSettings) -> None:
    code = """
import os
from proctor_probe.guard import install_guard, take_denials
install_guard([])
try:
    try:
        os.system("true")
    except Exception:
        print("swallowed")
finally:
    print([denial.act for denial in take_denials()])
"""
    child = run_child(["-c", code], settings)

    assert (child.stdout_tail, child.returncode) == ("['os.system']\n", 1)
    assert child.stderr_tail.endswith("proctor_probe.guard.ActDenied: os.system true\n")


def test_native_libraries_load_and_are_remembered(settings: ChildSettings) -> None:
    code = """
from proctor_probe.guard import install_guard
guard = install_guard([])
import ctypes
library = "libc.so.6" if __import__("sys").platform == "linux" else "libSystem.dylib"
ctypes.CDLL(library)
print(guard.take_libraries() == [library], guard.take_libraries(), guard.take_denials())
"""
    assert run_child(["-c", code], settings).stdout_tail == "True [] []\n"


def test_a_second_guard_replaces_the_first(settings: ChildSettings, scratch: Path) -> None:
    code = """
import sys
from proctor_probe.guard import install_guard
install_guard([])
install_guard([sys.argv[1]])
open("file", "w").close()
"""
    assert run_child(["-c", code, str(scratch)], settings).returncode == 0


@pytest.mark.parametrize("name", ["__init__", "guard", "launch", "pytest_report"])
def test_the_probe_is_written_in_the_syntax_of_python_3_9(name: str) -> None:
    source = Path(proctor.execution.probe.__path__[0]) / f"{name}.py"

    assert isinstance(ast.parse(source.read_text(), feature_version=(3, 9)), ast.Module)


@pytest.mark.parametrize(
    ("act", "permits", "result"),
    [
        ("run_true", ("programs",), None),
        ("run_true", ("loopback", "unix"), "denied: subprocess.Popen true"),
        ("bind", ("programs",), None),
        ("bind", ("loopback", "unix"), "denied: socket.bind 192.0.2.1:0"),
        ("kill_other_group", ("programs",), None),
        ("kill_other_group", ("loopback", "unix"), "denied: os.killpg process group PARENT"),
        ("unix_outside", ("unix",), None),
        ("unix_outside", ("programs", "loopback"), "denied: socket.connect /run/docker.sock"),
    ],
)
def test_what_is_permitted_is_let_through_and_nothing_else(
    attempt, act: str, permits: tuple[str, ...], result: str | None
) -> None:
    said, denials = attempt(act, permits=permits)

    assert (said, len(denials)) == (result, 1) if result else not said.startswith("denied") and denials == []
