"""Times what Proctor does with a project's files before and after a run: manifest, scratch copy, removal, proof."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from proctor.project.earlier import keep_earlier
from proctor.project.manifest import Manifest, take_manifest
from proctor.project.scratch import scratch_copy

LINE = "x = 1  # a line of source, as long as many are\n"
T = TypeVar("T")
FILES_IN_A_FOLDER, LONGEST = 50, 150


def main() -> None:
    """Measure each size in a process of its own, as the memory shown is the most that a process ever had."""
    options = read_options()
    if options.measure:
        measure(options.measure, options.files[0])
        return
    show(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}\n")
    show("| files | manifest s | digest s | scratch copy s | kept aside s | comparison s | removal s | memory MB |")
    show("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="proctor-bench-") as folder:
        for count in options.files:
            root = make_project(Path(folder) / f"project-{count}", count)
            command = [sys.executable, __file__, "--measure", str(root), "--files", str(count)]
            subprocess.run(command, check=True)


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[8_000, 100_000])
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def make_project(root: Path, count: int) -> Path:
    """A project of modules of 20 to 170 lines, 50 in a folder."""
    for number in range(count):
        folder = root / f"package_{number // 5_000}" / f"part_{number // FILES_IN_A_FOLDER}"
        if number % FILES_IN_A_FOLDER == 0:
            folder.mkdir(parents=True)
        (folder / f"module_{number}.py").write_text(f"# {number}\n" + LINE * (20 + number % LONGEST))
    return root


def measure(root: Path, count: int) -> None:
    """Print one row of the table."""
    before, manifest = timed(lambda: take_manifest(root))
    _, digest = timed(lambda: before.digest)
    copy = scratch_copy(root, base=root.parent / "cache")
    entered, copying = timed(copy.__enter__)
    _, aside = timed(lambda: keep_earlier(root, before, entered.path))
    _, comparison = timed(lambda: compare(before, root))
    _, removal = timed(lambda: copy.__exit__(None, None, None))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures = " | ".join(f"{seconds:.2f}" for seconds in (manifest, digest, copying, aside, comparison, removal))
    show(f"| {count:,} | {figures} | {memory} |")


def compare(before: Manifest, root: Path) -> None:
    """Look again and compare, as it is done at the end of a run."""
    if before.differences(take_manifest(root)):
        raise SystemExit("the project changed while it was measured")


def show(line: str) -> None:
    """A line of the table, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gave, and the seconds it took."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


if __name__ == "__main__":
    main()
