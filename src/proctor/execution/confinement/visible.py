"""What of the operating system every confined program may read: programs and libraries, and no secret of a user."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from typing import Final

SYSTEM_FOLDERS: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# no passwords, no keys, no list of machines
SYSTEM_FILES: Final = (
    *("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/timezone", "/etc/mime.types"),
    *("/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted"),
    *("/etc/nsswitch.conf", "/etc/hosts", "/etc/services", "/etc/os-release"),
)
ACCOUNTS: Final = ("/etc/passwd", "/etc/group")
PROCESSORS: Final = "/sys/devices/system/cpu"


@functools.lru_cache(maxsize=64)
def without_nested(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the paths that exist and lie in none of the others, each under its own name and its real one."""
    named = {name for path in paths if os.path.exists(path) for name in (os.path.abspath(path), os.path.realpath(path))}
    return tuple(path for path in sorted(named) if not any(is_inside(path, other) for other in named if other != path))


def is_inside(path: str, folder: str) -> bool:
    """Whether an absolute path lies below a folder, or is it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def outside_system(paths: Iterable[str]) -> tuple[str, ...]:
    """Leave out what lies in the folders that every program sees."""
    return tuple(path for path in paths if not is_system(path))


def is_system(path: str) -> bool:
    """Whether an absolute path lies in a folder that every program sees."""
    return any(is_inside(path, folder) for folder in SYSTEM_FOLDERS)


def program_hops(program: str) -> tuple[str, ...]:
    """List the names that a program goes by until there is no link any more: an environment's Python is a link."""
    names = [os.path.abspath(program)]
    while os.path.islink(names[-1]) and len(names) < 40:
        target = os.path.join(os.path.dirname(names[-1]), os.readlink(names[-1]))
        names.append(os.path.abspath(target))
    return tuple(names)
