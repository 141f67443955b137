"""Copies of the project to work in, in the user's cache, gone when their owner is: at the latest at the next start."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from proctor.errors import ProjectError
from proctor.project.copying import FileCopier
from proctor.project.globs import matcher
from proctor.project.owners import orphans, owned_name, remove_folder
from proctor.project.walk import Found, walk_project


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry of the project that the copy does not have."""

    path: str
    reason: Literal["link leaves the project", "not a file", "not readable"]


@dataclass(slots=True)
class ScratchCopy:
    """A copy of the project for one `with` block; `path` is its folder, `left_out` what could not come along."""

    root: Path
    path: Path
    state_dir: str
    ignore: Sequence[str]
    left_out: tuple[LeftOut, ...] = field(default=(), init=False)

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, mode=0o700)
            self.path.mkdir()
            self.left_out = tuple(self._copy())
        except BaseException as error:  # whatever stops the copying, a Ctrl-C too, must not leave half a copy
            remove_folder(self.path.parent)
            if isinstance(error, OSError):
                raise _cannot_copy(self.root, self.path, error) from error
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not remove_folder(self.path.parent) and error is None:
            raise ProjectError(
                f"the scratch copy {self.path.parent} cannot be removed",
                hint="end what still uses it; the next start removes it, or do it by hand",
                slug="scratch-not-removed",
            )

    def _copy(self) -> list[LeftOut]:
        root, copier, ignored = os.path.realpath(self.root), FileCopier(), matcher(self.ignore)
        home = os.path.realpath(self.path.parent.parent)

        def leave_out(path: str) -> bool:
            # The cache may lie inside the project: a copy must not hold itself.
            return os.path.basename(path) == ".git" or os.path.join(root, path) == home or ignored(path)

        left_out = []
        for found in walk_project(root, state_dir=self.state_dir, leave_out=leave_out):
            reason = _copy_one(found, root, str(self.path), copier)
            if reason is not None:
                left_out.append(LeftOut(found.path, reason))
        return sorted(left_out, key=lambda left: left.path)


def scratch_copy(
    root: Path, ignore: Sequence[str] = (), base: Path | None = None, *, state_dir: str = ".proctor"
) -> ScratchCopy:
    """A copy of the project, for a `with` block: without git's files, environments and what `ignore` covers."""
    # The copy keeps the folder's name: some projects look at it.
    return ScratchCopy(root, _home(base) / owned_name() / (root.resolve().name or "project"), state_dir, ignore)


def sweep_stale(base: Path | None = None) -> tuple[Path, ...]:
    """Remove the scratch copies whose owner is gone; the folders that were removed."""
    return tuple(folder for folder in orphans(_home(base)) if remove_folder(folder))


def cache_dir() -> Path:
    """Where Proctor keeps what may be thrown away: PROCTOR_CACHE_DIR, else the user's cache folder."""
    import platformdirs

    chosen = os.environ.get("PROCTOR_CACHE_DIR")
    return Path(chosen).absolute() if chosen else Path(platformdirs.user_cache_dir("proctor"))


def _home(base: Path | None) -> Path:
    return (cache_dir() if base is None else base) / "scratch"


def _copy_one(
    found: Found, root: str, copy: str, copier: FileCopier
) -> Literal["link leaves the project", "not a file", "not readable"] | None:
    target = os.path.join(copy, found.path)
    try:
        mode = found.entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            return _copy_link(found, root, target)
        if stat.S_ISDIR(mode):
            os.mkdir(target)
        elif stat.S_ISREG(mode):
            copier.copy(found.entry.path, target, mode)
        else:
            return "not a file"
    except FileNotFoundError:
        return None  # it went away meanwhile
    except PermissionError:
        return "not readable"
    return None


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


def _cannot_copy(root: Path, path: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"{root} cannot be copied to {path}: {error.strerror or error}",
        hint="make room there, or set PROCTOR_CACHE_DIR to a folder that you may write in",
        slug="cannot-copy",
    )
