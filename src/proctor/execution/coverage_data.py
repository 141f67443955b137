"""Reads what coverage.py measured, from its own JSON report."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """What of one file was run; a branch is (from line, to line), and a negative line is a way out of the scope."""

    path: str
    statements: int
    covered_lines: tuple[int, ...]
    missing_lines: tuple[int, ...]
    branches: int
    covered_branches: int
    missing_branches: tuple[tuple[int, int], ...]

    @property
    def line_rate(self) -> float:
        """Percent of the statements that were run."""
        return _percent(len(self.covered_lines), self.statements)

    @property
    def branch_rate(self) -> float:
        """Percent of the branches that were taken, 100 when there are none."""
        return _percent(self.covered_branches, self.branches)

    @property
    def total_rate(self) -> float:
        """Percent of statements and branches together, as coverage.py counts its total."""
        return _percent(len(self.covered_lines) + self.covered_branches, self.statements + self.branches)


def read_coverage(report: Path, measured_in: Path, root: Path, paths: Iterable[str]) -> dict[str, FileCoverage]:
    """Pick the given paths (relative to `root`) out of a report written in `measured_in`; the unmeasured are absent."""
    files = json.loads(report.read_text("utf-8"))["files"]
    found = {os.path.realpath(measured_in / name): entry for name, entry in files.items()}
    places = {path: os.path.realpath(root / path) for path in paths}
    return {path: parse_file(path, found[place]) for path, place in places.items() if place in found}


def parse_file(path: str, entry: Mapping[str, Any]) -> FileCoverage:
    """Make a record of one file's entry; reports of coverage.py before 6.5 count branches without listing them."""
    summary = entry["summary"]
    return FileCoverage(
        path=path,
        statements=summary["num_statements"],
        covered_lines=tuple(entry["executed_lines"]),
        missing_lines=tuple(entry["missing_lines"]),
        branches=summary.get("num_branches", 0),
        covered_branches=summary.get("covered_branches", 0),
        missing_branches=tuple((start, end) for start, end in entry.get("missing_branches", ())),
    )


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0
