import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from proctor.errors import ProjectError
from proctor.project.manifest import take_manifest
from proctor.project.replica import LeftOut
from proctor.project.scratch import cache_dir, scratch_copy, sweep_stale


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "shop"
    for name in ("app/main.py", ".git/config", ".venv/pyvenv.cfg", "pkg/__pycache__/x.pyc", "data/big.csv"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "uploads").mkdir()
    return root


@pytest.fixture
def base(tmp_path):
    return tmp_path / "cache"


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_copy_has_the_project_without_git_environments_and_caches(root, base):
    with scratch_copy(root, base=base) as copy:
        assert names(copy.path) == ["app", "app/main.py", "data", "data/big.csv", "pkg", "uploads"]
        assert (copy.path.name, copy.left_out) == ("shop", ())
        assert copy.path.is_relative_to(base / "scratch")


def test_what_is_to_be_ignored_is_not_copied(root, base):
    with scratch_copy(root, ignore=["data/**", "pkg"], base=base) as copy:
        assert names(copy.path) == ["app", "app/main.py", "data", "uploads"]


def test_work_in_the_copy_does_not_reach_the_project(root, base):
    before = take_manifest(root)
    with scratch_copy(root, base=base) as copy:
        (copy.path / "app/main.py").write_text("changed")
        (copy.path / "data/big.csv").unlink()

    assert take_manifest(root) == before


def test_nothing_is_left_after_the_block(root, base):
    def interrupted_after_closing_folders(folder):
        (folder / "closed/inner").mkdir(parents=True)
        (folder / "closed/inner/file").write_text("")
        (folder / "closed/inner").chmod(0)
        (folder / "closed").chmod(0o500)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), scratch_copy(root, base=base) as copy:
        interrupted_after_closing_folders(copy.path)

    assert names(base) == ["scratch"]


def test_modes_are_kept_and_every_file_may_be_written(root, base):
    (root / "app/main.py").chmod(0o555)
    with scratch_copy(root, base=base) as copy:
        assert stat.S_IMODE((copy.path / "app/main.py").stat().st_mode) == 0o755


def test_nobody_else_may_look_into_the_copy(root, base):
    with scratch_copy(root, base=base) as copy:
        assert stat.S_IMODE(copy.path.parent.stat().st_mode) == 0o700


def test_links_stay_inside_the_copy_or_are_left_out(root, base, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (root / "same").symlink_to("app/main.py")
    (root / "app/up").symlink_to("../data")
    (root / "app/absolute").symlink_to(root / "data/big.csv")
    (root / "app/around").symlink_to("../../shop/data/big.csv")
    (root / "dangling").symlink_to("nowhere")
    (root / "out").symlink_to("../secret")
    (root / "app/absolute-out").symlink_to(tmp_path / "secret")
    (root / "twice").symlink_to("out")

    with scratch_copy(root, base=base) as copy:
        links = {path: os.readlink(copy.path / path) for path in names(copy.path) if (copy.path / path).is_symlink()}
        assert links == {
            "same": "app/main.py",
            "app/up": "../data",
            "app/absolute": "../data/big.csv",
            "app/around": "../data/big.csv",
            "dangling": "nowhere",
        }
        reason = "link leaves the project"
        assert copy.left_out == tuple(LeftOut(path, reason) for path in ("app/absolute-out", "out", "twice"))


def test_a_link_to_the_project_itself_does_not_lead_back_to_it(root, base):
    (root / "app/self").symlink_to(root)

    with scratch_copy(root, base=base) as copy:
        assert (copy.path / "app/self").resolve() == copy.path.resolve()


def test_a_pipe_is_left_out(root, base):
    os.mkfifo(root / "pipe")

    with scratch_copy(root, base=base) as copy:
        assert copy.left_out == (LeftOut("pipe", "not a file"),)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_left_out(root, base):
    (root / "data/big.csv").chmod(0)

    with scratch_copy(root, base=base) as copy:
        assert copy.left_out == (LeftOut("data/big.csv", "not readable"),)


def test_a_cache_inside_the_project_is_not_copied_into_itself(root):
    base = root / "cache"
    with scratch_copy(root, base=base), scratch_copy(root, base=base) as second:
        assert names(second.path) == ["app", "app/main.py", "cache", "data", "data/big.csv", "pkg", "uploads"]


def test_a_cache_that_cannot_be_made_is_reported(root, base):
    base.write_text("a file")

    with pytest.raises(ProjectError) as caught, scratch_copy(root, base=base):
        pass

    assert (caught.value.slug, base.read_text()) == ("cannot-copy", "a file")


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("PROCTOR_CACHE_DIR", str(tmp_path))

    assert cache_dir() == tmp_path


HOLD = """
import sys
from pathlib import Path
from proctor.project.scratch import scratch_copy

with scratch_copy(Path(sys.argv[1]), base=Path(sys.argv[2])) as copy:
    print(copy.path, flush=True)
    sys.stdin.read()
"""


def test_the_copy_of_a_killed_process_is_removed_at_the_next_start(root, base):
    command = [sys.executable, "-c", HOLD, str(root), str(base)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        held = Path(owner.stdout.readline().strip()).parent
        while_alive = sweep_stale(base)
        owner.kill()

    assert (while_alive, sweep_stale(base), names(base)) == ((), (held,), ["scratch"])


COPY_FOR_EVER = """
import itertools, sys
from pathlib import Path
from proctor.project.scratch import scratch_copy

def wait_to_be_killed(text):
    print(text, flush=True)
    sys.stdin.read()

hours = itertools.count(step=3600)
with scratch_copy(Path(sys.argv[1]), base=Path(sys.argv[2]), say=wait_to_be_killed, clock=lambda: next(hours)):
    print("the copy was finished", flush=True)
"""


def test_half_a_copy_of_a_killed_process_is_removed_at_the_next_start(root, base):
    command = [sys.executable, "-c", COPY_FOR_EVER, str(root), str(base)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        said = owner.stdout.readline()
        (half,) = (base / "scratch").iterdir()
        owner.kill()

    assert said.startswith("Copying the project: ")
    assert half.exists()
    assert (sweep_stale(base), names(base)) == ((half,), ["scratch"])


def test_a_copy_that_takes_long_says_so_now_and_then(root, base):
    said = []
    for number in range(20):
        (root / f"module_{number}.py").write_text("")
    ticks = iter(range(1000))
    with scratch_copy(root, base=base, say=said.append, clock=lambda: next(ticks) / 2):
        pass

    # Half a second an entry: after one second, and then every five.
    assert len(said) == 3
    assert [line for line in said if not line.startswith("Copying the project: ")] == []


def test_a_copy_that_is_quick_says_nothing(root, base):
    said = []
    with scratch_copy(root, base=base, say=said.append, clock=lambda: 0.0):
        pass

    assert said == []


def git(root, *arguments):
    env = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=root, env=env, check=True, capture_output=True)


@pytest.fixture
def repository(root):
    shutil.rmtree(root / ".git")
    git(root, "init", "--quiet")
    (root / ".gitignore").write_text("*.bin\ngenerated.py\n")
    for name in ("model.bin", "tracked.bin", "large.csv"):
        with open(root / name, "wb") as file:
            file.truncate((1 << 20) + 1)
    (root / "small.bin").write_bytes(b"s")
    (root / "generated.py").write_text("x = 1\n")
    git(root, "add", "--force", "tracked.bin")
    return root


def test_of_what_git_ignores_only_the_large_files_stay_behind(repository, base):
    with scratch_copy(repository, base=base, bulk_mb=1) as copy:
        there = {path for path in names(copy.path) if "/" not in path}

    assert there >= {"tracked.bin", "large.csv", "small.bin", "generated.py"}
    assert copy.left_out == (LeftOut("model.bin", "large and ignored by git"),)


def test_large_files_are_copied_when_the_limit_is_higher(repository, base):
    with scratch_copy(repository, base=base, bulk_mb=2) as copy:
        assert (copy.left_out, (copy.path / "model.bin").stat().st_size) == ((), (1 << 20) + 1)


def test_large_files_are_copied_where_there_is_no_repository(root, base):
    (root / ".gitignore").write_text("*.csv\n")
    (root / "data/big.csv").write_bytes(b"x" * ((1 << 20) + 1))
    with scratch_copy(root, base=base, bulk_mb=1) as copy:
        assert (copy.left_out, (copy.path / "data/big.csv").read_bytes()) == ((), b"x" * ((1 << 20) + 1))


def test_the_programs_that_a_repository_names_are_not_started(repository, base, tmp_path):
    watcher = tmp_path / "watcher"
    watcher.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    watcher.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(watcher))
    with scratch_copy(repository, base=base, bulk_mb=1) as copy:
        assert [left.path for left in copy.left_out] == ["model.bin"]
    assert not (tmp_path / "started").exists()


def test_the_copy_shares_no_file_with_the_project(root, base):
    with scratch_copy(root, base=base) as copy:
        links = {path.stat().st_nlink for path in copy.path.rglob("*") if path.is_file()}
        assert links == {1}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_project_of_a_hundred_thousand_files_is_copied_whole_and_removed(tmp_path, base):
    root = tmp_path / "large"
    for number in range(100_000):
        place = root / f"p{number // 10_000}/q{number // 100 % 100}"
        if number % 100 == 0:
            place.mkdir(parents=True)
        (place / f"m{number}.py").write_text(f"x = {number}\n")
    with scratch_copy(root, base=base) as copy:
        assert (copy.left_out, take_manifest(copy.path) == take_manifest(root)) == ((), True)

    assert names(base) == ["scratch"]


def test_the_copy_of_an_earlier_process_with_the_same_number_is_removed(root, base):
    start = round(psutil.Process().create_time() * 1000)
    earlier = base / f"scratch/{os.getpid()}-{start - 60_000}-0123abcd"
    earlier.mkdir(parents=True)
    with scratch_copy(root, base=base) as copy:
        assert sweep_stale(base) == (earlier,)
        assert copy.path.exists()


def test_the_sweep_leaves_what_is_not_a_scratch_copy(base):
    (base / "scratch/99999999-notes").mkdir(parents=True)

    assert sweep_stale(base) == ()
    assert names(base) == ["scratch", "scratch/99999999-notes"]


def test_there_may_be_nothing_to_sweep(base):
    assert sweep_stale(base) == ()
