"""How a run ended: the text that closes it in the terminal, and the same for a program."""

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from proctor.execution.coverage_data import FileCoverage
from proctor.reports.figures import (
    NOTHING,
    Coverage,
    counted,
    coverage_of,
    in_order,
    rate_text,
    shown_rate,
    total_after,
    total_before,
)
from proctor.reports.records import Bug, ModuleOutcome, RunReport, Status

_WIDTH = 100
_NAME_WIDTH = 40
_LABEL_WIDTH = 26
_STATUSES: tuple[Status, ...] = ("done", "below", "failed", "skipped")


def render_summary(report: RunReport) -> str:
    """The plain text at the end of a run, no line over 100 columns."""
    modules = in_order(report.modules)
    lines = [
        *_wrap(f"{_headline(report)} Summary:", "", ""),
        *_counts(report),
        *_block("Coverage before and after:", _coverage_table(modules, report.minimum)),
        *_block("Left open:", _items(_left_open(modules))),
        *_block("Mended on the way:", _items(report.remedies)),
        *_block("Add to the project's requirements:", _items(report.requirements)),
        *_block("Notes:", _items(report.notes)),
        *_block("Time:", _times(report)),
        "",
        *_fact("Sandbox", str(report.sandbox)),
        *_fact("Manifest", report.manifest_digest),
        *_fact("Read", ", ".join(path for path in report.files_written if path.endswith(".md"))),
    ]
    return "\n".join(lines) + "\n"


def summary_json(report: RunReport) -> str:
    """All of the report as a JSON document, with totals and rates."""
    modules = in_order(report.modules)
    data = asdict(report) | {
        "version": 1,
        "modules": [_module_data(module, report.minimum) for module in modules],
        "bugs": [asdict(bug) for bug in _by_number(report.bugs)],
        "totals": _totals_data(modules, report.minimum),
    }
    return json.dumps(data, indent=2) + "\n"


def _headline(report: RunReport) -> str:
    unfinished = sum(module.status in ("failed", "skipped") for module in report.modules)
    below = sum(module.status == "below" for module in report.modules)
    if unfinished:
        # Never "complete" with a module that nobody finished.
        return f"Workflow ended with {unfinished} of {counted(len(report.modules), 'module', 'modules')} not finished."
    if below:
        return f"Workflow complete, {counted(below, 'module', 'modules')} below the minimum of {report.minimum:.1f} %."
    return "Workflow complete, nothing to change." if report.unchanged else "Workflow complete."


def _counts(report: RunReport) -> list[str]:
    passed = sum(module.passed for module in report.modules)
    xfailed = sum(module.xfailed for module in report.modules)
    known = " (known bugs documented)" if xfailed else ""
    return [
        *_fact("Files created or changed", str(len(report.files_written))),
        *_fact("Tests written", f"{passed} passing, {xfailed} xfailed{known}"),
        *_fact("Bugs found", _bugs_text(report.bugs)),
        *_fact("Modules", _census(report.modules)),
        *_fact("Tokens", str(report.tokens)),
    ]


def _bugs_text(bugs: Iterable[Bug]) -> str:
    found = _by_number(bugs)
    named = "; ".join(f"{bug.path}:{bug.line} {bug.function}: {bug.issue}" for bug in found)
    return f"{len(found)} ({named})" if found else "0"


def _by_number(bugs: Iterable[Bug]) -> list[Bug]:
    return sorted(bugs, key=lambda bug: bug.number)


def _census(modules: Iterable[ModuleOutcome]) -> str:
    counts = Counter(module.status for module in modules)
    return ", ".join(f"{counts[status]} {status}" for status in _STATUSES if counts[status]) or "none"


def _coverage_table(modules: Sequence[ModuleOutcome], minimum: float) -> list[str]:
    if not modules:
        return []
    header = ["Module", "lines %", "branches %", "tests", "xfailed", "status"]
    table = [header, *[_module_row(module, minimum) for module in modules], _total_row(modules, minimum)]
    width = max(len(row[0]) for row in table)
    return [_aligned(row, width) for row in table]


def _module_row(module: ModuleOutcome, minimum: float) -> list[str]:
    before = coverage_of(module.before) if module.before else None
    after = coverage_of(module.after) if module.after else None
    rates = _changes(before, after, minimum)
    return [_shortened(module.path), *rates, str(module.passed), str(module.xfailed), module.status]


def _total_row(modules: Sequence[ModuleOutcome], minimum: float) -> list[str]:
    rates = _changes(total_before(modules), total_after(modules), minimum)
    passed, xfailed = sum(module.passed for module in modules), sum(module.xfailed for module in modules)
    measured = all(module.before and module.after for module in modules)
    return ["Total" if measured else "Total of what was measured", *rates, str(passed), str(xfailed), ""]


def _changes(before: Coverage | None, after: Coverage | None, minimum: float) -> list[str]:
    lines = [rate_text(side.line_rate, minimum) if side else NOTHING for side in (before, after)]
    branches = [rate_text(side.branch_rate, minimum) if side else NOTHING for side in (before, after)]
    return [f"{old:>5} → {new:>5}" for old, new in (lines, branches)]


def _aligned(row: Sequence[str], width: int) -> str:
    path, lines, branches, tests, xfailed, status = row
    return f"  {path:<{width}}  {lines:>13}  {branches:>13}  {tests:>5}  {xfailed:>7}  {status}".rstrip()


def _shortened(name: str) -> str:
    text = _printable(name)
    return text if len(text) <= _NAME_WIDTH else f"…{text[1 - _NAME_WIDTH :]}"


def _left_open(modules: Iterable[ModuleOutcome]) -> list[str]:
    notes = [f"{module.path}: {module.status}: {module.note}" for module in modules if module.note]
    grouped = [(module.path, len(module.open_branches)) for module in modules if module.open_branches]
    return [*notes, *[f"{path}: {counted(number, 'branch', 'branches')} not taken" for path, number in grouped]]


def _times(report: RunReport) -> list[str]:
    times = [*((phase.name, phase.seconds) for phase in report.phases), ("Total", report.seconds)]
    return [line for name, seconds in times for line in _fact(name, f"{seconds:.1f} s")]


def _fact(label: str, text: str) -> list[str]:
    """A label with its text beside it; nothing when there is no text."""
    return _wrap(text, f"  {_shortened(label) + ':':<{_LABEL_WIDTH}}", " " * (_LABEL_WIDTH + 2)) if text else []


def _items(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in _wrap(text, "  - ", "    ")]


def _block(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _wrap(text: str, first: str, rest: str) -> list[str]:
    # A word that is too long is cut, because a path of any length can stand in these texts.
    return textwrap.wrap(_printable(text), _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _printable(text: str) -> str:
    """The text on one line and without control characters: messages of the project's code go to a terminal here."""
    line = " ".join(text.split())
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)


def _module_data(module: ModuleOutcome, minimum: float) -> dict[str, Any]:
    sides = {"before": _file_data(module.before, minimum), "after": _file_data(module.after, minimum)}
    return asdict(module) | sides


def _file_data(file: FileCoverage | None, minimum: float) -> dict[str, Any] | None:
    if file is None:
        return None
    missing = {"missing_lines": file.missing_lines, "missing_branches": file.missing_branches}
    return _coverage_data(coverage_of(file), minimum) | missing


def _totals_data(modules: Sequence[ModuleOutcome], minimum: float) -> dict[str, Any]:
    before, after = total_before(modules), total_after(modules)
    return {
        "passed": sum(module.passed for module in modules),
        "xfailed": sum(module.xfailed for module in modules),
        "before": _coverage_data(before, minimum) if before else None,
        "after": _coverage_data(after, minimum) if after else None,
    }


def _coverage_data(coverage: Coverage, minimum: float) -> dict[str, Any]:
    rates = {"line_rate": coverage.line_rate, "branch_rate": coverage.branch_rate}
    shown = {name: None if rate is None else shown_rate(rate, minimum) for name, rate in rates.items()}
    return asdict(coverage) | shown
