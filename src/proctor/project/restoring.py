"""Puts back what can be put back without loss, and lays what a changed file held before on a shelf beside the project.

A difference may be the user's own edit. So nothing that is there is ever overwritten or removed: a file that is gone
comes back, a mode is set back, and what was edited stays as it is.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

from proctor.project.descent import FOLDER, NEW_FILE, OLD_FILE, open_at, opened_parent
from proctor.project.earlier import Earlier
from proctor.project.lock import project_key
from proctor.project.manifest import Difference, Entry
from proctor.project.scratch import cache_dir

Outcome = Literal["put back", "shelved", "left"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of each difference, by path; `shelf` is the folder with the earlier bytes of what was edited."""

    put_back: tuple[str, ...]
    shelved: tuple[str, ...]
    left: tuple[str, ...]
    shelf: Path | None


@dataclass(slots=True)
class Restorer:
    """Restores one project after one run."""

    root: Path
    earlier: Earlier
    base: Path | None = None
    _shelf: Path | None = field(default=None, init=False)

    def restore(self, differences: Iterable[Difference]) -> Restored:
        """Deal with each difference, folders before what is in them."""
        outcomes: dict[Outcome, list[str]] = {"put back": [], "shelved": [], "left": []}
        root = os.open(self.root, FOLDER & ~os.O_NOFOLLOW)
        try:
            for item in sorted(differences, key=lambda item: item.path):
                outcomes[self._restore(root, item)].append(item.path)
            # Innermost first and only now: a folder's own mode may close it to us.
            for path in reversed(outcomes["put back"]):
                self._set_mode(root, path)
        finally:
            os.close(root)
        put_back, shelved, left = (tuple(paths) for paths in outcomes.values())
        return Restored(put_back, shelved, left, self._shelf)

    def _restore(self, root: int, item: Difference) -> Outcome:
        if item.kind == "mode":
            return "put back" if self._set_mode(root, item.path) else "left"
        if item.kind == "removed" and self._bring_back(root, item.path):
            return "put back"
        if item.kind in ("removed", "modified"):
            # A mode may have closed it to us, so that it seemed to be gone or to hold something else.
            is_opened = self._set_mode(root, item.path)
            if self._is_as_before(root, item.path):
                return "put back" if is_opened else "left"
            return "shelved" if self._lay_on_shelf(item.path) else "left"
        return "left"

    def _is_as_before(self, root: int, path: str) -> bool:
        entry = self.earlier.manifest.entries[path]
        try:
            with opened_parent(root, path) as folder:
                there = os.stat(PurePosixPath(path).name, dir_fd=folder, follow_symlinks=False)
                if stat.S_IFMT(there.st_mode) != stat.S_IFMT(entry.mode) or stat.S_ISLNK(entry.mode):
                    return False
                if not stat.S_ISREG(entry.mode):
                    return True
                with open(PurePosixPath(path).name, "rb", opener=partial(open_at, folder, OLD_FILE)) as file:
                    return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
        except OSError:  # gone, or closed to us in some other way
            return False

    def _bring_back(self, root: int, path: str) -> bool:
        entry = self.earlier.manifest.entries[path]
        try:
            with opened_parent(root, path) as folder:
                return self._make(folder, PurePosixPath(path).name, path, entry)
        except OSError:  # it is there and was only hidden, or somebody was quicker, or the folder is closed or gone
            return False

    def _make(self, folder: int, name: str, path: str, entry: Entry) -> bool:
        if stat.S_ISDIR(entry.mode):
            os.mkdir(name, 0o700, dir_fd=folder)
        elif stat.S_ISLNK(entry.mode):
            os.symlink(entry.target, name, dir_fd=folder)
        else:
            content = self.earlier.content(path) if stat.S_ISREG(entry.mode) else None
            if content is None:
                return False
            _write_new(folder, name, content)
        os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=folder, follow_symlinks=False)
        return True

    def _lay_on_shelf(self, path: str) -> bool:
        entry = self.earlier.manifest.entries[path]
        content = self.earlier.content(path) if stat.S_ISREG(entry.mode) else None
        if content is None and not stat.S_ISLNK(entry.mode):
            return False
        try:
            place = self._open_shelf() / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                place.symlink_to(entry.target)
            else:
                place.write_bytes(content)
        except OSError:  # a full disk; the file is named as one that could not be kept
            return False
        return True

    def _open_shelf(self) -> Path:
        # In the cache and not in the project: what a file held may be a secret that nobody wants to commit.
        if self._shelf is None:
            home = (cache_dir() if self.base is None else self.base) / "kept"
            home.mkdir(parents=True, exist_ok=True)
            self._shelf = Path(tempfile.mkdtemp(prefix=f"{project_key(self.root)}-", dir=home))
        return self._shelf

    def _set_mode(self, root: int, path: str) -> bool:
        """Whether the mode was another one and is the earlier one now."""
        mode = self.earlier.manifest.entries[path].mode
        try:
            with opened_parent(root, path) as folder:
                return _set_mode(folder, PurePosixPath(path).name, mode)
        except OSError:  # not ours to change, or gone again
            return False


def _write_new(folder: int, name: str, content: bytes) -> None:
    with open(name, "wb", opener=partial(open_at, folder, NEW_FILE)) as file:
        file.write(content)


def _set_mode(folder: int, name: str, mode: int) -> bool:
    """Set a mode without following a link and without the right to read, which the mode may have taken."""
    there = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if there == mode or stat.S_ISLNK(mode) or stat.S_IFMT(there) != stat.S_IFMT(mode):
        return False  # nothing to set; a link has no mode of its own
    if not hasattr(os, "O_PATH"):
        os.chmod(name, stat.S_IMODE(mode), dir_fd=folder, follow_symlinks=False)
        return True
    held = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        # Looked at once more through what is held: a link may have taken the place just now.
        if stat.S_IFMT(os.fstat(held).st_mode) == stat.S_IFMT(mode):
            os.chmod(f"/proc/self/fd/{held}", stat.S_IMODE(mode))
    finally:
        os.close(held)
    return True
