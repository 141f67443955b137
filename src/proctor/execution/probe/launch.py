"""The first code of every child: makes the probe importable, then runs what `python ARGS` would.

Its folder is taken off the import path again, so the project's imports find the project's modules and nothing of ours.
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
import types
from typing import Final

PROBE_PACKAGE: Final = "proctor_probe"


def main(argv: list[str]) -> None:
    """Run `-m MODULE`, `-c CODE` or a script."""
    folder = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.realpath(sys.path[0]) == os.path.realpath(folder):
        del sys.path[0]
    register_probe(folder)
    run(argv[1:])


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
