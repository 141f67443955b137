"""The child's side between fork and exec: descriptors, session, limits, and the locks that hold from then on."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from proctor.execution.confinement.limits import set_limits
from proctor.execution.confinement.request import Lock, Request
from proctor.execution.probe import landlock, privileges, seccomp

PARENT_DEATH_SIGNAL: Final = 1
RESTORED: Final = ("SIGPIPE", "SIGXFZ", "SIGXFSZ", "SIGCHLD", "SIGTERM", "SIGINT")


def enter(request: Request, received: Sequence[int], report: int, warden: int) -> NoReturn:
    """Become the program that is asked for, or write the reason why not to `report`."""
    try:
        wanted = _wanted_descriptors(request, received)
        report = fcntl.fcntl(report, fcntl.F_DUPFD_CLOEXEC, max(*wanted, 2) + 1)
        os.setsid()
        die_with_parent(signal.SIGKILL, warden)
        _place_descriptors(wanted, report)
        os.chdir(request.cwd)
        _restore_signals()
        set_limits(request.limits)
        _lock(request.lock)
        os.execve(request.command[0], request.command, request.environment)
    except OSError as error:
        os.write(report, json.dumps([error.errno, error.strerror]).encode())
    finally:
        os._exit(127)  # whatever happened, this fork must not go on as a second warden


def die_with_parent(number: int, parent: int) -> None:
    """Have the kernel send a signal when the parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, int(number), 0, 0, 0)
    if os.getppid() != parent:  # it ended before it could be arranged
        os._exit(127)


def _restore_signals() -> None:
    """Undo what Python and the warden set, which would be inherited, the mask of the fork as the last."""
    for name in RESTORED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _wanted_descriptors(request: Request, received: Sequence[int]) -> dict[int, int]:
    wanted = dict(zip(request.descriptors, received, strict=True))
    if request.filter_at >= 0:
        wanted[request.filter_at] = _in_memory(seccomp.build(private_network=True))
    return wanted | {number: _in_memory(text.encode()) for number, text in request.files}


def _in_memory(content: bytes) -> int:
    descriptor = os.memfd_create("proctor")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _place_descriptors(wanted: Mapping[int, int], report: int) -> None:
    """Move each descriptor to its number; first out of the way, as one's place may be another's."""
    free = report + 1
    moved = {number: fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, free) for number, source in wanted.items()}
    for number, source in moved.items():
        os.dup2(source, number, inheritable=True)
    for name in os.listdir("/dev/fd"):
        if int(name) not in wanted and int(name) != report:
            with contextlib.suppress(OSError):  # the one that listed them is closed by now
                os.close(int(name))


def _lock(lock: Lock | None) -> None:
    if sys.platform == "linux":
        privileges.forbid_new_privileges()
    if lock is not None:
        privileges.drop_capabilities()  # with them, root may read the memory of any process, whatever Landlock says
        landlock.restrict(lock.readable, lock.writable, lock.sockets)
        seccomp.install(seccomp.build(lock.sockets))
