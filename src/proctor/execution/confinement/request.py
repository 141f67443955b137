"""What the supervisor is asked to start, as it crosses the socket; standard library only, as the supervisor is."""

from __future__ import annotations

import json
from typing import NamedTuple


class Lock(NamedTuple):
    """What Landlock and the filter of system calls leave to a child."""

    readable: tuple[str, ...]
    writable: tuple[str, ...]
    sockets: str


class Request(NamedTuple):
    """A program to start and how: every path is absolute, and every level of confinement is spelt out by now.

    `descriptors` are the child's numbers for the descriptors that come along; `files` are small texts that the child
    finds open at their numbers, and `filter_at` is the number of the filter that the program itself puts into force.
    `is_monitor` says that the program watches over the one that is meant, and ends it when it is asked to end.
    """

    command: tuple[str, ...]
    environment: dict[str, str]
    cwd: str
    descriptors: tuple[int, ...]
    limits: dict[str, int]
    lock: Lock | None = None
    filter_at: int = -1
    files: tuple[tuple[int, str], ...] = ()
    is_monitor: bool = False

    def encoded(self) -> bytes:
        """The request as JSON."""
        return json.dumps(self._asdict()).encode()


def decoded(text: bytes) -> Request:
    """Read a request back."""
    fields = json.loads(text)
    lock = fields.pop("lock")
    return Request(**fields, lock=Lock(*lock) if lock is not None else None)
