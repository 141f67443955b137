"""Copies a project's tree: what belongs to it and nothing that leads out of it; what stays behind is named."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from proctor.project.bulk import ignored_by_git
from proctor.project.copying import FileCopier
from proctor.project.globs import matcher
from proctor.project.walk import Found, walk_project

BULK_MB = 32
_FIRST_WORD, _NEXT_WORD = 1.0, 5.0
Reason = Literal["link leaves the project", "not a file", "not readable", "large and ignored by git"]
Say = Callable[[str], None]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class CopyRules:
    """What is not copied: the state folder's runs, what the patterns cover, larger files that git ignores."""

    state_dir: str = ".proctor"
    ignore: tuple[str, ...] = ()
    bulk_mb: int = BULK_MB


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry of the project that the copy does not have."""

    path: str
    reason: Reason

    def __str__(self) -> str:
        return f"{self.path} ({self.reason})"


@dataclass(slots=True)
class Replica:
    """One copy in the making, from `root` to the empty folder `target`."""

    root: str
    target: str
    rules: CopyRules
    say: Say
    clock: Clock
    copied: int = field(default=0, init=False)
    left_out: list[LeftOut] = field(default_factory=list, init=False)
    _copier: FileCopier = field(default_factory=FileCopier, init=False)
    _bulk: list[Found] = field(default_factory=list, init=False)
    _speak_at: float = field(default=0.0, init=False)

    def make(self, *, without: str) -> tuple[LeftOut, ...]:
        """Copy everything but the folder `without`, and name what could not or should not come along."""
        self._speak_at = self.clock() + _FIRST_WORD
        for found in walk_project(self.root, state_dir=self.rules.state_dir, leave_out=self._leave_out(without)):
            self._take(found)
        self._take_bulk()
        return tuple(sorted(self.left_out, key=lambda left: left.path))

    def _leave_out(self, without: str) -> Callable[[str], bool]:
        ignored = matcher(self.rules.ignore)

        def leave_out(path: str) -> bool:
            # The cache may lie inside the project: a copy must not hold itself.
            return os.path.basename(path) == ".git" or os.path.join(self.root, path) == without or ignored(path)

        return leave_out

    def _take(self, found: Found, *, also_bulk: bool = False) -> None:
        try:
            status = found.entry.stat(follow_symlinks=False)
            is_bulk = stat.S_ISREG(status.st_mode) and status.st_size > self.rules.bulk_mb << 20
            if is_bulk and not also_bulk:
                self._bulk.append(found)
                return
            reason = self._copy_one(found, status.st_mode)
        except FileNotFoundError:
            return  # it went away meanwhile
        except PermissionError:
            reason = "not readable"
        if reason is not None:
            self.left_out.append(LeftOut(found.path, reason))
        self._tell()

    def _take_bulk(self) -> None:
        """Git is asked once, and only where there are large files."""
        ignored = ignored_by_git(self.root, [found.path for found in self._bulk])
        for found in self._bulk:
            if found.path in ignored:
                self.left_out.append(LeftOut(found.path, "large and ignored by git"))
            else:
                self._take(found, also_bulk=True)

    def _copy_one(self, found: Found, mode: int) -> Reason | None:
        target = os.path.join(self.target, found.path)
        if stat.S_ISLNK(mode):
            return _copy_link(found, self.root, target)
        if stat.S_ISDIR(mode):
            os.mkdir(target)
            return None if os.access(found.entry.path, os.R_OK | os.X_OK) else "not readable"
        if not stat.S_ISREG(mode):
            return "not a file"
        self._copier.copy(found.entry.path, target, mode)
        self.copied += 1
        return None

    def _tell(self) -> None:
        now = self.clock()
        if now >= self._speak_at:
            self._speak_at = now + _NEXT_WORD
            self.say(f"Copying the project: {self.copied} files so far...")


def _copy_link(found: Found, root: str, target: str) -> Literal["link leaves the project"] | None:
    points_to = os.readlink(found.entry.path)
    real = os.path.realpath(found.entry.path)
    if os.path.commonpath([real, root]) != root:
        return "link leaves the project"
    lexical = os.path.normpath(os.path.join(os.path.dirname(found.path), points_to))
    if os.path.isabs(points_to) or lexical.startswith(".."):
        # As it stands, it would lead from the copy back into the user's own tree.
        points_to = os.path.relpath(real, os.path.dirname(os.path.join(root, found.path)))
    os.symlink(points_to, target)
    return None
