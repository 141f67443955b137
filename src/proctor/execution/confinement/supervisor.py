"""The process that starts all children of a Proctor process: single-threaded and small, so that forking it is cheap.

It lives as long as the socket that it was started with; when that closes, however it closes, it ends everything.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import sys
from typing import Final

from proctor.execution.confinement import tree
from proctor.execution.confinement.request import Request, decoded
from proctor.execution.confinement.warden import Warden, adopt_orphans, forked, note_signals
from proctor.execution.probe import seccomp

MOST_DESCRIPTORS: Final = 64
HEADER: Final = struct.Struct("=I")
CLOSE_ON_EXEC: Final = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


def main(descriptor: int) -> None:
    """Serve requests from the socket at this descriptor until it closes."""
    adopt_orphans()
    supervisor = Supervisor(socket.socket(fileno=descriptor))
    supervisor.serve()
    supervisor.end()


class Supervisor:
    """The socket to Proctor and the wardens that are at work."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._signals = note_signals(signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)
        self._wardens: set[int] = set()

    def serve(self) -> None:
        """Start a warden for each request."""
        while True:
            ready = select.select([self._signals, self._requests.fileno()], [], [])[0]
            if self._signals in ready and self._is_asked_to_end():
                return
            self._reap()
            if self._requests.fileno() in ready and not self._take_request():
                return

    def end(self) -> None:
        """Have every warden end its child, and wait for them."""
        for warden in self._wardens:
            os.kill(warden, signal.SIGTERM)
        while self._wardens:
            select.select([self._signals], [], [])
            self._is_asked_to_end()
            self._reap()

    def _is_asked_to_end(self) -> bool:
        return any(number != signal.SIGCHLD for number in os.read(self._signals, 1 << 12))

    def _take_request(self) -> bool:
        """Read one request with its descriptors; the first of them is the line between its warden and who asked."""
        header, received, _, _ = socket.recv_fds(self._requests, HEADER.size, MOST_DESCRIPTORS, CLOSE_ON_EXEC)
        body = self._body(header)
        if body is None:
            return False
        control, *others = received
        request = decoded(body)
        _prepare(request)
        self._hire(request, control, others)
        for number in received:
            os.close(number)
        return True

    def _body(self, header: bytes) -> bytes | None:
        """Read the rest of a message; None when the other side closed, be it in the middle."""
        header += self._exactly(HEADER.size - len(header)) if header else b""
        if len(header) < HEADER.size:
            return None
        length = HEADER.unpack(header)[0]
        body = self._exactly(length)
        return body if len(body) == length else None

    def _exactly(self, length: int) -> bytes:
        found = bytearray()
        while len(found) < length and (chunk := self._requests.recv(length - len(found))):
            found += chunk
        return bytes(found)

    def _hire(self, request: Request, control: int, received: list[int]) -> None:
        supervisor = os.getpid()
        pid = forked()
        if pid == 0:
            self._requests.close()
            Warden(request, socket.socket(fileno=control)).serve(received, supervisor)
        self._wardens.add(pid)

    def _reap(self) -> None:
        """Take up the wardens that are done; what else turns up here has lost its warden, and is ended."""
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self._wardens.discard(pid)
            for stray in set(tree.children(os.getpid())) - self._wardens:
                os.kill(stray, signal.SIGKILL)


def _prepare(request: Request) -> None:
    """Build a filter before the fork, so that it is kept for the next request."""
    if sys.platform == "linux" and request.filter_at >= 0:
        seccomp.build(private_network=True)
    elif sys.platform == "linux" and request.lock is not None:
        seccomp.build(request.lock.sockets)
