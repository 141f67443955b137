"""Proctor's end of the supervisor: starts it when the first child is wanted, and asks it for children."""

from __future__ import annotations

import atexit
import contextlib
import json
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from proctor.execution.confinement.request import Request

# isolated and without `site`: nothing of the user's environment takes part, and it starts in a few milliseconds
SERVE: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from proctor.execution.confinement.supervisor import main; main(int(sys.argv[2]))"
)
PACKAGES: Final = Path(__file__).resolve().parents[3]
END_SECONDS: Final = 10.0
HEADER: Final = struct.Struct("=I")


class Line:
    """The connection to the warden of one child: what it says, and the order to end the child."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""
        self._is_open = True
        self.is_closed = False
        self.facts: dict[str, Any] = {}

    def wait_for(self, *names: str, seconds: float | None = None) -> bool:
        """Listen until one of the facts is known or the time is up; False also when the warden is gone."""
        end = None if seconds is None else time.monotonic() + seconds
        while not any(name in self.facts for name in names) and self._is_open:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not _is_readable(self._connection, left):
                return False
            self._listen()
        return any(name in self.facts for name in names)

    def order_end(self, grace: float) -> None:
        """Have the child and all it started ended: asked first, killed after `grace` seconds."""
        with contextlib.suppress(OSError):  # the warden is done already
            self._connection.sendall(json.dumps({"kill": grace}).encode())

    def close(self) -> None:
        """Hang up, upon which a warden that is still at work ends its child."""
        self._is_open = False
        self.is_closed = True
        self._connection.close()

    @property
    def is_open(self) -> bool:
        """Whether the warden may have more to say."""
        return self._is_open

    def _listen(self) -> None:
        try:
            heard = self._connection.recv(1 << 16)
        except OSError:
            heard = b""
        self._is_open = bool(heard)
        *lines, self._rest = (self._rest + heard).split(b"\n")
        for line in lines:
            self.facts.update(json.loads(line))


class Supervision:
    """The supervisor of this process: started when it is first needed, and anew when it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def start(self, request: Request, descriptors: Sequence[int]) -> Line:
        """Ask for a child; its `pid` or `error` is what the line says first."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                self._send(request, [theirs.fileno(), *descriptors])
            except OSError:  # it was ended from outside: once more with a new one
                self._close()
                self._send(request, [theirs.fileno(), *descriptors])
        return Line(ours)

    def end(self) -> None:
        """End every child and the supervisor; the next child gets a new one."""
        with self._lock:
            self._close()

    def _send(self, request: Request, descriptors: Sequence[int]) -> None:
        connection = self._requests or self._begin()
        body = request.encoded()
        socket.send_fds(connection, [HEADER.pack(len(body))], descriptors)
        connection.sendall(body)

    def _begin(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            number = str(theirs.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", SERVE, str(PACKAGES), number],
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._requests = ours
        atexit.register(self.end)
        return ours

    def _close(self) -> None:
        """Hang up, upon which the supervisor ends its children and then itself."""
        if self._requests is not None:
            self._requests.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the kernel with a child that cannot die yet
                self._process.wait(END_SECONDS)
        self._requests = self._process = None


_supervision = Supervision()  # module state on purpose: there is one supervisor for a process, as there is one process


def start_supervised(request: Request, descriptors: Sequence[int]) -> Line:
    """Ask this process's supervisor for a child."""
    return _supervision.start(request, descriptors)


def end_supervised() -> None:
    """End every child that this process has running, with all that they started."""
    _supervision.end()


def _is_readable(connection: socket.socket, seconds: float | None) -> bool:
    poll = select.poll()  # select() takes no descriptor above 1023
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))
