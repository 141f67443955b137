import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from proctor.errors import ProjectError
from proctor.project.lock import only_one

HOLD = """
import sys
from pathlib import Path
from proctor.project.lock import only_one

with only_one(Path(sys.argv[1]), Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


@pytest.fixture
def base(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def holder(root, base):
    command = [sys.executable, "-c", HOLD, str(root), str(base)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def try_to_hold(root, base):
    with pytest.raises(ProjectError) as caught, only_one(root, base):
        pass
    return caught.value


def test_the_second_is_told_who_the_first_is(root, base, holder):
    error = try_to_hold(root, base)

    assert (error.slug, error.exit_code) == ("already-running", 2)
    said = rf"{root}: another Proctor is at work on this project \(process {holder.pid}, `-c /.*`, since 20.+\)"
    assert re.fullmatch(said, error.message)


def test_a_killed_holder_does_not_block(root, base, holder):
    holder.kill()
    holder.wait()

    with only_one(root, base):
        assert try_to_hold(root, base).slug == "already-running"


def test_another_path_to_the_same_project_is_the_same_project(root, base, holder):
    (root.parent / "link").symlink_to("shop")

    assert try_to_hold(root.parent / "link", base).slug == "already-running"
    assert try_to_hold(root / ".." / "shop", base).slug == "already-running"


def test_another_project_of_the_same_name_is_not_blocked(root, base, holder, tmp_path):
    other = tmp_path / "other/shop"
    other.mkdir(parents=True)

    with only_one(other, base):
        assert try_to_hold(other, base).slug == "already-running"


def test_the_lock_is_free_after_the_block_and_after_an_error_in_it(root, base):
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), only_one(root, base):
            raise KeyboardInterrupt
    with only_one(root, base):
        pass


def test_a_holder_whose_name_cannot_be_read_still_holds(root, base, holder):
    for record in (base / "locks").glob("*.json"):
        record.write_text("{")

    assert "(it has not said who it is)" in try_to_hold(root, base).message


def test_nothing_is_left_in_the_project(root, base):
    with only_one(root, base):
        assert list(root.iterdir()) == []


def test_a_cache_that_cannot_be_made_is_reported(root, base):
    base.write_text("a file")

    assert try_to_hold(root, base).slug == "cannot-lock"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_is_closed_is_reported(root, base: Path):
    (base / "locks").mkdir(parents=True)
    (base / "locks").chmod(0o500)

    assert try_to_hold(root, base).slug == "cannot-lock"
