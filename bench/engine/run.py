"""Measures Proctor's engine beside others, each in an environment of its own, and prints the tables as Markdown.

Every figure is the median of several processes; the environments are built before and are not part of the time.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = Path(__file__).resolve().parent / "subjects"
COLUMNS = "ms an agent | of these CPU | ms a replayed agent | of these CPU | peak MB"
KILL_SIZE = 2000
KILL_POINTS = (100, 500, 1000, 1500, 1900)


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine under test: what is installed for it, and the ways in which its fan-out is measured."""

    name: str
    script: str
    packages: tuple[str, ...]
    modes: tuple[tuple[str, str], ...]


ENGINES = (
    Engine("Proctor", "proctor_subject.py", (str(ROOT),), (("normal", "no fsync"), ("full", "fsync in groups"))),
    Engine(
        "LangGraph",
        "langgraph_subject.py",
        ("langgraph", "langgraph-checkpoint-sqlite"),
        (("sqlite", "AsyncSqliteSaver"), ("bare", "nothing kept")),
    ),
    Engine("DBOS", "dbos_subject.py", ("dbos",), (("sqlite", "SQLite"),)),
)


def main() -> int:
    """Build, measure, print."""
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="engine-bench-") as name:
        folder = Path(name)
        pythons = {
            engine.name: environment(engine, options.environments or folder / "environments") for engine in ENGINES
        }
        print_versions(pythons)
        print_fan_outs(pythons, folder, options.runs)
        print_sizes(pythons["Proctor"], folder)
        if not options.no_kills:
            print_kills(pythons, folder)
    return 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="processes per figure; the median counts")
    parser.add_argument("--environments", type=Path, help="a folder in which the environments are kept for next time")
    parser.add_argument("--no-kills", action="store_true", help="leave out the runs that are killed and resumed")
    return parser.parse_args()


def environment(engine: Engine, folder: Path) -> Path:
    """Make an environment with the engine in it, and return its interpreter."""
    place = folder / engine.name.lower()
    python = place / "bin/python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, place], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, *engine.packages], check=True)
    return python


def print_versions(pythons: dict[str, Path]) -> None:
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    for engine in ENGINES:
        if engine.name != "Proctor":
            code = f"from importlib.metadata import version; print(version('{engine.packages[0]}'))"
            done = subprocess.run([pythons[engine.name], "-c", code], check=True, capture_output=True, text=True)
            print(f"- {engine.name} {done.stdout.strip()}")


def print_fan_outs(pythons: dict[str, Path], folder: Path, runs: int) -> None:
    print(f"\n| engine | what is kept | {COLUMNS} |\n{'|---' * 7}|")
    for engine in ENGINES:
        for mode, shown in engine.modes:
            figures = [measured(engine, pythons[engine.name], folder, mode, 1000) for _ in range(runs)]
            print(f"| {engine.name} | {shown} | {shown_figures(figures)} |", flush=True)


def print_sizes(python: Path, folder: Path) -> None:
    print(f"\n| agents in one run of Proctor | {COLUMNS} |\n{'|---' * 6}|")
    for count in (1000, 10_000, 20_000):
        print(f"| {count} | {shown_figures([measured(ENGINES[0], python, folder, 'normal', count)])} |", flush=True)


def shown_figures(figures: Sequence[tuple[float, ...]]) -> str:
    *milliseconds, peak = (statistics.median(column) for column in zip(*figures, strict=True))
    return " | ".join([*("—" if math.isnan(value) else f"{value:.3f}" for value in milliseconds), f"{peak:.0f}"])


def measured(engine: Engine, python: Path, folder: Path, mode: str, count: int) -> tuple[float, ...]:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        command = [python, SUBJECTS / engine.script, mode, str(count), place]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return tuple(map(float, done.stdout.split()[-5:]))


def print_kills(pythons: dict[str, Path], folder: Path) -> None:
    points = " | ".join(f"at call {point}" for point in KILL_POINTS)
    print(f"\nCalls of {KILL_SIZE} that were done again after kill -9:\n\n| engine | {points} |")
    print("|---" * (len(KILL_POINTS) + 1) + "|")
    for engine in ENGINES:
        again = [repeated_calls(engine, pythons[engine.name], folder, point) for point in KILL_POINTS]
        print(f"| {engine.name} | {' | '.join(map(str, again))} |", flush=True)


def repeated_calls(engine: Engine, python: Path, folder: Path, point: int) -> int:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        run_subject(engine, python, "killed", place, point)
        run_subject(engine, python, "resumed", place, point)
        calls = Counter(Path(place, "calls").read_text(encoding="utf-8").split())
    assert len(calls) == KILL_SIZE, f"{engine.name}: {len(calls)} of {KILL_SIZE} calls were made at all"
    return calls.total() - KILL_SIZE


def run_subject(engine: Engine, python: Path, mode: str, place: str, point: int) -> None:
    command: Sequence[str | Path] = [python, SUBJECTS / engine.script, mode, str(KILL_SIZE), place, str(point)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    wanted = -9 if mode == "killed" else 0
    assert done.returncode == wanted, f"{engine.name} {mode}: {done.returncode}: {done.stderr[-2000:]}"


if __name__ == "__main__":
    sys.exit(main())
