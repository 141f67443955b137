"""Runs the battery as root or as an ordinary user: one that can neither write nor read what is not shared with all."""

import importlib.util
import json
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from battery_run import SECRET_NAME
from battery_table import Played

import proctor

PATIENCE = 240
ORDINARY = "nobody"
# What the side that is to be protected imports, and what suites in the child do; all of it works on any Python.
PACKAGES = (
    *("psutil", "pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "coverage", "py"),
    "typing_extensions",
)
PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")
OLDEST = (3, 11)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to run as, with a Python and copies that this user can read."""

    name: str
    python: str
    code: Path
    folder: Path
    wrapper: tuple[str, ...] = ()
    identity: dict[str, object] = field(default_factory=dict)

    def judge(self, level: str, names: Sequence[str] = (), *, wrapper: Sequence[str] = ()) -> dict[str, Played]:
        """Play acts at a level as this user; what became of each."""
        done = self.run(
            str(self.code / "battery_run.py"), level, str(self.folder), str(self.code), *names, wrapper=wrapper
        )
        assert done.returncode == 0, done.stderr[-4000:]
        answer = json.loads(done.stdout)
        return {name: Played(verdict, tuple(found), said) for name, (verdict, found, said) in answer.items()}

    def run(self, *arguments: str, wrapper: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run this user's Python on a script."""
        return subprocess.run(
            [*wrapper, self.python, *arguments],
            check=False,
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "PYTHONPATH": str(self.code),
                "PYTHONDONTWRITEBYTECODE": "1",
                SECRET_NAME: secrets.token_hex(12),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            **self.identity,
        )


def ourselves_are_root() -> bool:
    """Whether both kinds of user can be had."""
    return os.geteuid() == 0


@contextmanager
def person(name: str) -> Iterator[Person]:
    """`root`, or `user`: us if we are not root, else somebody without rights."""
    base = Path(tempfile.mkdtemp(prefix="proctor-battery-"))
    try:
        base.chmod(0o755)  # the copies are for everybody to read
        code, folder = base / "code", base / "work"
        _copy_code(code)
        folder.mkdir()
        if name == "user" and ourselves_are_root():
            yield _ordinary(code, folder)
        else:
            yield Person(name, getattr(sys, "_base_executable", sys.executable), code, folder)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _ordinary(code: Path, folder: Path) -> Person:
    entry = pwd.getpwnam(ORDINARY)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    identity: dict[str, object] = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return Person("user", readable_python() or "", code, folder, identity=identity)


def readable_python() -> str | None:
    """A Python that everybody may run, new enough for Proctor: one below a home folder such as /root is not."""
    own = getattr(sys, "_base_executable", sys.executable)
    usable = (place for place in (own, *PYTHONS) if os.path.exists(place) and _is_for_everybody(Path(place)))
    return next((place for place in usable if _version(place) >= OLDEST), None)


def _is_for_everybody(place: Path) -> bool:
    real = place.resolve()
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (real, *real.parents))


def _version(python: str) -> tuple[int, ...]:
    code = "import sys; print(*sys.version_info[:2])"
    said = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True).stdout
    return tuple(map(int, said.split()))


def _copy_code(place: Path) -> None:
    """Proctor, this battery and the packages in one folder that all may read, wherever they are installed."""
    shutil.copytree(Path(proctor.__file__).parent, place / "proctor")
    for part in Path(__file__).parent.glob("*.py"):
        shutil.copy(part, place)
    for name in PACKAGES:
        _copy_package(name, place)
    for folder, _, names in os.walk(place):
        for name in (".", *names):
            at = Path(folder) / name
            at.chmod(at.stat().st_mode | 0o555 if at.is_dir() else 0o644)


def _copy_package(name: str, place: Path) -> None:
    """Copy a package or a module from where this Python finds it."""
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.origin is not None
    origin = Path(found.origin)
    if found.submodule_search_locations:
        shutil.copytree(origin.parent, place / name)
    else:
        shutil.copy(origin, place)
