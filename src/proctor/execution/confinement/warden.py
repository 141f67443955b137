"""Watches over one child: starts it, limits what all it started use together, and leaves nothing of it behind.

A warden is a fork of the supervisor. The kernel gives it every orphan of its child (it is a subreaper), so a daemon
that forked twice into a session of its own is still found, ended and reaped here.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from typing import Final, NoReturn

from proctor.execution.confinement import tree
from proctor.execution.confinement.entering import die_with_parent, enter
from proctor.execution.confinement.limits import MEGABYTE
from proctor.execution.confinement.request import Request
from proctor.execution.probe import landlock

SUBREAPER: Final = 36
NOTED: Final = frozenset({signal.SIGCHLD, signal.SIGTERM, signal.SIGINT})
GRACE_SECONDS: Final = 2.0
GRACE_AFTER_END_SECONDS: Final = 0.5  # for what a child left behind, which nobody waits for
WATCH_SECONDS: Final = 0.2
LIMIT_SIGNALS: Final = {int(signal.SIGXCPU): "cpu_seconds", int(signal.SIGXFSZ): "file_mb"}
SHELLS_SIGNAL_CODE: Final = 128
LAST_SIGNAL: Final = 64


def adopt_orphans() -> None:
    """Become the parent of every process below whose own parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def note_signals(*numbers: int) -> int:
    """Give back a descriptor that becomes readable when one of the signals came."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else _pipe()
    for number in numbers:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, NOTED)  # blocked over a fork, or one might be noted in the wrong process
    return reader


def forked() -> int:
    """Fork with the signals blocked that both sides note, until each has its own place for notes."""
    signal.pthread_sigmask(signal.SIG_BLOCK, NOTED)
    pid = os.fork()
    if pid != 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, NOTED)
    return pid


def _pipe() -> tuple[int, int]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    return reader, writer


class Warden:
    """One child, the socket to whoever asked for it, and how it ended."""

    def __init__(self, request: Request, control: socket.socket) -> None:
        self._request = request
        self._control = control
        self._signals = note_signals(signal.SIGCHLD, signal.SIGTERM)
        self._child = 0
        self._code: int | None = None
        self._limit = ""
        self._grace = GRACE_AFTER_END_SECONDS
        self._has_scope = False

    def serve(self, received: Sequence[int], supervisor: int) -> NoReturn:
        """Do everything there is to do for the child, and end."""
        try:
            os.setsid()
            die_with_parent(signal.SIGTERM, supervisor)
            adopt_orphans()
            self._has_scope = _is_scoped(keep_refer=self._request.lock is not None)
            problem = self._start(received)
            if problem is None:
                self._say({"pid": self._child})
                self._watch()
                self._sweep()
                self._say({"swept": True})
            else:
                self._say({"error": problem})
        finally:
            os._exit(0)  # this fork must not go on as a second supervisor

    def _start(self, received: Sequence[int]) -> list[object] | None:
        """Fork the child and hear how that went; its descriptors are kept by nobody here."""
        reader, writer = os.pipe()
        warden = os.getpid()
        self._child = forked()
        if self._child == 0:
            enter(self._request, received, writer, warden)
        os.close(writer)
        for descriptor in received:
            os.close(descriptor)
        with open(reader, "rb") as report:
            said = report.read()  # ends when the program has taken over, which closes the other end
        if not said:
            return None
        os.waitpid(self._child, 0)
        problem: list[object] = json.loads(said)
        return problem

    def _watch(self) -> None:
        """Wait for the end of the child, for the order to end it, or for a limit."""
        while self._code is None and not self._limit:
            if self._wait(WATCH_SECONDS):
                return
            self._reap()
            if self._code is None:
                self._limit = self._passed_limit()

    def _wait(self, seconds: float) -> bool:
        """Wait for a signal or an order, and say whether the child is to be ended."""
        ready = select.select([self._signals, self._control.fileno()], [], [], seconds)[0]
        if self._signals in ready and signal.SIGTERM in os.read(self._signals, 1 << 12):
            self._grace = GRACE_SECONDS
            return True
        return self._control.fileno() in ready and self._is_ordered()

    def _is_ordered(self) -> bool:
        """Read an order: how long to ask before killing; a closed socket means that nobody is left to give one."""
        self._grace = GRACE_SECONDS
        with contextlib.suppress(OSError, ValueError):
            self._grace = float(json.loads(self._control.recv(1 << 12))["kill"])
        return True

    def _passed_limit(self) -> str:
        """Name the limit that the child and all below it pass together; rlimits are per process, or not for root."""
        pids = tree.descendants(os.getpid())
        use, limits = tree.use_of(pids), self._request.limits
        reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
        memory = limits["memory_mb"] * MEGABYTE
        if limits["processes"] and use.threads > limits["processes"]:
            return "processes"
        if limits["cpu_seconds"] and use.cpu_seconds + reaped.ru_utime + reaped.ru_stime > limits["cpu_seconds"] + 1:
            return "cpu_seconds"
        return "memory_mb" if memory and use.memory > memory and tree.proportional_memory(pids) > memory else ""

    def _sweep(self) -> None:
        """End all that is left: asked first, then killed, and reaped to the last one."""
        grace = 0.0 if self._limit else self._grace
        if grace and self._reap():
            self._ask()
            end = time.monotonic() + grace
            while self._reap() and (left := end - time.monotonic()) > 0:
                select.select([self._signals], [], [], left)
                self._drain()
        while self._reap():
            self._kill()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._signals, 1 << 12)

    def _ask(self) -> None:
        """Send SIGTERM to everything below, but not to a monitor, which would end the others without asking."""
        for pid in tree.descendants(os.getpid()):
            if not (self._request.is_monitor and pid == self._child):
                _send(pid, signal.SIGTERM)

    def _kill(self) -> None:
        """Kill everything below and reap it.

        With signals scoped, "everybody" is everything below and nothing else, at one moment: no fork can outrun it.
        """
        if self._has_scope:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            while self._reap(0):
                continue
            return
        with contextlib.suppress(OSError):
            os.killpg(self._child, signal.SIGKILL)
        for pid in tree.children(os.getpid()):  # theirs come to us next, and no one else can have their numbers
            _send(pid, signal.SIGKILL)
        self._reap(0)

    def _reap(self, flags: int = os.WNOHANG) -> bool:
        """Take up the ended processes and say whether others are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, flags)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._child:
                self._note_end(os.waitstatus_to_exitcode(status))
            if flags == 0:
                return True

    def _note_end(self, code: int) -> None:
        is_signal = SHELLS_SIGNAL_CODE < code <= SHELLS_SIGNAL_CODE + LAST_SIGNAL
        # a monitor says it the shell's way, as it cannot end by the signal that its own child ended by
        self._code = SHELLS_SIGNAL_CODE - code if self._request.is_monitor and is_signal else code
        self._limit = self._limit or LIMIT_SIGNALS.get(-self._code, "")
        self._say({"code": self._code, "limit": self._limit})

    def _say(self, message: dict[str, object]) -> None:
        with contextlib.suppress(OSError):  # whoever asked is gone, and the sweep goes on
            self._control.sendall(json.dumps(message).encode() + b"\n")


def _is_scoped(*, keep_refer: bool) -> bool:
    """Confine our own signals to what is below us; believed only when the supervisor turns out to be out of reach."""
    if sys.platform != "linux":
        return False
    try:
        if not landlock.scope_signals(keep_refer=keep_refer):
            return False
        os.kill(os.getppid(), 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it ended, or it has other rights by now
        os.kill(pid, number)
