"""Copies of the project to work in, in the user's cache, gone when their owner is: at the latest at the next start."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from proctor.errors import ProjectError
from proctor.project.owners import orphans, owned_name, remove_folder
from proctor.project.replica import BULK_MB, Clock, CopyRules, LeftOut, Replica, Say


@dataclass(slots=True)
class ScratchCopy:
    """A copy of the project for one `with` block; `path` is its folder, `left_out` what could not come along."""

    root: Path
    path: Path
    rules: CopyRules
    say: Say
    clock: Clock
    left_out: tuple[LeftOut, ...] = field(default=(), init=False)

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, mode=0o700)
            self.path.mkdir()
            self.left_out = self._copy()
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

    def _copy(self) -> tuple[LeftOut, ...]:
        replica = Replica(os.path.realpath(self.root), str(self.path), self.rules, self.say, self.clock)
        return replica.make(without=os.path.realpath(self.path.parent.parent))


def scratch_copy(  # noqa: PLR0913 - the rules by name, and what is passed in for tests
    root: Path,
    ignore: Sequence[str] = (),
    base: Path | None = None,
    *,
    state_dir: str = ".proctor",
    bulk_mb: int = BULK_MB,
    say: Say = lambda _: None,
    clock: Clock = time.monotonic,
) -> ScratchCopy:
    """A copy of the project, for a `with` block: without git's files, environments, and what the rules leave out."""
    # The copy keeps the folder's name: some projects look at it.
    place = _home(base) / owned_name() / (root.resolve().name or "project")
    return ScratchCopy(root, place, CopyRules(state_dir, tuple(ignore), bulk_mb), say, clock)


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


def _cannot_copy(root: Path, path: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"{root} cannot be copied to {path}: {error.strerror or error}",
        hint="make room there, or set PROCTOR_CACHE_DIR to a folder that you may write in",
        slug="cannot-copy",
    )
