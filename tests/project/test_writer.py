import multiprocessing
import os
import resource
import signal
import stat
import subprocess
import sys

import pytest

from proctor.errors import ConstraintViolation, ProctorError, ProjectError
from proctor.project.changes import Change, content_hash
from proctor.project.manifest import take_manifest
from proctor.project.writer import GuardedWriter

ALLOWED = ("tests/**", "pyproject.toml", ".proctor/**")


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "shop"
    (root / "app").mkdir(parents=True)
    (root / "app/main.py").write_text("x = 1\n")
    (root / "pyproject.toml").write_text("[project]\n")
    return root


def slug_of(root, *changes, allowed=ALLOWED):
    with pytest.raises(ProctorError) as caught:
        GuardedWriter(root, allowed).apply(changes)
    return type(caught.value), caught.value.slug


def test_changes_are_written_in_order_and_named(root):
    changes = [
        Change("tests/unit/test_b.py", "b = 'ü'\n", None),
        Change("pyproject.toml", "[project]\nname = 'a'\n", content_hash("[project]\n")),
    ]

    assert GuardedWriter(root, ALLOWED).apply(changes) == ("tests/unit/test_b.py", "pyproject.toml")
    assert {path: (root / path).read_text() for path in take_manifest(root).files} == {
        "app/main.py": "x = 1\n",
        "pyproject.toml": "[project]\nname = 'a'\n",
        "tests/unit/test_b.py": "b = 'ü'\n",
    }


@pytest.mark.parametrize(
    "path", ["app/main.py", "setup.py", "tests", "sub/pyproject.toml", "sub/tests/test_a.py", "TESTS/test_a.py"]
)
def test_a_path_that_is_not_allowed_is_not_written(root, path):
    before = take_manifest(root)

    assert slug_of(root, Change(path, "", None)) == (ConstraintViolation, "path-not-allowed")
    assert take_manifest(root) == before


def test_one_bad_change_stops_all_of_them_before_the_first(root):
    before = take_manifest(root)

    slug_of(root, Change("tests/test_a.py", "", None), Change("app/main.py", "", content_hash("x = 1\n")))

    assert take_manifest(root) == before


@pytest.mark.parametrize("target", ["../outside", "app"])
def test_a_folder_that_is_a_link_is_not_written_through(root, tmp_path, target):
    (tmp_path / "outside").mkdir()
    (root / "tests").symlink_to(target)
    before = take_manifest(tmp_path)

    assert slug_of(root, Change("tests/test_a.py", "", None)) == (ConstraintViolation, "path-leaves-project")
    assert slug_of(root, Change("tests/deep/er/test_a.py", "", None)) == (ConstraintViolation, "path-leaves-project")
    assert take_manifest(tmp_path) == before


@pytest.mark.parametrize("target", ["../outside.toml", "app/main.py", "missing"])
def test_a_file_that_is_a_link_is_neither_followed_nor_replaced(root, tmp_path, target):
    (tmp_path / "outside.toml").write_text("[project]\n")
    (root / "pyproject.toml").unlink()
    (root / "pyproject.toml").symlink_to(target)
    before = take_manifest(tmp_path)

    for replaces in (None, content_hash("[project]\n")):
        change = Change("pyproject.toml", "new", replaces)
        assert slug_of(root, change) == (ConstraintViolation, "path-leaves-project")
    assert take_manifest(tmp_path) == before


def test_the_project_itself_may_be_reached_by_a_link(root, tmp_path):
    (tmp_path / "link").symlink_to("shop")

    GuardedWriter(tmp_path / "link", ALLOWED).apply([Change("tests/test_a.py", "a\n", None)])

    assert (root / "tests/test_a.py").read_text() == "a\n"


@pytest.mark.parametrize(
    ("path", "replaces"),
    [
        ("pyproject.toml", None),
        ("pyproject.toml", content_hash("older")),
        ("tests/test_gone.py", content_hash("was here")),
    ],
)
def test_a_file_that_changed_meanwhile_is_left_as_it_is(root, path, replaces):
    before = take_manifest(root)

    assert slug_of(root, Change(path, "new", replaces)) == (ProjectError, "file-changed-meanwhile")
    assert take_manifest(root) == before


@pytest.mark.parametrize("replaces", [None, content_hash("[project]\n"), content_hash("older")])
def test_content_that_is_there_already_is_not_written_again(root, replaces):
    before = (root / "pyproject.toml").stat()

    assert GuardedWriter(root, ALLOWED).apply([Change("pyproject.toml", "[project]\n", replaces)]) == ()
    after = (root / "pyproject.toml").stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def test_a_text_that_the_gate_refuses_stops_all_of_them_before_the_first(root):
    before = take_manifest(root)
    hostile = Change("tests/test_b.py", "import os\n\nos.system('ls')\n", None)

    assert slug_of(root, Change("tests/test_a.py", "", None), hostile) == (ConstraintViolation, "output-refused")
    assert take_manifest(root) == before


def test_a_line_that_was_there_before_is_not_held_against_what_is_written(root):
    key = "AKIA" + "QWERTYUIOPASDFGH"
    (root / "pyproject.toml").write_text(f"# {key}\n")
    change = Change("pyproject.toml", f"# {key}\n[project]\n", content_hash(f"# {key}\n"))

    assert GuardedWriter(root, ALLOWED).apply([change]) == ("pyproject.toml",)
    assert slug_of(root, Change("tests/keys.toml", f"# {key}\n", None)) == (ConstraintViolation, "output-refused")


def test_two_changes_of_one_file_follow_each_other(root):
    changes = [Change("tests/a.py", "1\n", None), Change("tests/a.py", "2\n", content_hash("1\n"))]

    assert GuardedWriter(root, ALLOWED).apply(changes) == ("tests/a.py", "tests/a.py")
    assert (root / "tests/a.py").read_text() == "2\n"


def test_a_replaced_file_keeps_its_mode_and_a_new_one_follows_the_umask(root):
    (root / "pyproject.toml").chmod(0o640)
    writer = GuardedWriter(root, ALLOWED)
    umask = os.umask(0o027)
    try:
        writer.apply(
            [Change("pyproject.toml", "new", content_hash("[project]\n")), Change("tests/test_a.py", "", None)]
        )
    finally:
        os.umask(umask)

    modes = [stat.S_IMODE((root / path).stat().st_mode) for path in ("pyproject.toml", "tests/test_a.py")]
    assert modes == [0o640, 0o640]


def test_other_names_of_a_replaced_file_keep_the_old_content(root):
    os.link(root / "pyproject.toml", root / "copy.toml")

    GuardedWriter(root, ALLOWED).apply([Change("pyproject.toml", "new", content_hash("[project]\n"))])

    assert (root / "copy.toml").read_text() == "[project]\n"


def make_file(path):
    path.write_text("")


@pytest.mark.parametrize("make", [make_file, os.mkfifo], ids=["file", "pipe"])
def test_something_in_the_place_of_a_folder_is_reported(root, make):
    make(root / "tests")
    before = take_manifest(root)

    with pytest.raises(ProjectError) as caught:
        GuardedWriter(root, ALLOWED).apply([Change("tests/test_a.py", "", None)])

    assert (caught.value.slug, take_manifest(root)) == ("cannot-write", before)
    assert caught.value.message.startswith(f"tests/test_a.py in {root} cannot be written: ")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_something_in_the_place_of_a_file_is_reported(root, make):
    (root / "tests").mkdir()
    make(root / "tests/test_a.py")

    assert slug_of(root, Change("tests/test_a.py", "", None)) == (ProjectError, "cannot-write")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_closed_for_writing_is_reported(root):
    (root / "tests").mkdir(mode=0o555)

    assert slug_of(root, Change("tests/test_a.py", "", None)) == (ProjectError, "cannot-write")
    assert list((root / "tests").iterdir()) == []


def test_a_project_that_is_gone_is_reported(tmp_path):
    assert slug_of(tmp_path / "gone", Change("tests/test_a.py", "", None)) == (ProjectError, "cannot-write")


def write_with_a_full_disk(root, results):
    # A file size limit fails in the middle of the write, as a full disk does.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    try:
        GuardedWriter(root, ALLOWED).apply(
            [Change("tests/test_a.py", "a\n", None), Change("tests/test_b.py", "b" * 10_000 + "\n", None)]
        )
    except ProjectError as error:
        results.put((error.slug, list(take_manifest(root).files)))


def test_a_full_disk_leaves_whole_files_only(root):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=write_with_a_full_disk, args=(root, results))
    process.start()
    answer = results.get(timeout=60)
    process.join()

    assert answer == ("cannot-write", ["app/main.py", "pyproject.toml", "tests/test_a.py"])


APPEND = """
import sys
from pathlib import Path
from proctor.errors import ProjectError
from proctor.project.changes import Change, content_hash
from proctor.project.writer import GuardedWriter

root, path, written = Path(sys.argv[1]), "tests/log.txt", 0
while written < 50:
    old = (root / path).read_text()
    try:
        GuardedWriter(root, ("tests/**",)).apply([Change(path, old + sys.argv[2], content_hash(old))])
        written += 1
    except ProjectError as error:
        assert error.slug == "file-changed-meanwhile", error
"""


def test_two_writers_of_one_file_lose_nothing(root):
    (root / "tests").mkdir()
    (root / "tests/log.txt").write_text("")

    writers = [subprocess.Popen([sys.executable, "-c", APPEND, str(root), letter]) for letter in "ab"]

    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    assert sorted((root / "tests/log.txt").read_text()) == ["a"] * 50 + ["b"] * 50


def test_what_a_killed_writer_left_is_removed(root):
    (root / "tests").mkdir()
    for name in ("tests/.test_a.py.proctor-new", "app/.main.py.proctor-new", "tests/.hidden"):
        (root / name).write_text("half")
    writer = GuardedWriter(root, ALLOWED)

    assert writer.remove_leftovers() == ("tests/.test_a.py.proctor-new",)
    assert list(take_manifest(root).files) == [
        "app/.main.py.proctor-new",
        "app/main.py",
        "pyproject.toml",
        "tests/.hidden",
    ]


def test_a_leftover_of_the_same_file_does_not_stop_the_next_writer(root):
    (root / ".pyproject.toml.proctor-new").symlink_to("app/main.py")

    GuardedWriter(root, ALLOWED).apply([Change("pyproject.toml", "new", content_hash("[project]\n"))])

    assert (list(take_manifest(root).files), (root / "app/main.py").read_text()) == (
        ["app/main.py", "pyproject.toml"],
        "x = 1\n",
    )


def test_a_pattern_that_cannot_be_read_is_reported(root):
    assert slug_of(root, allowed=("tests\\",)) == (ProjectError, "bad-pattern")


def test_no_file_stays_open(root):
    writer = GuardedWriter(root, ALLOWED)
    (root / "tests/test_dir.py").mkdir(parents=True)
    before = os.listdir("/dev/fd")

    writer.apply([Change("tests/a/b/test_a.py", "", None)])
    slug_of(root, Change("tests/test_dir.py", "", None))

    assert os.listdir("/dev/fd") == before
