"""The only code that writes in the user's repository: allowed paths, whole files, nothing overwritten unseen."""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from proctor.errors import ConstraintViolation, ProjectError
from proctor.project.changes import Change, content_hash
from proctor.project.descent import NEW_FILE, OLD_FILE, open_at, opened_parent
from proctor.project.gate.judging import OutputGate
from proctor.project.globs import matcher
from proctor.project.walk import walk_project

_PREFIX, _SUFFIX = ".", ".proctor-new"


@dataclass(frozen=True, slots=True)
class GuardedWriter:
    """Writes changes below the root where one of the allowed patterns covers their path."""

    root: Path
    allowed: tuple[str, ...]
    gate: OutputGate = field(default_factory=OutputGate)

    def apply(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """Check every change, then write them in order; the paths of those that changed a file."""
        with _guarding(self.root, "."), _locked(self.root) as root:
            self._check(root, changes)
            return tuple(change.path for change in changes if _write(root, self.root, change))

    def remove_leftovers(self) -> tuple[str, ...]:
        """Remove the temporary files of a writer that was killed, and say which these were."""
        with _guarding(self.root, "."), _locked(self.root) as root:
            leftovers = sorted(self._leftovers())
            for path in leftovers:
                with _guarding(self.root, path), opened_parent(root, path) as folder:
                    os.unlink(PurePosixPath(path).name, dir_fd=folder)
        return tuple(leftovers)

    def _leftovers(self) -> Iterator[str]:
        covers = matcher(self.allowed)
        for found in walk_project(str(self.root), state_dir=""):
            written_for = _written_for(found.path)
            if written_for and covers(written_for) and found.entry.is_file(follow_symlinks=False):
                yield found.path

    def _check(self, root: int, changes: Sequence[Change]) -> None:
        covers = matcher(self.allowed)
        planned: dict[str, bytes | None] = {}
        for change in changes:
            self._check_place(change.path, covers)
            with _guarding(self.root, change.path):
                now = planned[change.path] if change.path in planned else _bytes_there(root, change.path)
            _check_content(self.root, change, now)
            self._check_text(change, now)
            planned[change.path] = change.content.encode()

    def _check_text(self, change: Change, now: bytes | None) -> None:
        violations = self.gate.judge(change.path, change.content, (now or b"").decode(errors="replace"))
        if violations:
            raise ConstraintViolation(
                f"{violations[0]}, so it is not written to {self.root}",
                hint="this is a fault of what made the text: report it, with the line that is named",
                slug="output-refused",
            )

    def _check_place(self, path: str, covers: Callable[[str], bool]) -> None:
        if not covers(path):
            raise ConstraintViolation(
                f"{path} in {self.root} may not be written",
                hint=f"allowed are: {', '.join(self.allowed) or 'no files at all'}",
                slug="path-not-allowed",
            )
        for part in (PurePosixPath(path), *PurePosixPath(path).parents):
            # A link inside the project is refused as well: it leads past the allowed patterns.
            if (self.root / part).is_symlink() and part != PurePosixPath():
                raise ConstraintViolation(
                    f"{path} in {self.root} leads through the link {part}",
                    hint="replace the link by a real file or folder, or choose another place for what is written",
                    slug="path-leaves-project",
                )


def _check_content(root: Path, change: Change, now: bytes | None) -> None:
    if now == change.content.encode() or _hash(now) == change.replaces:
        return
    raise ProjectError(
        f"{change.path} in {root} is not what it was when the change was made",
        hint="nothing was overwritten; run again to start from the file as it is now",
        slug="file-changed-meanwhile",
    )


def _write(root: int, shown: Path, change: Change) -> bool:
    """Put the whole file in place at once; False where it is there already."""
    with _guarding(shown, change.path), opened_parent(root, change.path, make=True) as folder:
        now = _bytes_there(root, change.path)
        _check_content(shown, change, now)
        if now == change.content.encode():
            return False
        name = PurePosixPath(change.path).name
        _replace(folder, name, change.content.encode())
    return True


def _replace(folder: int, name: str, content: bytes) -> None:
    new = f"{_PREFIX}{name}{_SUFFIX}"
    with suppress(FileNotFoundError):
        os.unlink(new, dir_fd=folder)  # left by a writer that was killed; a living one holds the lock
    try:
        with open(new, "wb", opener=partial(open_at, folder, NEW_FILE)) as file:
            file.write(content)
            file.flush()
            _keep_mode(file.fileno(), folder, name)
            os.fsync(file.fileno())
        os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=folder)
        raise


def _keep_mode(new: int, folder: int, name: str) -> None:
    with suppress(FileNotFoundError):
        os.fchmod(new, stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode))


def _hash(content: bytes | None) -> str | None:
    return None if content is None else content_hash(content)


def _bytes_there(root: int, path: str) -> bytes | None:
    """What the file at the path holds, None where nothing is."""
    try:
        with (
            opened_parent(root, path) as folder,
            open(PurePosixPath(path).name, "rb", opener=partial(open_at, folder, OLD_FILE)) as file,
        ):
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileExistsError(0, "something that is no file is in its place")
            return file.read()
    except FileNotFoundError:
        return None


@contextmanager
def _locked(root: Path) -> Iterator[int]:
    """The root's folder, opened, and no other Proctor writing below it meanwhile."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # some network file systems cannot lock a folder; the hashes are still checked
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


@contextmanager
def _guarding(root: Path, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ProjectError(
            f"{path} in {root} cannot be written: {error.strerror or error}",
            hint="make its folder writable (and on a disk with room), then run again; what was written before is whole",
            slug="cannot-write",
        ) from error


def _written_for(path: str) -> str | None:
    """The path that the temporary file was to become, None where it is none."""
    place = PurePosixPath(path)
    if not (place.name.startswith(_PREFIX) and place.name.endswith(_SUFFIX)):
        return None
    return str(place.with_name(place.name.removeprefix(_PREFIX).removesuffix(_SUFFIX) or "_"))
