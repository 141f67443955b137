"""One Proctor at a time on a project: a lock in the user's cache that dies with its holder."""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from proctor.errors import ProjectError
from proctor.project.scratch import cache_dir


@contextmanager
def only_one(root: Path, base: Path | None = None) -> Iterator[None]:
    """Hold the project's lock for a `with` block; who has it already is named in the error."""
    from filelock import FileLock, Timeout

    place = _place(root, base)
    # flock: the kernel gives it back when the holder dies, however it dies.
    lock = FileLock(place, timeout=0)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise _already_running(root, place.with_suffix(".json")) from None
    except OSError as error:
        raise _no_lock(place, error) from error
    try:
        _sign(place.with_suffix(".json"))
        yield
    finally:
        lock.release()


def project_key(root: Path) -> str:
    """A name for the project's own files in the cache: equal for every path that leads to its folder."""
    real = os.path.realpath(root)
    return f"{os.path.basename(real) or 'root'}-{hashlib.sha256(os.fsencode(real)).hexdigest()[:12]}"


def _place(root: Path, base: Path | None) -> Path:
    return (cache_dir() if base is None else base) / "locks" / f"{project_key(root)}.lock"


def _sign(place: Path) -> None:
    """Say who holds the lock; only a courtesy, so that a full disk does not stop the run here."""
    record = {
        "pid": os.getpid(),
        "since": datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
        "command": " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:2]]),
    }
    with suppress(OSError):
        place.write_text(json.dumps(record), encoding="utf-8")


def _holder(place: Path) -> str:
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
        return f"process {record['pid']}, `{record['command']}`, since {record['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has not said who it is"


def _already_running(root: Path, place: Path) -> ProjectError:
    return ProjectError(
        f"{root}: another Proctor is at work on this project ({_holder(place)})",
        hint="wait until it has ended, or stop it",
        slug="already-running",
    )


def _no_lock(place: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"{place} cannot be locked: {error.strerror or error}",
        hint="set PROCTOR_CACHE_DIR to a folder that you may write in",
        slug="cannot-lock",
    )
