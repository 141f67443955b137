import hashlib
import os
import signal
import subprocess
import sys

import pytest

from proctor.errors import ProjectError
from proctor.project.worktrees import sweep_worktrees, worktree


def git(folder, *arguments):
    identity = {"GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "e", "GIT_COMMITTER_NAME": "n", "GIT_COMMITTER_EMAIL": "e"}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path):
    """A repository in which every kind of change waits: staged, unstaged, untracked, deleted, ignored, stashed."""
    root = tmp_path / "shop"
    (root / "app").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for name in ("app/a.py", "app/gone.py", "app/staged.py"):
        (root / name).write_text("one = 1\n")
    (root / ".gitignore").write_text("*.log\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    (root / "app/a.py").write_text("stashed = 1\n")
    git(root, "stash", "-q")
    (root / "app/a.py").write_text("one = 2\n")
    (root / "app/staged.py").write_text("one = 3\n")
    git(root, "add", "app/staged.py")
    (root / "app/gone.py").unlink()
    (root / "app/new.py").write_text("new = 1\n")
    (root / "app/debug.log").write_text("noise\n")
    return root


@pytest.fixture
def base(tmp_path):
    return tmp_path / "cache"


def users_state(root):
    """What must not move: index, HEAD, refs, stash, settings, hooks, the files, and the list of worktrees."""
    kept = ("index", "HEAD", "config", "packed-refs", "logs", "refs", "hooks", "info")
    places = [place for name in kept for place in _files(root / ".git" / name)]
    places += [place for place in _files(root) if ".git" not in place.parts]
    hashes = {str(place): hashlib.sha256(place.read_bytes()).hexdigest() for place in places}
    return hashes, git(root, "worktree", "list", "--porcelain"), git(root, "status", "--porcelain")


def _files(place):
    return [place] if place.is_file() else sorted(item for item in place.rglob("*") if item.is_file())


def test_a_worktree_shows_the_uncommitted_state_and_no_ignored_file(repository, base):
    with worktree(repository, base) as made:
        files = {
            str(place.relative_to(made.path)): place.read_text() for place in _files(made.path) if place.name != ".git"
        }

        assert files == {
            ".gitignore": "*.log\n",
            "app/a.py": "one = 2\n",
            "app/staged.py": "one = 3\n",
            "app/new.py": "new = 1\n",
        }
        assert (
            git(made.path, "status", "--porcelain") == " M app/a.py\n D app/gone.py\n M app/staged.py\n?? app/new.py\n"
        )
        assert git(made.path, "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD")


def test_nothing_of_the_user_moves_whatever_is_done_in_the_worktree(repository, base):
    before = users_state(repository)

    with worktree(repository, base) as made:
        (made.path / "app/a.py").write_text("broken")
        git(made.path, "add", "--all")
        git(made.path, "commit", "-q", "-m", "work of a task")

    assert users_state(repository) == before
    assert list((base / "worktrees").iterdir()) == []


def test_a_worktree_of_a_folder_in_the_repository_stands_for_that_folder(repository, base):
    with worktree(repository / "app", base) as made:
        assert sorted(place.name for place in made.path.iterdir()) == ["a.py", "new.py", "staged.py"]


def test_a_repository_whose_hooks_fail_is_not_asked(repository, base, tmp_path):
    witness = tmp_path / "hook-ran"
    for name in ("post-checkout", "post-index-change"):
        hook = repository / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {witness}\nexit 1\n")
        hook.chmod(0o755)

    with worktree(repository, base) as made:
        assert (made.path / "app/new.py").read_text() == "new = 1\n"
    assert not witness.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from proctor.project.worktrees import worktree
with worktree(Path(sys.argv[1]), Path(sys.argv[2])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_worktree_of_a_killed_process_is_removed_at_the_next_start(repository, base):
    before = users_state(repository)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(repository), str(base)], check=False)
    (left,) = (base / "worktrees").iterdir()

    assert killed.returncode == -signal.SIGKILL
    assert users_state(repository) != before
    assert sweep_worktrees(base) == (left,)
    assert users_state(repository) == before
    assert sweep_worktrees(base) == ()


def test_the_worktree_of_a_running_process_stays(repository, base):
    with worktree(repository, base) as made:
        assert sweep_worktrees(base) == ()
        assert made.path.is_dir()


def test_a_worktree_that_is_left_by_an_error_is_removed_too(repository, base):
    before = users_state(repository)

    with pytest.raises(RuntimeError, match="a task failed"), worktree(repository, base):
        raise RuntimeError("a task failed")

    assert users_state(repository) == before
    assert list((base / "worktrees").iterdir()) == []


def test_a_folder_outside_of_git_is_refused_with_the_way_out(tmp_path, base):
    with pytest.raises(ProjectError) as caught, worktree(tmp_path, base):
        pass

    assert caught.value.slug == "not-a-repository"
    assert not base.exists()


def test_a_repository_without_a_commit_is_refused(tmp_path, base):
    git(tmp_path, "init", "-q")

    with pytest.raises(ProjectError) as caught, worktree(tmp_path, base):
        pass

    assert caught.value.slug == "nothing-committed"
