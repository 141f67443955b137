import os

import pytest

from proctor.project.manifest import Difference, Manifest, take_manifest


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "shop"
    for name in ("a.py", "pkg/b.py", ".git/config", ".git/hooks/pre-push", "data.bin"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "link").symlink_to("a.py")
    return root


def test_everything_that_is_the_users_is_in_the_manifest(tree):
    manifest = take_manifest(tree)

    assert manifest.files == (".git/config", ".git/hooks/pre-push", "a.py", "data.bin", "link", "pkg/b.py")
    assert manifest.entries.keys() - set(manifest.files) == {".git", ".git/hooks", "pkg"}


@pytest.mark.parametrize(
    "name",
    [
        ".git/objects/ab/cdef",
        ".git/index",
        ".venv/lib/x.py",
        "env/with/any/name.py",
        "pkg/__pycache__/b.pyc",
        "node_modules/x/index.js",
        ".mypy_cache/3.11/b.json",
        ".pytest_cache/v/cache/lastfailed",
        ".tox/py311/bin/python",
        ".proctor/runs/1/journal.sqlite",
    ],
)
def test_environments_caches_and_the_data_of_git_are_not(tree, name):
    for environment in (".venv", "env"):
        (tree / environment).mkdir()
        (tree / environment / "pyvenv.cfg").write_text("home = /usr")
    (tree / ".proctor").mkdir()
    before = take_manifest(tree)
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text("new")

    assert take_manifest(tree) == before


def test_another_state_folder_has_its_own_runs_left_out(tree):
    (tree / ".claude/runs").mkdir(parents=True)
    (tree / ".claude/runs/1").write_text("")

    assert ".claude/runs/1" not in take_manifest(tree, state_dir=".claude").entries
    assert ".claude/runs/1" in take_manifest(tree).entries


def test_every_way_to_differ_is_named(tree):
    before = take_manifest(tree)
    (tree / "new.py").write_text("")
    (tree / "data.bin").unlink()
    (tree / "a.py").write_text("edited")
    (tree / "pkg/b.py").chmod(0o700)
    (tree / "link").unlink()
    (tree / "link").symlink_to("/etc/passwd")
    (tree / ".git/hooks/pre-push").write_text("evil")

    assert before.differences(take_manifest(tree)) == (
        Difference(".git/hooks/pre-push", "modified"),
        Difference("a.py", "modified"),
        Difference("data.bin", "removed"),
        Difference("link", "modified"),
        Difference("new.py", "added"),
        Difference("pkg/b.py", "mode"),
    )


def test_a_file_that_becomes_a_link_to_the_same_bytes_is_modified(tree):
    before = take_manifest(tree)
    (tree / "pkg/b.py").rename(tree.parent / "b.py")
    (tree / "pkg/b.py").symlink_to(tree.parent / "b.py")

    assert before.differences(take_manifest(tree)) == (Difference("pkg/b.py", "modified"),)


def test_a_folder_that_is_hidden_by_making_it_an_environment_shows_as_removed(tree):
    before = take_manifest(tree)
    (tree / "pkg/pyvenv.cfg").write_text("")

    assert before.differences(take_manifest(tree)) == (Difference("pkg", "removed"), Difference("pkg/b.py", "removed"))


def test_folders_that_come_go_and_open_up_are_named(tree):
    (tree / "old").mkdir()
    before = take_manifest(tree)
    (tree / "old").rmdir()
    (tree / "new").mkdir()
    (tree / "pkg").chmod(0o777)

    assert before.differences(take_manifest(tree)) == (
        Difference("new", "added"),
        Difference("old", "removed"),
        Difference("pkg", "mode"),
    )


def test_a_file_that_was_only_touched_is_named_when_it_is_asked_for(tree):
    before = take_manifest(tree)
    os.utime(tree / "a.py", ns=(1, 1))
    after = take_manifest(tree)

    assert (before, before.digest, before.differences(after)) == (after, after.digest, ())
    assert before.differences(after, with_touched=True) == (Difference("a.py", "touched"),)


def test_a_file_that_came_is_named_and_not_the_time_of_its_folder(tree):
    before = take_manifest(tree)
    (tree / "pkg/c.py").write_text("")

    assert before.differences(take_manifest(tree), with_touched=True) == (Difference("pkg/c.py", "added"),)


def test_the_digest_stands_for_the_whole_tree(tree):
    first = take_manifest(tree)
    again = take_manifest(tree)
    (tree / "a.py").chmod(0o600)
    changed = take_manifest(tree)

    assert first.digest == again.digest == Manifest(dict(reversed(first.entries.items()))).digest
    assert changed.digest != first.digest


def test_a_loop_of_links_and_a_pipe_do_not_hold_the_look_up(tree):
    (tree / "pkg/loop").symlink_to("..")
    os.mkfifo(tree / "pipe")

    entries = take_manifest(tree).entries

    assert (entries["pkg/loop"].target, entries["pipe"].sha256) == ("..", "")


def test_a_name_that_is_not_utf8_is_recorded(tree):
    odd = os.fsencode(tree) + b"/\xff.py"
    try:
        os.close(os.open(odd, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")

    manifest = take_manifest(tree)

    assert (os.fsdecode(b"\xff.py") in manifest.entries, len(manifest.digest)) == (True, 64)
