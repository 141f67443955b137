"""Real runs of the command line as child processes, on copies of projects, and what they leave behind."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROCTOR = (sys.executable, "-m", "proctor.cli.main")
STATE = ".proctor"
NOT_COPIED = shutil.ignore_patterns(".venv", "__pycache__", ".pytest_cache", STATE, ".coverage", "*.egg-info")
# What our own test run sets must not reach the runs it starts.
NOT_INHERITED = ("COVERAGE", "COV_", "PYTEST", "PROCTOR", "VIRTUAL_ENV", "PYTHON", "CI")
PATIENCE = 800


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class CommandLine:
    """The command line with a cache folder of its own."""

    cache: Path

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
        return inherited | {"PROCTOR_CACHE_DIR": str(self.cache), "NO_COLOR": "1"} | dict(extra or {})

    def __call__(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Ended:
        command = [*PROCTOR, *map(str, arguments)]
        done = subprocess.run(
            command,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """A run that goes on while the test does something to it; its stderr is to be read line by line."""
        return subprocess.Popen(
            [*PROCTOR, *map(str, arguments)],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def scratch_copies(self) -> list[str]:
        folder = self.cache / "scratch"
        return sorted(os.listdir(folder)) if folder.is_dir() else []


def hashes(root: Path) -> dict[str, str]:
    """The content of every file of a project by its path, without the environment."""
    files = (Path(folder) / name for folder, name in _files(root))
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def _files(root: Path) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".venv"]
        yield from ((folder, name) for name in names if name != ".venv")


def new_or_changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """The paths at which two states of a project differ."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def copy_project(source: Path, target: Path, environment: Path | None = None) -> Path:
    """A copy of a project that uses a given environment."""
    shutil.copytree(source, target, ignore=NOT_COPIED)
    if environment is not None:
        (target / ".venv").symlink_to(environment, target_is_directory=True)
    return target


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Files by path, their texts without the indentation they have in a test."""
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return root


def wait_for(process: subprocess.Popen[str], words: str) -> list[str]:
    """The lines a run said on stderr up to the one that holds the words."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"{words!r} was never said:\n{''.join(lines)}")


OFFLINE = """
import sys

FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


def refuse(event, details):
    if event in FORBIDDEN:
        raise OSError(f"the network is off: {event} {details}")


sys.addaudithook(refuse)
"""
SHUFFLED = """
import os
import random


def pytest_collection_modifyitems(items):
    random.Random(os.environ["SHUFFLE_SEED"]).shuffle(items)
"""


@dataclass(frozen=True)
class Suite:
    """The suite of a project, run by the project's own interpreter and with nothing of Proctor in between."""

    project: Path
    work: Path

    def shuffled_offline(self, seed: int) -> Ended:
        """Run everything in an order of its own, under a hash seed of its own, with the network off."""
        write_files(self.work, {"sitecustomize.py": OFFLINE, "shuffled.py": SHUFFLED})
        env = {"PYTHONHASHSEED": str(seed), "SHUFFLE_SEED": str(seed), "PYTHONPATH": str(self.work)}
        return self._python("-m", "pytest", "-q", "--tb=short", *NO_CACHE, "-p", "shuffled", env=env)

    def branch_coverage(self, *sources: str) -> dict[str, float]:
        """Branches taken, in per cent, by module; a module without branches counts by its lines."""
        env = {"COVERAGE_FILE": str(self.work / "measured.coverage")}
        report = self.work / "coverage.json"
        source = f"--source={','.join(sources)}"
        done = self._python("-m", "coverage", "run", "--branch", source, "-m", "pytest", "-q", *NO_CACHE, env=env)
        assert done.code == 0, done.out
        self._python("-m", "coverage", "json", "-o", str(report), env=env)
        measured = json.loads(report.read_text())["files"]
        return {path: _rate(file["summary"]) for path, file in measured.items() if file["summary"]["num_statements"]}

    def _python(self, *arguments: str, env: Mapping[str, str]) -> Ended:
        clean = CommandLine(self.work).environment({"PYTHONDONTWRITEBYTECODE": "1"} | dict(env))
        done = subprocess.run(
            [str(self.project / ".venv/bin/python"), *arguments],
            cwd=self.project,
            env=clean,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Ended(done.returncode, done.stdout + done.stderr, done.stderr)


NO_CACHE = ("-p", "no:cacheprovider")


def _rate(summary: Mapping[str, int]) -> float:
    if summary["num_branches"]:
        return 100 * summary["covered_branches"] / summary["num_branches"]
    return 100 * summary["covered_lines"] / summary["num_statements"]
