"""Times `proctor run` on copies of the example and prints what it took and what it reached.

The environment is built before and is not part of the time; each run starts from a clean copy, with nothing to reuse.
"""

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/ecommerce-api"
PROMPT = ROOT / "examples/prompt.txt"
ENVIRONMENT = ".venv"
NOT_COPIED = (ENVIRONMENT, "__pycache__", ".pytest_cache", ".coverage", ".proctor")
FINISHED = (0, 1)  # 1: a gate was missed, which is a result too


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run: its wall time seen from outside, its own report, and a digest of what it wrote."""

    seconds: float
    code: int
    report: dict[str, Any]
    digest: str


def main() -> int:
    """Measure and print; the exit code is that of the worst run."""
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="proctor-bench-") as folder:
        project = Path(folder).resolve() / EXAMPLE.name
        make_environment(project)
        measurements = [measure(project, number, options.arguments) for number in range(1, options.runs + 1)]
    sys.stdout.write("\n".join([*tables(measurements), ""]))
    return max(measurement.code for measurement in measurements)


def read_options() -> argparse.Namespace:
    """The command line; what stands behind `--` goes to `proctor run`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how many runs (default: 3)")
    parser.add_argument("arguments", nargs="*", help="more arguments for `proctor run`, behind --")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    return options


def make_environment(project: Path) -> None:
    """The example's own environment, compiled, so that no run pays for the first import."""
    say("building the environment (not timed)")
    project.mkdir(parents=True)
    python = project / ENVIRONMENT / "bin/python"
    base = getattr(sys, "_base_executable", sys.executable)
    pinned = str(EXAMPLE / "requirements-demo.txt")
    uv("venv", "--quiet", "--python", base, str(project / ENVIRONMENT))
    uv("pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), "-r", pinned)


def uv(*arguments: str) -> None:
    """Call the uv that came with Proctor."""
    subprocess.run([sys.executable, "-m", "uv", *arguments], check=True)


def measure(project: Path, number: int, arguments: Sequence[str]) -> Measurement:
    """One run on a clean copy."""
    restore(project)
    say(f"run {number}, load average before it: {os.getloadavg()[0]:.2f}")
    proctor = str(Path(sys.executable).with_name("proctor"))
    prompt = PROMPT.read_text(encoding="utf-8")
    command = [proctor, "run", str(project), prompt, "--yes", "--fresh", "--output-format", "json", *arguments]
    environment = os.environ | {"PROCTOR_CACHE_DIR": str(project.parent / "cache")}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode not in FINISHED:
        sys.exit(f"{done.stderr}\nrun {number} ended with exit code {done.returncode}, so the benchmark stops here")
    report = json.loads(done.stdout)
    return Measurement(seconds, done.returncode, report, digest_of(project, report["files_written"]))


def digest_of(project: Path, names: Iterable[str]) -> str:
    """One hash for the names and bytes of all files that a run wrote."""
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(name.encode() + b"\0" + (project / name).read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def restore(project: Path) -> None:
    """Make the project what the example is, and keep its environment."""
    for place in project.iterdir():
        if place.name == ENVIRONMENT:
            continue
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True, dirs_exist_ok=True)


def tables(measurements: Sequence[Measurement]) -> list[str]:
    """The times of all runs, and what the last one reached."""
    phases = [phase["name"] for phase in measurements[0].report["phases"]]
    times = [row(["run", "wall s", *[f"{name} s" for name in phases], "files"]), row(["---"] * (3 + len(phases)))]
    times += [time_row(str(number), measured, phases) for number, measured in enumerate(measurements, 1)]
    middle = statistics.median(measured.seconds for measured in measurements)
    return [*times, "", *module_table(measurements[-1].report), "", f"median wall time: {middle:.1f} s, {processors()}"]


def time_row(label: str, measured: Measurement, phases: Iterable[str]) -> str:
    """One run's line."""
    spent = {phase["name"]: phase["seconds"] for phase in measured.report["phases"]}
    return row(
        [label, f"{measured.seconds:.1f}", *[f"{spent.get(name, 0):.1f}" for name in phases], f"`{measured.digest}`"]
    )


def module_table(report: dict[str, Any]) -> list[str]:
    """Coverage before and after, by module."""
    head = ["module", "lines %", "branches %", "tests", "xfailed"]
    return [row(head), row(["---"] * len(head)), *[module_row(module) for module in report["modules"]]]


def module_row(module: dict[str, Any]) -> str:
    """One module's line."""
    rates = [f"{rate(module['before'], kind)} → {rate(module['after'], kind)}" for kind in ("line_rate", "branch_rate")]
    return row([f"`{module['path']}`", *rates, str(module["passed"]), str(module["xfailed"])])


def rate(coverage: dict[str, Any] | None, kind: str) -> str:
    """A rate as the report shows it; a dash where nothing was measured."""
    return "–" if coverage is None or coverage[kind] is None else f"{coverage[kind]:.1f}"


def row(cells: Iterable[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def processors() -> str:
    """How many cores this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{count} cores"


def say(text: str) -> None:
    """Progress goes to stderr, so that stdout is the table alone."""
    sys.stderr.write(f"==> {text}\n")


if __name__ == "__main__":
    sys.exit(main())
