import os
import stat

import pytest

from proctor.project.copying import FileCopier

CONTENT = bytes(range(256)) * 10_000


class WithoutTheKernel(FileCopier):
    """A copier on file systems that can neither share blocks nor copy inside the kernel."""

    def __init__(self) -> None:
        super().__init__()
        self._can_share = self._can_copy_inside = False


@pytest.mark.parametrize("copier", [FileCopier, WithoutTheKernel])
@pytest.mark.parametrize("content", [b"", b"x", CONTENT], ids=["empty", "a byte", "2.5 MB"])
def test_every_way_to_copy_gives_the_same_bytes_and_a_writable_file(tmp_path, copier, content):
    (tmp_path / "old").write_bytes(content)
    copier().copy(str(tmp_path / "old"), str(tmp_path / "new"), 0o100451)

    assert (tmp_path / "new").read_bytes() == content
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o651


def make_pipe(path):
    os.mkfifo(path)


def make_link(path):
    path.symlink_to("/dev/zero")


def make_nothing(path):
    """Leave the place empty."""


@pytest.mark.parametrize("make", [make_pipe, make_link, make_nothing])
def test_what_is_no_file_any_more_counts_as_gone(tmp_path, make):
    make(tmp_path / "old")
    before = os.listdir("/dev/fd")

    with pytest.raises(FileNotFoundError):
        FileCopier().copy(str(tmp_path / "old"), str(tmp_path / "new"), 0o644)
    assert (os.listdir("/dev/fd"), os.path.lexists(tmp_path / "new")) == (before, False)


def test_a_file_that_is_there_is_not_written_over(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).write_text(name)

    with pytest.raises(FileExistsError):
        FileCopier().copy(str(tmp_path / "old"), str(tmp_path / "new"), 0o644)
    assert (tmp_path / "new").read_text() == "new"
