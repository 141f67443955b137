"""The soft level of confinement: an audit hook that refuses forbidden acts and names the code that tried them.

It is not a boundary (native code passes it by); the levels that are one are put around the process from outside.
"""

from __future__ import annotations

import os
import shlex
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Callable, Final, Optional, Union
from urllib.parse import unquote

Frame = tuple[str, int, str]
PathArgument = Union[int, str, bytes, "os.PathLike[str]"]

WRITE_FLAGS: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LONGEST_DETAIL: Final = 300
DEEPEST_STACK: Final = 60
PROBE_FOLDER: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")


@dataclass(frozen=True)
class Denial:
    """One refused act: the audit event, what it aimed at, and who tried it (outermost frame first)."""

    act: str
    detail: str
    stack: list[Frame]


class ActDenied(BaseException):
    """Ends the code that tried a forbidden act; no `Exception`, so that the target cannot swallow it by accident."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(f"{denial.act} {denial.detail}")
        self.denial = denial


class Guard:
    """What this process may do, and what was refused so far."""

    def __init__(
        self, writable: list[str], on_denied: Callable[[Denial], None] | None, permits: Iterable[str] = ()
    ) -> None:
        self.writable = tuple(os.path.realpath(folder) for folder in writable)
        self.permits = frozenset(permits)
        self._on_denied = on_denied
        self._denials: list[Denial] = []
        self._libraries: list[str] = []

    def watch(self, event: str, args: tuple[Any, ...]) -> None:
        """Refuse the event if it is forbidden; called for every audit event, so the common case is one look-up."""
        judge = JUDGES.get(event)
        if judge is None:
            return
        detail = judge(self, args)
        if detail is not None:
            self._refuse(event, detail)

    def take_denials(self) -> list[Denial]:
        """Hand over the denials since the last call."""
        taken = self._denials
        self._denials = []
        return taken

    def take_libraries(self) -> list[str]:
        """Hand over the native libraries that ctypes loaded since the last call: allowed, but worth knowing."""
        taken = self._libraries
        self._libraries = []
        return taken

    def note_library(self, name: str) -> None:
        """Remember a native library: what it does is out of the guard's sight."""
        self._libraries.append(name)

    def is_writable(self, path: str) -> bool:
        """Whether a real path lies in one of the writable folders."""
        return path == os.devnull or any(
            path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in self.writable
        )

    def _refuse(self, act: str, detail: str) -> None:
        denial = Denial(act, detail[:LONGEST_DETAIL], calling_stack())
        self._denials.append(denial)
        if self._on_denied is not None:
            self._on_denied(denial)
        raise ActDenied(denial)


class _Process:
    """The guard of this process: an audit hook cannot be taken off, so a second guard replaces what the hook asks."""

    guard: Guard | None = None

    def watch(self, event: str, args: tuple[Any, ...]) -> None:
        if self.guard is not None:
            self.guard.watch(event, args)


_process = _Process()  # module state on purpose: the hook it serves belongs to the process as well


def install_guard(
    writable: list[str],
    on_denied: Callable[[Denial], None] | None = None,
    *,
    permits: Iterable[str] = (),
) -> Guard:
    """Guard this process from now on; `on_denied` hears of each denial before it is raised.

    Where a boundary holds from outside, more can be let through: `permits` names any of programs, unix and loopback.
    """
    is_first = _process.guard is None
    _process.guard = Guard(writable, on_denied, permits)
    sys.dont_write_bytecode = True  # bytecode belongs beside sources that may be outside the writable folders
    if is_first:
        sys.addaudithook(_process.watch)
    return _process.guard


def take_denials() -> list[Denial]:
    """Hand over what the guard of this process refused since the last call."""
    return [] if _process.guard is None else _process.guard.take_denials()


def calling_stack() -> list[Frame]:
    """Name the code below the guard, outermost frame first, without those of the probe and the import machinery."""
    frames: list[Frame] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and len(frames) < DEEPEST_STACK:
        code = frame.f_code
        if not code.co_filename.startswith((PROBE_FOLDER, "<frozen ")):
            frames.append((code.co_filename, frame.f_lineno or 0, code.co_name))
        frame = frame.f_back
    return frames[::-1]


Judge = Callable[[Guard, tuple[Any, ...]], Optional[str]]


def _open(guard: Guard, args: tuple[Any, ...]) -> str | None:
    path, mode, flags = args
    writes = (flags or 0) & WRITE_FLAGS or any(letter in "wax+" for letter in mode or "")
    return _outside(guard, path, follow=True) if writes else None


def _sqlite(guard: Guard, args: tuple[Any, ...]) -> str | None:
    database = os.fsdecode(args[0])
    path, _, query = database.partition("?")
    is_uri = path.startswith("file:")
    if is_uri and ("mode=memory" in query or "mode=ro" in query):
        return None
    path = _path_of_uri(path) if is_uri else database
    return None if path in ("", ":memory:") else _outside(guard, path, follow=True)


def _path_of_uri(uri: str) -> str:
    path = unquote(uri[len("file:") :])
    return "/" + path.lstrip("/") if path.startswith("/") else path  # file:///x and file:/x are the same file


def _changes_content(guard: Guard, args: tuple[Any, ...]) -> str | None:
    """Judge chmod, utime and the like: they follow links, and the last argument may name a folder descriptor."""
    folder = args[-1] if len(args) > 1 and isinstance(args[-1], int) else -1
    return _outside(guard, args[0], folder, follow=True)


def _truncates(guard: Guard, args: tuple[Any, ...]) -> str | None:
    return _outside(guard, args[0], follow=True)


def _changes_entry(guard: Guard, args: tuple[Any, ...]) -> str | None:
    return _outside(guard, args[0], args[-1])


def _makes_link(guard: Guard, args: tuple[Any, ...]) -> str | None:
    return _outside(guard, args[1], args[2])


def _moves(guard: Guard, args: tuple[Any, ...]) -> str | None:
    """Judge rename and hard links by both ends: a hard link from outside would make the outside file writable."""
    source, target, source_folder, target_folder = args
    return _outside(guard, source, source_folder) or _outside(guard, target, target_folder)


def _outside(guard: Guard, path: PathArgument, folder: int = -1, *, follow: bool = False) -> str | None:
    """Give the path back when it is outside the writable folders; open descriptors were judged when opened."""
    if isinstance(path, int):
        return None
    name = os.path.join(_path_of_descriptor(folder), os.fsdecode(path))
    if not follow:
        parent, entry = os.path.split(name.rstrip(os.sep))
        name = os.path.join(os.path.realpath(parent), entry)
    real = os.path.realpath(name) if follow else name
    return None if guard.is_writable(real) else real


def _path_of_descriptor(descriptor: int) -> str:
    if descriptor < 0:
        return os.getcwd()
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return _path_of_descriptor_on_macos(descriptor)


def _path_of_descriptor_on_macos(descriptor: int) -> str:
    import fcntl

    get_path = getattr(fcntl, "F_GETPATH", 50)
    return os.fsdecode(fcntl.fcntl(descriptor, get_path, bytes(1024)).rstrip(b"\0"))


def _connects(guard: Guard, args: tuple[Any, ...]) -> str | None:
    connection, address = args[0], args[1]
    if address is None:  # sendmsg on a connected socket, such as one end of a socketpair
        return None
    if connection.family == getattr(socket, "AF_UNIX", None):
        if "unix" in guard.permits:
            return None
        return _outside(guard, address, follow=True) if address and address[:1] not in ("\0", b"\0") else repr(address)
    if not isinstance(address, tuple):
        return repr(address)
    return _remote(guard, address[0], address[1])


def _binds(guard: Guard, args: tuple[Any, ...]) -> str | None:
    """Judge a bind: on loopback nobody outside can reach it, and libraries try it to see what the machine has."""
    address = args[1]
    if isinstance(address, tuple) and "programs" in guard.permits:
        return None  # what may start programs is inside a boundary, which judges this
    if isinstance(address, tuple) and (address[0] in ("localhost", "::1") or str(address[0]).startswith("127.")):
        return None
    return _connects(guard, args)


def _looks_up(guard: Guard, args: tuple[Any, ...]) -> str | None:
    return _remote(guard, args[0], args[1] if len(args) > 1 else None)


def _looks_up_address(guard: Guard, args: tuple[Any, ...]) -> str | None:
    return _remote(guard, args[0][0], args[0][1])


def _remote(guard: Guard, host: str | bytes | None, port: object) -> str | None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    is_loopback = name in ("localhost", "::1") or name.startswith("127.")
    if "loopback" in guard.permits and (is_loopback or host is None):
        return None
    return name if port is None else f"{name}:{port}"


def _starts_program(guard: Guard, args: tuple[Any, ...]) -> str | None:
    """Name the command: (program, args, ...) for all but os.spawn, which puts its mode first, and os.system."""
    if "programs" in guard.permits:
        return None
    program, *rest = args[1:] if args and isinstance(args[0], int) else args
    command = rest[0] if rest and rest[0] else program
    if isinstance(command, (list, tuple)):
        return " ".join(shlex.quote(os.fsdecode(part)) for part in command)
    return os.fsdecode(command)


def _signals(guard: Guard, args: tuple[Any, ...]) -> str | None:
    """Judge os.kill: a child of its own is fair, everything (-1), other groups and our side are not."""
    pid = args[0]
    is_fair = pid == 0 or (pid > 1 and pid != os.getppid())
    return None if is_fair else f"process {pid}"


def _signals_group(guard: Guard, args: tuple[Any, ...]) -> str | None:
    is_fair = args[0] in (0, os.getpgrp()) or ("programs" in guard.permits and args[0] > 1)
    return None if is_fair else f"process group {args[0]}"


def _loads(guard: Guard, args: tuple[Any, ...]) -> str | None:
    if args[0] is not None:  # None is the interpreter itself, which importing ctypes opens
        guard.note_library(str(args[0]))
    return None


JUDGES: Final[dict[str, Judge]] = {
    "open": _open,
    "sqlite3.connect": _sqlite,
    "os.truncate": _truncates,
    "os.chmod": _changes_content,
    "os.chown": _changes_content,
    "os.chflags": _truncates,
    "os.utime": _changes_content,
    "os.setxattr": _truncates,
    "os.removexattr": _truncates,
    "os.mkdir": _changes_entry,
    "os.remove": _changes_entry,
    "os.rmdir": _changes_entry,
    "os.symlink": _makes_link,
    "os.rename": _moves,
    "os.link": _moves,
    "socket.connect": _connects,
    "socket.bind": _binds,
    "socket.sendto": _connects,
    "socket.sendmsg": _connects,
    "socket.getaddrinfo": _looks_up,
    "socket.gethostbyname": _looks_up,
    "socket.gethostbyaddr": _looks_up,
    "socket.getnameinfo": _looks_up_address,
    "subprocess.Popen": _starts_program,
    "os.exec": _starts_program,
    "os.posix_spawn": _starts_program,
    "os.spawn": _starts_program,
    "os.system": _starts_program,
    "pty.spawn": _starts_program,
    "webbrowser.open": _starts_program,
    "os.kill": _signals,
    "os.killpg": _signals_group,
    "ctypes.dlopen": _loads,
}
