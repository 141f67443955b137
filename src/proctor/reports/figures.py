"""The numbers of the reports: totals that weigh by statements and branches, and how a rate is shown."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from proctor.execution.coverage_data import FileCoverage
from proctor.reports.records import ModuleOutcome

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much was run, of one file or of many together."""

    statements: int
    covered_statements: int
    branches: int
    covered_branches: int

    @property
    def line_rate(self) -> float | None:
        """Percent of the statements that were run, None when there are none."""
        return _rate(self.covered_statements, self.statements)

    @property
    def branch_rate(self) -> float | None:
        """Percent of the branches that were taken, None when there are none."""
        return _rate(self.covered_branches, self.branches)


def coverage_of(*files: FileCoverage) -> Coverage:
    """What the files come to together."""
    return Coverage(
        statements=sum(file.statements for file in files),
        covered_statements=sum(len(file.covered_lines) for file in files),
        branches=sum(file.branches for file in files),
        covered_branches=sum(file.covered_branches for file in files),
    )


def total_before(modules: Iterable[ModuleOutcome]) -> Coverage | None:
    """The coverage that the modules had together, None when none was measured."""
    files = [module.before for module in modules if module.before]
    return coverage_of(*files) if files else None


def total_after(modules: Iterable[ModuleOutcome]) -> Coverage | None:
    """The coverage that the modules have together, None when none was measured."""
    files = [module.after for module in modules if module.after]
    return coverage_of(*files) if files else None


def shown_rate(rate: float, minimum: float) -> float:
    """The rate with one decimal; one that misses the minimum, or 100, never reads as if it had reached it."""
    rounded = round(rate, 1)
    if any(rate < limit <= rounded for limit in (minimum, 100.0)):
        return math.floor(rate * 10) / 10
    return rounded


def rate_text(rate: float | None, minimum: float) -> str:
    """The rate as text without the percent sign, or a dash."""
    return NOTHING if rate is None else f"{shown_rate(rate, minimum):.1f}"


def in_order(modules: Iterable[ModuleOutcome]) -> list[ModuleOutcome]:
    """The modules by path, so that the order in which they were finished leaves no trace."""
    return sorted(modules, key=lambda module: module.path)


def counted(number: int, one: str, many: str) -> str:
    """The number with the noun that goes with it."""
    return f"{number} {one if number == 1 else many}"


def _rate(part: int, whole: int) -> float | None:
    return 100.0 * part / whole if whole else None
