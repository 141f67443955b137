"""The command line of bubblewrap for a policy: a file system that holds only what is needed, and no network."""

from __future__ import annotations

import os
from typing import Final

from proctor.execution.confinement import visible
from proctor.execution.confinement.policy import Policy

NAMESPACES: Final = ("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
HOST_NAME: Final = "sandbox"
MEGABYTE: Final = 1024 * 1024


def bubblewrap(program: str, policy: Policy, cwd: str, *, filter_at: int, accounts_at: tuple[int, int]) -> list[str]:
    """Give the words that stand before the command; the numbers are descriptors that bubblewrap reads and closes."""
    return [
        program,
        *NAMESPACES,
        *("--hostname", HOST_NAME),
        *_system(),
        *_accounts(accounts_at),
        *_volatile(policy),
        *_binds("--ro-bind", _readable(policy)),
        *_binds("--bind", visible.without_nested(tuple(str(path) for path in policy.writable))),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", cwd, "--seccomp", str(filter_at), "--"),
    ]


def account_files(user: int, group: int) -> tuple[str, str]:
    """Write the passwd and group files of a machine that has nobody but the user."""
    names = {0: "root", user: "user" if user else "root"}
    users = [f"{name}:x:{number}:{group if number == user else 0}::/:/bin/sh\n" for number, name in names.items()]
    groups = [f"{name}:x:{number}:\n" for number, name in {0: "root", group: "user" if group else "root"}.items()]
    return "".join(users), "".join(groups)


def _system() -> list[str]:
    places = (*visible.SYSTEM_FOLDERS, *visible.SYSTEM_FILES, visible.PROCESSORS)
    return [word for place in places if os.path.exists(place) for word in _shown(place)]


def _shown(place: str) -> list[str]:
    """Show a place of the system: a link into what is shown anyway stays a link, which is cheaper than a mount."""
    if os.path.islink(place) and visible.is_system(os.path.realpath(place)):
        return ["--symlink", os.readlink(place), place]
    return ["--ro-bind", place, place]


def _accounts(numbers: tuple[int, int]) -> list[str]:
    return [
        word
        for number, place in zip(numbers, visible.ACCOUNTS, strict=True)
        for word in ("--perms", "0444", "--file", str(number), place)
    ]


def _volatile(policy: Policy) -> list[str]:
    """Give places for temporary files that are in memory, and so have to have a size."""
    megabytes = policy.limits.file_mb
    size = ["--size", str(megabytes * MEGABYTE)] if megabytes else []
    return ["--proc", "/proc", "--dev", "/dev", *size, "--tmpfs", "/dev/shm", *size, "--tmpfs", "/tmp"]


def _readable(policy: Policy) -> tuple[str, ...]:
    writable = {str(path) for path in policy.writable}  # bound with more rights
    seen = tuple(str(path) for path in policy.readable if str(path) not in writable)
    return visible.outside_system(visible.without_nested(seen))


def _binds(how: str, paths: list[str] | tuple[str, ...]) -> list[str]:
    return [word for path in paths for word in (how, path, path)]
