"""What a tree looked like, so that a later look can prove that nothing else changed."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from proctor.project.walk import Found, walk_project

Kind = Literal["added", "removed", "modified", "mode", "touched"]
_THREADS = 4
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or link: the hash of its bytes (empty for what has none), its whole mode, where a link points.

    The time of the last change is kept for putting back; alone it makes no difference, as tools touch files.
    """

    sha256: str
    mode: int
    target: str
    mtime_ns: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """One file or folder that is not as it was."""

    path: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.path} ({self.kind})"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every file and folder of a tree by its path."""

    entries: Mapping[str, Entry]

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of all that is no folder, sorted."""
        return tuple(sorted(path for path, entry in self.entries.items() if not stat.S_ISDIR(entry.mode)))

    @property
    def digest(self) -> str:
        """One hash that stands for the whole tree."""
        whole = hashlib.sha256()
        for path, entry in sorted(self.entries.items()):
            fields = (path, entry.sha256, f"{entry.mode:o}", entry.target)
            # Names are bytes on disk and may not be UTF-8; NUL cannot be in any of the fields.
            whole.update("\0".join(fields).encode(errors="surrogateescape") + b"\0\0")
        return whole.hexdigest()

    def differences(self, other: "Manifest", *, with_touched: bool = False) -> tuple[Difference, ...]:
        """What changed from this manifest to the other, sorted by path; files only touched when they are asked for."""
        found = self._differences(other)
        return tuple(item for item in found if with_touched or item.kind != "touched")

    def _differences(self, other: "Manifest") -> Iterator[Difference]:
        for path in sorted(self.entries.keys() | other.entries.keys()):
            before, after = self.entries.get(path), other.entries.get(path)
            if before is None:
                yield Difference(path, "added")
            elif after is None:
                yield Difference(path, "removed")
            elif before != after:
                yield Difference(path, _kind(before, after))
            # A folder's time moves with all that comes and goes in it, which is told by itself.
            elif before.mtime_ns != after.mtime_ns and not stat.S_ISDIR(before.mode):
                yield Difference(path, "touched")


def take_manifest(root: Path, *, state_dir: str = ".proctor") -> Manifest:
    """Look at every file and folder below the root; links are recorded, not followed."""
    found = list(walk_project(str(root), state_dir=state_dir))
    batches = [found[start : start + _BATCH] for start in range(0, len(found), _BATCH)]
    # Reading and hashing release the interpreter lock; batches keep the hand-over cheap.
    with ThreadPoolExecutor(_THREADS) as pool:
        seen = [pair for batch in pool.map(_look_at_all, batches) for pair in batch]
    return Manifest(dict(seen))


def _kind(before: Entry, after: Entry) -> Literal["modified", "mode"]:
    same_content = (before.sha256, before.target) == (after.sha256, after.target)
    return "mode" if same_content and stat.S_IFMT(before.mode) == stat.S_IFMT(after.mode) else "modified"


def _look_at_all(batch: list[Found]) -> list[tuple[str, Entry]]:
    return [(found.path, entry) for found in batch if (entry := _look_at(found.entry)) is not None]


def _look_at(entry: os.DirEntry[str]) -> Entry | None:
    try:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            return Entry("", status.st_mode, os.readlink(entry.path), status.st_mtime_ns)
        # What is neither file nor link has no bytes of its own; opening a pipe could block for ever.
        content = _file_hash(entry.path, status) if stat.S_ISREG(status.st_mode) else ""
    except FileNotFoundError:
        return None  # gone between listing and looking
    return Entry(content, status.st_mode, "", status.st_mtime_ns)


def _file_hash(path: str, status: os.stat_result) -> str:
    try:
        with open(path, "rb", buffering=0, opener=_open_file) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except PermissionError:
        # Closed to us and to all we start; size and time still show a change from outside.
        return f"unreadable:{status.st_size}:{status.st_mtime_ns}"


def _open_file(path: str, flags: int) -> int:
    # What was a file when it was listed may be a pipe by now.
    return os.open(path, flags | os.O_NONBLOCK)
