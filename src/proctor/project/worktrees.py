"""Git worktrees for single tasks: HEAD with the uncommitted state on top, outside the project, gone for certain.

The user's index, HEAD, refs and stash are only read. What git keeps for a worktree in the repository goes with it.
"""

import json
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from proctor.errors import ProjectError
from proctor.project.git import git
from proctor.project.owners import orphans, owned_name, remove_folder
from proctor.project.scratch import cache_dir

_REGISTER = "repository.json"


@dataclass(slots=True)
class Worktree:
    """A worktree for one `with` block; `path` stands for the project's folder in it."""

    root: Path
    holder: Path
    path: Path = Path()

    def __enter__(self) -> Self:
        try:
            self.path = _make(self.root, self.holder)
        except BaseException:  # whatever stops it, a Ctrl-C too, must not leave half a worktree
            _remove(self.holder)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not _remove(self.holder) and error is None:
            raise ProjectError(
                f"the worktree {self.holder} cannot be removed",
                hint="end what still uses it; the next start removes it, or use git worktree remove --force",
                slug="worktree-not-removed",
            )


def worktree(root: Path, base: Path | None = None) -> Worktree:
    """A worktree of the project for a `with` block: HEAD, with tracked changes and untracked files as they are now."""
    return Worktree(root, _home(base) / owned_name())


def sweep_worktrees(base: Path | None = None) -> tuple[Path, ...]:
    """Remove the worktrees whose owner is gone, with what git keeps of them; the folders that were removed."""
    return tuple(holder for holder in orphans(_home(base)) if _remove(holder))


def _home(base: Path | None) -> Path:
    return (cache_dir() if base is None else base) / "worktrees"


def _make(root: Path, holder: Path) -> Path:
    top = _repository(root)
    place = holder / (top.name or "project")
    holder.mkdir(parents=True, mode=0o700)
    # Written before git knows of the worktree: whoever sweeps up must find the repository.
    (holder / _REGISTER).write_text(json.dumps({"repository": str(top), "worktree": str(place)}), encoding="utf-8")
    state = _uncommitted_state(top, holder)
    git(top, "worktree", "add", "--quiet", "--no-checkout", "--detach", str(place), "HEAD")
    git(place, "read-tree", "--reset", "-u", state)
    git(place, "read-tree", "HEAD")  # the index only: what is not committed shows as not committed
    return place / git(root, "rev-parse", "--show-prefix")


def _repository(root: Path) -> Path:
    try:
        top = Path(git(root, "rev-parse", "--show-toplevel"))
    except ProjectError as error:
        if error.slug != "git-failed":
            raise
        raise ProjectError(
            f"{root} is not in a git repository, so a task cannot have a worktree of it",
            hint="leave out the isolation, or run git init and commit once",
            slug="not-a-repository",
        ) from error
    try:
        git(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except ProjectError as error:
        raise ProjectError(
            f"{top} has no commit, so there is nothing to make a worktree from",
            hint="commit once, or leave out the isolation",
            slug="nothing-committed",
        ) from error
    return top


def _uncommitted_state(top: Path, holder: Path) -> str:
    """A tree object of the files as they lie there, made with an index of our own; ignored files stay out."""
    with tempfile.TemporaryDirectory(dir=holder) as folder:
        index = Path(folder) / "index"
        with suppress(FileNotFoundError):  # none: nothing was ever added
            shutil.copy2(top / git(top, "rev-parse", "--git-path", "index"), index)
        environment = {"GIT_INDEX_FILE": str(index)}
        git(top, "add", "--all", environment=environment)
        return git(top, "write-tree", environment=environment)


def _remove(holder: Path) -> bool:
    repository, place = _registered(holder)
    if repository is not None and repository.is_dir():
        # Twice --force: a worktree whose making was killed is locked. An error: git does not know of it.
        with suppress(ProjectError):
            git(repository, "worktree", "remove", "--force", "--force", str(place))
    return remove_folder(holder)


def _registered(holder: Path) -> tuple[Path | None, Path]:
    try:
        entry = json.loads((holder / _REGISTER).read_text(encoding="utf-8"))
        return Path(entry["repository"]), Path(entry["worktree"])
    except (OSError, ValueError, KeyError):  # killed before it was written: git does not know of a worktree yet
        return None, holder
