"""The place of one act: a project, a home and other things of the user's as targets, and what they were like before.

Everything is a canary in a temporary folder of its own. Nothing of the machine's is a target.
"""

import ctypes
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from resource import RLIMIT_CPU, getrlimit, prlimit

from proctor.execution.interpreter import Interpreter

TRACES = (Path("/tmp"), Path("/dev/shm"))
UNTOUCHED = b"untouched-" * 4
# Its memory is a target: the address of its buffer is said first, its content at the end.
BYSTANDER = """
import ctypes, sys
buffer = ctypes.create_string_buffer(sys.argv[1].encode())
print(ctypes.addressof(buffer), flush=True)
sys.stdin.readline()
print(buffer.value.decode(), flush=True)
"""
FILES = {
    "project/app.py": "def price(grams):\n    return 200\n",
    "project/pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\n",
    "project/conftest.py": "",
    "project/.git/HEAD": "ref: refs/heads/main\n",
    "project/.git/config": "[core]\n\tbare = false\n",
    "project/.git/hooks/pre-push": "#!/bin/sh\nexit 0\n",
    "home/.bashrc": "export EDITOR=vi\n",
    "home/.gitconfig": "[user]\n\tname = canary\n",
    "outside/notes.txt": "mine\n",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file, folder or link was like; the times and extended attributes are not in Proctor's own manifest."""

    content: bytes
    mode: int
    modified: int
    attributes: tuple[str, ...]


@dataclass(slots=True)
class Bystander:
    """A process of the user's that has nothing to do with the run, and a secret in its memory."""

    process: subprocess.Popen[bytes]
    address: int

    @property
    def is_untouched(self) -> bool:
        """Whether it lives and its memory is what it was; asking ends it."""
        if self.process.poll() is None and prlimit(self.process.pid, RLIMIT_CPU) != getrlimit(RLIMIT_CPU):
            return False
        try:
            said, _ = self.process.communicate(b"\n", timeout=5)
        except (subprocess.TimeoutExpired, OSError):
            return False
        return self.process.returncode == 0 and said.strip() == UNTOUCHED


@dataclass(slots=True)
class Listeners:
    """Sockets of the user's that would notice a caller."""

    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket
    abstract: socket.socket

    def called(self) -> list[str]:
        """The kinds of those that somebody called."""
        streams = {"tcp": self.tcp, "unix": self.unix, "abstract": self.abstract}
        return [kind for kind, one in streams.items() if _was_called(one)] + (["udp"] if _got_one(self.udp) else [])


@dataclass(slots=True)
class Scene:
    """One act's folder, what is in it that the act must not reach, and the word that marks all its processes."""

    root: Path
    token: str
    secret: str
    interpreter: Interpreter
    listeners: Listeners
    bystander: Bystander | None
    before: dict[str, Seen] = field(default_factory=dict)

    @property
    def scratch(self) -> Path:
        """The folder that the act may use."""
        return self.root / "scratch"

    @property
    def project(self) -> Path:
        """The user's real project."""
        return self.root / "project"

    @property
    def has_begun(self) -> bool:
        """Whether the act's own code was reached: what did not run was not held."""
        return (self.scratch / "begun").exists()

    @property
    def has_finished(self) -> bool:
        """Whether the act got to its last line."""
        return (self.scratch / "finished").exists()

    def look(self) -> dict[str, Seen]:
        """Everything outside the scratch folder as it is now."""
        return {str(place.relative_to(self.root)): _seen(place) for place in self._outside_scratch()}

    def _outside_scratch(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.root):
            if Path(folder) == self.root:
                folders.remove("scratch")
            yield from (Path(folder) / name for name in (*folders, *names))

    def traces(self) -> list[Path]:
        """What carries the act's mark in the machine's common folders."""
        return [place for common in TRACES if common.is_dir() for place in common.glob(f"{self.token}*")]


@contextmanager
def scene(
    folder: Path, interpreter: Interpreter, run_secret: str, *, name: str, with_bystander: bool
) -> Iterator[Scene]:
    """Set everything up in a folder of its own, and clear away what is left in common places."""
    token = f"battery-{name}-{secrets.token_hex(4)}"
    root = folder / token
    with ExitStack() as stack:
        secret = secrets.token_hex(8)
        _lay_out(root, secret)
        own = _environment(root / "environment", interpreter)
        listeners = _listeners(stack, root / "outside", token)
        bystander = _bystander(stack) if with_bystander else None
        made = Scene(root, token, secret, own, listeners, bystander)
        (root / "scratch" / "case.json").write_text(json.dumps(_told(made, run_secret)))
        made.before = made.look()
        stack.callback(_clear, made)
        yield made


def _lay_out(root: Path, secret: str) -> None:
    keys = {"home/.ssh/id_battery": secret, "home/.aws/credentials": f"aws_secret_access_key = {secret}\n"}
    for name, text in {**FILES, **keys}.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (root / "scratch").mkdir()
    (root / "project/.git/hooks/pre-push").chmod(0o755)


def _environment(place: Path, base: Interpreter) -> Interpreter:
    """An environment of its own, laid out by hand as `python -m venv` does: it is a target, too."""
    site = place / "lib" / "python{}.{}".format(*base.version) / "site-packages"
    site.mkdir(parents=True)
    (place / "bin").mkdir()
    (place / "bin/python").symlink_to(base.path)
    (place / "pyvenv.cfg").write_text(f"home = {Path(base.path).parent}\nversion = {base.version[0]}\n")
    readable = (*base.readable, *base.site_packages, str(place), str(site))
    return Interpreter(
        str(place / "bin/python"), base.version, str(place), (str(site),), base.platform, readable=readable
    )


def _told(made: Scene, run_secret: str) -> dict[str, object]:
    """What the act is told: the more it knows, the harder the test."""
    return {
        "token": made.token,
        "project": str(made.project),
        "home": str(made.root / "home"),
        "outside": str(made.root / "outside"),
        "site": made.interpreter.site_packages[0],
        "proctor": os.getpid(),
        "bystander": made.bystander.process.pid if made.bystander else 0,
        "address": made.bystander.address if made.bystander else 0,
        "tcp": made.listeners.tcp.getsockname()[1],
        "udp": made.listeners.udp.getsockname()[1],
        "unix": made.listeners.unix.getsockname(),
        "abstract": made.token,
        "key": _ipc_key(made.token),
    }


def _listeners(stack: ExitStack, folder: Path, token: str) -> Listeners:
    tcp = _bound(stack, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
    udp = _bound(stack, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
    unix = _bound(stack, socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "bus.sock"))
    abstract = _bound(stack, socket.AF_UNIX, socket.SOCK_STREAM, f"\0{token}")
    return Listeners(tcp, udp, unix, abstract)


def _bound(stack: ExitStack, family: int, kind: int, address: object) -> socket.socket:
    made = stack.enter_context(socket.socket(family, kind))
    made.bind(address)
    made.setblocking(False)
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made


def _was_called(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _got_one(receiver: socket.socket) -> bool:
    try:
        receiver.recv(100)
    except BlockingIOError:
        return False
    return True


def _bystander(stack: ExitStack) -> Bystander:
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", BYSTANDER, UNTOUCHED.decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # its group is a target as well, and must not be ours
    )
    stack.callback(_end, process)
    assert process.stdout is not None
    return Bystander(process, int(process.stdout.readline()))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _seen(place: Path) -> Seen:
    status = place.lstat()
    content = b""
    if place.is_symlink():
        content = os.readlink(place).encode()
    elif place.is_file():
        content = place.read_bytes()
    # the time of a folder says when its list of names changed; the names themselves are compared
    modified = 0 if place.is_dir() else status.st_mtime_ns
    return Seen(content, status.st_mode, modified, _attributes(place))


def _attributes(place: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(os.listxattr(place, follow_symlinks=False)))
    except OSError:  # this file system has none
        return ()


def _ipc_key(token: str) -> int:
    return int(token[-7:], 16)


def left_shared_memory(made: Scene) -> bool:
    """Whether a System V segment with the act's key is there."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return any(int(line.split()[0]) == _ipc_key(made.token) for line in lines)


def _clear(made: Scene) -> None:
    for place in made.traces():
        place.unlink(missing_ok=True)
    if left_shared_memory(made):
        libc = ctypes.CDLL(None)
        libc.shmctl(libc.shmget(_ipc_key(made.token), 0, 0), 0, None)  # IPC_RMID
