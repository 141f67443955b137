"""Watches the processes of acts from outside: all that carry an act's mark in their command line."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

MARK = re.compile(rb"battery-[a-z0-9-]+-[0-9a-f]{8}")
PAUSE_SECONDS = 0.02
MOUNT = b"hostile-mount"
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Sightings:
    """What was seen of one act's processes."""

    most_processes: int = 0
    most_memory: int = 0
    namespaces: dict[int, set[str]] = field(default_factory=dict)
    has_ring: bool = False
    has_mount: bool = False


class Watch:
    """A thread that looks at the list of processes until its `with` block ends."""

    def __init__(self) -> None:
        self._sightings: dict[str, Sightings] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_again, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def of(self, token: str) -> Sightings:
        """What was seen of this act so far."""
        return self._sightings.setdefault(token, Sightings())

    def _look_again(self) -> None:
        while not self._done.wait(PAUSE_SECONDS):
            self._look()

    def _look(self) -> None:
        found: dict[str, list[int]] = {}
        for pid, token in marked():
            found.setdefault(token, []).append(pid)
        for token, pids in found.items():
            seen = self.of(token)
            seen.most_processes = max(seen.most_processes, len(pids))
            for pid in pids[:20]:
                _note(seen, pid)


def marked() -> Iterator[tuple[int, str]]:
    """Every living process that carries the mark of an act, ourselves and zombies left out."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            mark = MARK.search(_read(Path("/proc", name, "cmdline")))
            if mark is not None:
                yield int(name), mark.group().decode()


def survivors(token: str, patience: float = 1.0) -> list[int]:
    """The act's processes that are still there after a moment: what was killed takes one to be gone."""
    pause = threading.Event()
    left = [pid for pid, mark in marked() if mark == token]
    while left and patience > 0:
        pause.wait(0.05)
        patience -= 0.05
        left = [pid for pid, mark in marked() if mark == token]
    return left


def end(pids: list[int]) -> None:
    """Kill what an act left behind."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _note(seen: Sightings, pid: int) -> None:
    place = Path("/proc", str(pid))
    fields = _read(place / "statm").split()
    if len(fields) > 1:
        seen.most_memory = max(seen.most_memory, int(fields[1]) * PAGE)
    seen.has_mount |= MOUNT in _read(place / "mountinfo")
    with suppress(OSError):
        # bwrap itself passes through several namespaces before the program runs
        if _read(place / "cmdline").partition(b"\0")[0].endswith(b"/python"):
            seen.namespaces.setdefault(pid, set()).add(os.readlink(place / "ns/user"))
        seen.has_ring |= any("io_uring" in os.readlink(link) for link in (place / "fd").iterdir())


def _read(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError:  # it ended, or is not ours to look at
        return b""
