"""Landlock from Python: the kernel takes rights away from this process and all it starts, without help from root.

Standard library only, so that a process of the project's own interpreter can lock itself in, too.
"""

from __future__ import annotations

import ctypes
import functools
import os
import stat
import struct
from collections.abc import Iterable
from typing import Final

from .privileges import forbid_new_privileges

NEWEST_KNOWN_ABI: Final = 7
# the same numbers on every architecture that Landlock runs on
CREATE_RULESET: Final = 444
ADD_RULE: Final = 445
RESTRICT_SELF: Final = 446
VERSION_FLAG: Final = 1
PATH_BENEATH: Final = 1

EXECUTE: Final = 1 << 0
WRITE_FILE: Final = 1 << 1
READ_FILE: Final = 1 << 2
READ_DIR: Final = 1 << 3
REMOVE_DIR: Final = 1 << 4
REMOVE_FILE: Final = 1 << 5
MAKE_DIR: Final = 1 << 7
MAKE_REG: Final = 1 << 8
MAKE_SOCK: Final = 1 << 9
MAKE_FIFO: Final = 1 << 10
MAKE_SYM: Final = 1 << 12
REFER: Final = 1 << 13
TRUNCATE: Final = 1 << 14
IOCTL_DEVICE: Final = 1 << 15
FIRST_ABI_RIGHTS: Final = (1 << 13) - 1  # devices included: handled and granted nowhere

READING: Final = EXECUTE | READ_FILE | READ_DIR
MAKING: Final = MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM
WRITING: Final = READING | WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKING | REFER
DEVICE: Final = READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEVICE
FILE_RIGHTS: Final = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE

TCP: Final = 0b11  # bind and connect
SCOPE_ABSTRACT_SOCKETS: Final = 1 << 0
SCOPE_SIGNALS: Final = 1 << 1
SCOPES: Final = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS

DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")

# What this ABI brought, as a child without it would tell of it: "it was not kept from ..."
HELD_SINCE: Final = (
    (1, "reading and writing files elsewhere"),
    (3, "cutting short files elsewhere"),
    (5, "ioctl on devices"),
    (6, "signals to foreign processes"),
    (6, "abstract unix sockets of foreign processes"),
)
NEVER_HELD: Final = ("modes, times and owners of files elsewhere",)


def abi() -> int:
    """Ask the kernel which version of Landlock it has; 0 is none."""
    try:
        return _call(CREATE_RULESET, None, 0, VERSION_FLAG)
    except OSError:  # not built in, switched off at boot, or refused by an outer filter
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], sockets: str = "none") -> tuple[str, ...]:
    """Lock this process in for good and name what this kernel's Landlock cannot keep it from.

    Paths are folders with all below them, or files; a missing one is left out. Raises OSError without Landlock.
    """
    version = min(abi(), NEWEST_KNOWN_ABI)
    handled = handled_files(version)
    ruleset = _create(handled, _handled_tcp(version, sockets), SCOPES if version >= 6 else 0)
    try:
        for path in readable:
            _allow(ruleset, path, READING & handled)
        for path in writable:
            _allow(ruleset, path, WRITING & handled)
        for name in DEVICES:
            _allow(ruleset, "/dev/" + name, (DEVICE | READ_DIR) & handled)
        _enter(ruleset)
    finally:
        os.close(ruleset)
    return not_held(version, sockets)


def scope_signals(*, keep_refer: bool) -> bool:
    """Let this process and all it starts signal only each other, and say whether the kernel can do that.

    With `keep_refer` a later ruleset may still grant renames between folders; mounting is then refused.
    """
    if abi() < 6:
        return False
    # before Linux 6.13 a layer that handles no files counts as one that refuses such renames to the layers above it
    ruleset = _create(REFER if keep_refer else 0, 0, SCOPE_SIGNALS)
    try:
        if keep_refer:
            _allow(ruleset, "/", REFER)
        _enter(ruleset)
    finally:
        os.close(ruleset)
    return True


def handled_files(version: int) -> int:
    """Name the rights to files that an ABI version can take away, as bits."""
    newer = ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEVICE))
    return sum((right for since, right in newer if version >= since), FIRST_ABI_RIGHTS)


def not_held(version: int, sockets: str) -> tuple[str, ...]:
    """Say what an ABI version leaves open; TCP without `sockets` is also held by the filter of system calls."""
    gaps = [what for since, what in HELD_SINCE if version < since]
    network = ["the network beyond this machine"] if sockets == "loopback" else []
    return (*gaps, *network, *NEVER_HELD)


def _handled_tcp(version: int, sockets: str) -> int:
    """Take TCP away as a whole: rules know ports and no addresses, so loopback alone cannot be granted."""
    return TCP if version >= 4 and sockets != "loopback" else 0


def _create(files: int, tcp: int, scopes: int) -> int:
    attributes = struct.pack("=QQQ", files, tcp, scopes)
    size = 24 if scopes else 16 if tcp else 8  # an older kernel takes only the fields it knows
    return _call(CREATE_RULESET, attributes, size, 0)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, or not for us anyway
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= FILE_RIGHTS
        _call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _enter(ruleset: int) -> None:
    forbid_new_privileges()
    _call(RESTRICT_SELF, ruleset, 0)


@functools.lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def _call(number: int, *arguments: object) -> int:
    library = _library()
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result: int = library.syscall(ctypes.c_long(number), *given)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
