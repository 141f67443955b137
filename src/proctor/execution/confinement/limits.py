"""Resource limits of the kernel: set between fork and exec, so that not one line of the child runs without them."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from typing import Final

MEGABYTE: Final = 1024 * 1024


def set_limits(limits: dict[str, int]) -> None:
    """Lower this process's resource limits; a limit of 0 is left alone."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    seconds = limits["cpu_seconds"]
    _lower(resource.RLIMIT_CPU, seconds, seconds + 1)  # the first is SIGXCPU, which says what it is; then SIGKILL
    _lower(resource.RLIMIT_FSIZE, limits["file_mb"] * MEGABYTE)
    if limits["processes"] and os.getuid() != 0 and sys.platform == "linux":  # it does not bind root
        _lower(resource.RLIMIT_NPROC, threads_of_this_user() + limits["processes"])
    _lower(resource.RLIMIT_AS, limits["memory_mb"] * MEGABYTE)


def _lower(kind: int, value: int, highest: int = 0) -> None:
    if not value:
        return
    hard = resource.getrlimit(kind)[1]
    most = max(value, highest)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    # macOS refuses RLIMIT_AS; the wall clock still ends the child
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (min(value, limit), limit))


def threads_of_this_user() -> int:
    """Count what RLIMIT_NPROC counts: it is the user's total, not the number below this process."""
    return sum(_threads_of(pid) for pid in os.listdir("/proc") if pid.isdigit())


def _threads_of(pid: str) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task")) if os.stat(f"/proc/{pid}").st_uid == os.getuid() else 0
    except OSError:  # ended since it was listed
        return 0
