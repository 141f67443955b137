"""Turns a command, a policy and a level of confinement into the request that the supervisor carries out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from proctor.execution.confinement import visible
from proctor.execution.confinement.bubblewrap import account_files, bubblewrap
from proctor.execution.confinement.policy import Confinement, Policy
from proctor.execution.confinement.request import Lock, Request
from proctor.execution.confinement.seatbelt import seatbelt

# git gives up when this file exists and cannot be read
WITHOUT_SYSTEM_CONFIGURATION: Final = {"GIT_CONFIG_NOSYSTEM": "1"}


def make_request(  # noqa: PLR0913 - what a program is started with, by name
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: str,
    descriptors: Sequence[int],
    policy: Policy,
    confinement: Confinement,
) -> Request:
    """Spell out what the level means for this child."""
    plain = Request(tuple(command), dict(environment), cwd, tuple(descriptors), _limits(policy))
    if confinement.level == "bwrap":
        return _in_bubblewrap(plain, policy, confinement.program)
    if confinement.level == "landlock":
        return plain._replace(lock=_lock(policy), environment=plain.environment | WITHOUT_SYSTEM_CONFIGURATION)
    if confinement.level == "seatbelt":
        return plain._replace(command=(*seatbelt(confinement.program, policy), *command))
    return plain


def _in_bubblewrap(plain: Request, policy: Policy, program: str) -> Request:
    free = max(*plain.descriptors, 2) + 1
    accounts = (free + 1, free + 2)
    words = bubblewrap(program, policy, plain.cwd, filter_at=free, accounts_at=accounts)
    files = tuple(zip(accounts, account_files(os.getuid(), os.getgid()), strict=True))
    return plain._replace(command=(*words, *plain.command), filter_at=free, files=files, is_monitor=True)


def _lock(policy: Policy) -> Lock:
    """Resolve what Landlock gets rules for; /proc is safe to read, as its secrets need the right to trace a process."""
    system = (*visible.SYSTEM_FOLDERS, *visible.SYSTEM_FILES, *visible.ACCOUNTS, visible.PROCESSORS, "/proc")
    readable = (*system, *(str(path) for path in policy.readable))
    writable = (*(str(path) for path in policy.writable), "/dev/shm")  # semaphores of multiprocessing live there
    return Lock(visible.without_nested(readable), visible.without_nested(writable), policy.sockets)


def _limits(policy: Policy) -> dict[str, int]:
    limits = policy.limits
    return {
        "memory_mb": limits.memory_mb,
        "cpu_seconds": limits.cpu_seconds,
        "file_mb": limits.file_mb,
        "processes": limits.processes,
    }
