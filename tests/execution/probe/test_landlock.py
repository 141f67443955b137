"""Landlock: what each version can hold, and what the kernel of this machine does hold."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from proctor.execution.probe import landlock

SOURCES = Path(landlock.__file__).resolve().parents[3]
needs_landlock = pytest.mark.skipif(
    sys.platform != "linux" or landlock.abi() < 6, reason="no Landlock that is new enough"
)

LOCKED = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from proctor.execution.probe import landlock
print(json.dumps(landlock.restrict(*json.loads(sys.argv[2]))), flush=True)
{code}
"""


def in_lock(code: str, readable: list[str], writable: list[str], sockets: str = "none") -> tuple[str, str]:
    """What code prints that locked itself in: what is not held, and the rest."""
    command = [sys.executable, "-c", LOCKED.format(code=code), str(SOURCES), json.dumps([readable, writable, sockets])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    first, _, rest = done.stdout.partition("\n")
    return first + done.stderr[-500:], rest


@pytest.mark.parametrize(
    ("version", "rights"),
    [(1, 0x1FFF), (2, 0x3FFF), (3, 0x7FFF), (4, 0x7FFF), (5, 0xFFFF), (6, 0xFFFF), (7, 0xFFFF)],
)
def test_each_version_takes_away_the_rights_it_knows(version: int, rights: int) -> None:
    assert landlock.handled_files(version) == rights


def test_an_old_version_says_what_it_cannot_hold() -> None:
    assert landlock.not_held(1, "none") == (
        "cutting short files elsewhere",
        "ioctl on devices",
        "signals to foreign processes",
        "abstract unix sockets of foreign processes",
        "modes, times and owners of files elsewhere",
    )
    assert landlock.not_held(7, "none") == ("modes, times and owners of files elsewhere",)
    assert landlock.not_held(7, "loopback") == (
        "the network beyond this machine",
        "modes, times and owners of files elsewhere",
    )


@needs_landlock
def test_only_what_is_named_can_be_read_and_written(tmp_path: Path) -> None:
    for name in ("readable", "writable", "hidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "single").write_text("single")
    code = f"""
import errno
def told(act):
    try:
        return act()
    except OSError as error:
        return "refused" if error.errno in (errno.EACCES, errno.EXDEV) else repr(error)
place = {str(tmp_path)!r}
def read(name): return told(lambda: open(place + "/" + name).read())
def write(name): return told(lambda: open(place + "/" + name, "w").write("new"))
print([read("readable/file"), write("readable/file"), read("writable/file"), write("writable/file")])
print([read("hidden/file"), write("hidden/file"), read("single"), write("new")])
print([told(lambda: os.truncate(place + "/readable/file", 0)), told(lambda: os.remove(place + "/readable/file"))])
print([told(lambda: os.link(place + "/readable/file", place + "/writable/link"))])
print([told(lambda: os.rename(place + "/writable/file", place + "/writable/moved"))])
"""
    readable = [str(tmp_path / "readable"), str(tmp_path / "single"), str(tmp_path / "missing"), sys.base_prefix]

    said, rest = in_lock(code, readable, [str(tmp_path / "writable")])

    assert said == '["modes, times and owners of files elsewhere"]'
    assert rest.splitlines() == [
        "['readable', 'refused', 'writable', 3]",
        "['refused', 'refused', 'single', 'refused']",
        "['refused', 'refused']",
        "['refused']",
        "[None]",
    ]


@needs_landlock
def test_signals_stay_within_the_processes_that_scoped_them_and_renames_go_on(tmp_path: Path) -> None:
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(SOURCES)!r})
from proctor.execution.probe import landlock
for name in "ab":
    os.mkdir({str(tmp_path)!r} + "/" + name)
open({str(tmp_path)!r} + "/a/file", "w").close()
print(landlock.scope_signals(keep_refer=True))
landlock.restrict(["/"], [{str(tmp_path)!r}])
os.rename({str(tmp_path)!r} + "/a/file", {str(tmp_path)!r} + "/b/file")
child = os.fork()
if child == 0:
    signal.pause()
try:
    os.kill(os.getppid(), 0)
except PermissionError:
    print("refused")
os.kill(child, signal.SIGKILL)
print(os.waitpid(child, 0)[1])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("True\nrefused\n9\n", "")
