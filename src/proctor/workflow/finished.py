"""The finished calls of a journal, as a run looks them up: read at once when the run starts, parsed when wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from proctor.workflow.records import TaskResult

Address: TypeAlias = tuple[str, int]
"""The key of a call and its occurrence: the third equal call has occurrence 3."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished call as it lies in the journal; the content of one that was too much to keep is read when wanted."""

    number: int
    digest: str
    content: bytes | None


def read_entry(content: bytes, digest: str) -> TaskResult:
    """Rebuild a result, or raise ValueError when the entry is not what was written."""
    if content_digest(content) != digest:
        raise ValueError("the entry is not what was written")
    return TaskResult.from_json_bytes(content)


def content_digest(content: bytes) -> str:
    """Return the check sum of an entry."""
    return hashlib.sha256(content).hexdigest()


class Finished:
    """The newest reusable entry of each call; a damaged one is counted and taken as missing."""

    def __init__(
        self,
        entries: Iterable[tuple[Address, Entry]],
        read_content: Callable[[int], bytes | None],
        count_damage: Callable[[], None],
    ) -> None:
        self._entries: dict[Address, Entry] = {}
        for address, entry in entries:
            self._entries.setdefault(address, entry)
        self._read_content = read_content
        self._count_damage = count_damage

    def __len__(self) -> int:
        return len(self._entries)

    def take(self, key: str, occurrence: int) -> TaskResult | None:
        """Return the result of a call and forget it here: a run asks for each of its calls once."""
        entry = self._entries.pop((key, occurrence), None)
        return None if entry is None else self._read(entry)

    def _read(self, entry: Entry) -> TaskResult | None:
        content = self._read_content(entry.number) if entry.content is None else entry.content
        try:
            return read_entry(content or b"", entry.digest)
        except ValueError:
            self._count_damage()
            return None
