"""The first code of every child: limits the process, makes the probe importable, then runs what `python ARGS` would.

Its folder is taken off the import path again, so the project's imports find the project's modules and nothing of ours.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import resource
import runpy
import sys
import types
from typing import Final

PROBE_PACKAGE: Final = "proctor_probe"
MEGABYTE: Final = 1024 * 1024


def main(argv: list[str]) -> None:
    """Run `-m MODULE`, `-c CODE` or a script under the limits that come first, as JSON."""
    folder = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.realpath(sys.path[0]) == os.path.realpath(folder):
        del sys.path[0]
    set_limits(json.loads(argv[1]))
    register_probe(folder)
    run(argv[2:])


def set_limits(limits: dict[str, int]) -> None:
    """Lower this process's resource limits; a limit of 0 is left alone."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    _lower(resource.RLIMIT_AS, limits["memory_mb"] * MEGABYTE)
    _lower(resource.RLIMIT_CPU, limits["cpu_seconds"])
    _lower(resource.RLIMIT_FSIZE, limits["file_mb"] * MEGABYTE)
    if limits["processes"] and os.path.isdir("/proc/self/task"):
        _lower(resource.RLIMIT_NPROC, _threads_of_this_user() + limits["processes"])


def _lower(kind: int, value: int) -> None:
    if not value:
        return
    hard = resource.getrlimit(kind)[1]
    limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
    # macOS refuses RLIMIT_AS; the parent's wall clock still ends the child
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (limit, limit))


def _threads_of_this_user() -> int:
    """Count what RLIMIT_NPROC counts: it is the user's total, not the number below this process."""
    return sum(_threads_of(pid) for pid in os.listdir("/proc") if pid.isdigit())


def _threads_of(pid: str) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task")) if os.stat(f"/proc/{pid}").st_uid == os.getuid() else 0
    except OSError:  # ended since it was listed
        return 0


def register_probe(folder: str) -> None:
    """Make `proctor_probe` importable under a name that no project uses, without an entry on the import path."""
    location = os.path.join(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location(PROBE_PACKAGE, location, submodule_search_locations=[folder])
    if spec is None or spec.loader is None:
        raise ImportError(f"{location} cannot be loaded")
    package = importlib.util.module_from_spec(spec)
    sys.modules[PROBE_PACKAGE] = package
    spec.loader.exec_module(package)


def run(args: list[str]) -> None:
    """Run what `python ARGS` would, except that the working directory is not put on the import path."""
    if args[0] == "-m":
        sys.argv = args[1:]
        runpy.run_module(args[1], run_name="__main__", alter_sys=True)
    elif args[0] == "-c":
        _run_code(args)
    else:
        sys.argv = list(args)
        sys.path.insert(0, os.path.dirname(os.path.abspath(args[0])))
        runpy.run_path(args[0], run_name="__main__")


def _run_code(args: list[str]) -> None:
    sys.argv = ["-c", *args[2:]]
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    exec(compile(args[1], "<string>", "exec"), module.__dict__)


if __name__ == "__main__":
    main(sys.argv)
