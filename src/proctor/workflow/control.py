"""Requests to a running run from another process: a named pipe for each run, so that nobody has to look for them.

The pipe also tells whether a run is alive: one that was killed leaves it behind, but nobody listens at its end.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from proctor.errors import JournalError, RunPaused
from proctor.workflow.run import Run

Verb: TypeAlias = Literal["stop", "pause"]

_MOST_BYTES = 4096


@contextmanager
def listening(folder: Path, run: Run) -> Iterator[None]:
    """Let others stop and pause the run while the block lasts; where the system has no named pipes, nobody can."""
    if not hasattr(os, "mkfifo"):
        yield
        return
    place = _made(folder, run.run_id)
    # opened for writing as well, or the pipe would be at its end whenever the last sender has gone
    end = os.open(place, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    loop = asyncio.get_running_loop()
    loop.add_reader(end, lambda: _obey(run, os.read(end, _MOST_BYTES)))
    try:
        yield
    finally:
        loop.remove_reader(end)
        place.unlink(missing_ok=True)
        os.close(end)


def send(folder: Path, run_id: str, verb: Verb) -> bool:
    """Ask a run to stop or to pause; False when no such run is going on."""
    return _written(folder / run_id, f"{verb}\n".encode())


def is_alive(folder: Path, run_id: str) -> bool:
    """Tell whether the run is going on in some process of this machine."""
    return _written(folder / run_id, b"")


def _made(folder: Path, run_id: str) -> Path:
    place = folder / run_id
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        os.mkfifo(place, 0o600)
    except OSError as error:
        raise JournalError(
            f"{place}: the pipe for requests to the run cannot be made: {error}",
            hint="check permissions and free space of Proctor's cache folder",
            slug="control-unusable",
        ) from error
    return place


def _written(place: Path, text: bytes) -> bool:
    try:
        end = os.open(place, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT, errno.ENOTDIR):  # nobody listens, or there is no such run
            return False
        raise
    with os.fdopen(end, "wb", buffering=0) as pipe:
        pipe.write(text)
    return True


def _obey(run: Run, said: bytes) -> None:
    verbs = said.decode(errors="replace").split()
    if "stop" in verbs:
        run.stop()
    elif set(verbs) & set(get_args(Verb)):
        run.pause(
            RunPaused("paused on request", hint=f"go on with: proctor resume {run.run_id}", slug="paused-on-request")
        )
