"""Environments of the projects that end-to-end tests work on: built once, kept in the checkout's own cache."""

import fcntl
import hashlib
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from command_line import REPOSITORY
from uv import find_uv_bin

SHELF = REPOSITORY / ".cache/envs"
PYTHON = "{}.{}".format(*sys.version_info)
Made = TypeVar("Made")


def environment(requirements: str) -> Path:
    """The environment with these requirements, one a line; built when it is not there yet."""
    key = hashlib.sha256(f"{PYTHON}\n{requirements}".encode()).hexdigest()[:16]
    SHELF.mkdir(parents=True, exist_ok=True)
    place = SHELF / key
    with alone(SHELF / f"{key}.lock"):
        if not place.is_dir():
            _build(requirements, place)
    return place


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Workers of one test run, or two test runs, wait for each other; a lock ends with the process that held it."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(shared: Path, name: str, make: Callable[[Path], Made]) -> Made:
    """What `make` returns, given a folder of its own: called by one worker of a test run, read by the others."""
    folder, result = shared / name, shared / f"{name}.pickle"
    with alone(shared / f"{name}.lock"):
        if not result.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            result.write_bytes(pickle.dumps(make(folder)))
        made: Made = pickle.loads(result.read_bytes())
        return made


def _build(requirements: str, place: Path) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=".building-", dir=SHELF))
    try:
        base = getattr(sys, "_base_executable", sys.executable)
        # Scripts with the address of the temporary folder in them would not survive the renaming.
        _uv("venv", "--quiet", "--relocatable", "--allow-existing", "--python", base, str(unfinished))
        (unfinished / "requirements.txt").write_text(requirements)
        python, wanted = str(unfinished / "bin/python"), str(unfinished / "requirements.txt")
        _uv("pip", "install", "--quiet", "--compile-bytecode", "--python", python, "-r", wanted)
        os.rename(unfinished, place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _uv(*arguments: str) -> None:
    subprocess.run([find_uv_bin(), *arguments], check=True, stdin=subprocess.DEVNULL)
