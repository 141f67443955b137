import os
import shutil
import stat

import pytest

from proctor.project.earlier import keep_earlier
from proctor.project.manifest import take_manifest
from proctor.project.restoring import Restored, Restorer
from proctor.project.scratch import scratch_copy

FILES = {
    "app/main.py": b"main\n",
    "app/deep/data.bin": bytes(range(256)),
    "script.sh": b"#!/bin/sh\n",
    ".git/hooks/pre-push": b"#!/bin/sh\nexit 0\n",
    ".git/config": b"[core]\n",
}


@pytest.fixture
def base(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "shop"
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / "script.sh").chmod(0o755)
    (root / "link").symlink_to("app/main.py")
    return root


@pytest.fixture
def run(root, base):
    """Do something to a project, and to the copy of it, while a run goes on; then put back what can be put back."""

    def run(do, in_copy=lambda copy: None):
        before = take_manifest(root)
        with scratch_copy(root, base=base) as copy:
            earlier = keep_earlier(root, before, copy.path)
            do(root)
            in_copy(copy.path)
            restored = Restorer(root, earlier, base).restore(before.differences(take_manifest(root)))
        return restored, before.differences(take_manifest(root), with_touched=True)

    return run


def on_shelf(shelf):
    return {str(place.relative_to(shelf)): place.read_bytes() for place in shelf.rglob("*") if place.is_file()}


def delete_everything(root):
    for name in os.listdir(root):
        place = root / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()


def test_a_project_that_was_deleted_is_back_to_the_byte(run):
    restored, differences = run(delete_everything)

    assert differences == ()
    everything = (*FILES, ".git", ".git/hooks", "app", "app/deep", "link")
    assert restored == Restored(tuple(sorted(everything)), (), (), None)


def test_modes_are_set_back_also_those_that_close_a_folder(run):
    def close(root):
        (root / "app/main.py").chmod(0)
        (root / "app").chmod(0)
        (root / "script.sh").chmod(0o4777)

    restored, differences = run(close)

    assert differences == ()
    assert {"app", "script.sh"} <= set(restored.put_back)


def test_an_edited_file_stays_and_what_it_held_is_on_the_shelf(run, root, base):
    def edit(root):
        (root / "app/main.py").write_text("the user's new line\n")
        (root / ".git/hooks/pre-push").write_text("the user's new hook\n")

    restored, differences = run(edit)

    assert [str(item) for item in differences] == [".git/hooks/pre-push (modified)", "app/main.py (modified)"]
    assert (root / "app/main.py").read_text() == "the user's new line\n"
    assert (restored.put_back, restored.shelved, restored.left) == ((), (".git/hooks/pre-push", "app/main.py"), ())
    assert on_shelf(restored.shelf) == {name: FILES[name] for name in restored.shelved}
    assert restored.shelf.is_relative_to(base)
    assert stat.S_IMODE(restored.shelf.stat().st_mode) == 0o700


def test_a_new_file_is_left(run, root):
    restored, _ = run(lambda root: (root / "app/new.py").write_text("the user's\n"))

    assert restored == Restored((), (), ("app/new.py",), None)
    assert (root / "app/new.py").read_text() == "the user's\n"


def test_a_link_that_points_elsewhere_stays_and_the_old_one_is_on_the_shelf(run, root):
    def relink(root):
        (root / "link").unlink()
        (root / "link").symlink_to("script.sh")

    restored, _ = run(relink)

    assert (restored.shelved, os.readlink(root / "link")) == (("link",), "script.sh")
    assert os.readlink(restored.shelf / "link") == "app/main.py"


def test_nothing_is_written_through_a_link_in_the_place_of_a_folder(run, root, tmp_path):
    (tmp_path / "outside").mkdir()

    def replace_folder(root):
        shutil.rmtree(root / "app")
        (root / "app").symlink_to(tmp_path / "outside")

    restored, _ = run(replace_folder)

    assert list((tmp_path / "outside").iterdir()) == []
    assert (restored.put_back, restored.shelved) == ((), ("app/deep/data.bin", "app/main.py"))
    assert on_shelf(restored.shelf) == {name: FILES[name] for name in restored.shelved}


def test_a_folder_that_was_only_hidden_from_the_manifest_keeps_its_files(run, root):
    restored, _ = run(lambda root: (root / "app/pyvenv.cfg").write_text(""))

    assert (root / "app/main.py").read_bytes() == FILES["app/main.py"]
    assert restored.put_back == ()


def forge(copy):
    (copy / "app/main.py").write_text("forged\n")


def lead_away(copy):
    (copy / "app/main.py").unlink()
    (copy / "app/main.py").symlink_to("/dev/zero")


@pytest.mark.parametrize("in_copy", [forge, lead_away])
def test_bytes_that_were_changed_in_the_copy_are_not_taken_for_the_earlier_ones(run, root, in_copy):
    restored, _ = run(lambda root: (root / "app/main.py").unlink(), in_copy)

    assert restored == Restored((), (), ("app/main.py",), None)
    assert not (root / "app/main.py").exists()
