"""COVERAGE_REPORT.md: what is covered, what is not and why, and how to see it for oneself.

No time, date, machine path or anything else of the single run is in it: equal work gives equal bytes.
"""

import shlex
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import PurePosixPath

from proctor.reports.bugs import bug_table
from proctor.reports.figures import (
    NOTHING,
    Coverage,
    counted,
    coverage_of,
    in_order,
    rate_text,
    total_after,
    total_before,
)
from proctor.reports.markdown import code, code_block, prose, table
from proctor.reports.mutation import noticed_section
from proctor.reports.records import ModuleOutcome, RunReport

_HEADER = (
    "Module",
    "Statements",
    "Branches",
    "Before (line / branch)",
    "After (line / branch)",
    "Tests",
    "xfail",
    "Status",
)


def render_coverage_report(report: RunReport) -> str:
    """The page for the project's own repository."""
    modules = in_order(report.modules)
    sections = [
        [f"# Coverage of {prose(report.project)}"],
        _coverage(modules, report.minimum),
        _generated(modules),
        noticed_section(modules),
        ["## Known bugs", "", *_known_bugs(report)],
        ["## What is not covered, and why", "", *_open_ends(modules)],
        ["## How to run the tests", "", *_how_to_run(modules, report.requirements)],
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _coverage(modules: Sequence[ModuleOutcome], minimum: float) -> list[str]:
    if not modules:
        return ["No module was worked on."]
    rows = [_module_row(module, minimum) for module in modules]
    return [*table(_HEADER, [*rows, _total_row(modules, minimum)]), "", *_unmeasured(modules), *_legend(minimum)]


def _legend(minimum: float) -> list[str]:
    return [
        f"Rates are percentages; the minimum for a module is {minimum:.1f}. "
        "The totals count statements and branches, not modules."
    ]


def _module_row(module: ModuleOutcome, minimum: float) -> list[str]:
    before = coverage_of(module.before) if module.before else None
    after = coverage_of(module.after) if module.after else None
    numbers = [*_sizes(after or before), _rates(before, minimum), _rates(after, minimum)]
    return [code(module.path), *numbers, str(module.passed), str(module.xfailed), _status(module, minimum)]


def _total_row(modules: Sequence[ModuleOutcome], minimum: float) -> list[str]:
    before, after = total_before(modules), total_after(modules)
    tests = [str(sum(module.passed for module in modules)), str(sum(module.xfailed for module in modules))]
    done = sum(module.status == "done" for module in modules)
    numbers = [*_sizes(after or before), _rates(before, minimum), _rates(after, minimum), *tests]
    return ["**Total**", *numbers, f"{done} of {len(modules)} done"]


def _sizes(coverage: Coverage | None) -> list[str]:
    return [str(coverage.statements), str(coverage.branches)] if coverage else [NOTHING, NOTHING]


def _rates(coverage: Coverage | None, minimum: float) -> str:
    if coverage is None:
        return "not measured"
    return f"{rate_text(coverage.line_rate, minimum)} / {rate_text(coverage.branch_rate, minimum)}"


def _status(module: ModuleOutcome, minimum: float) -> str:
    return f"below {minimum:.1f}" if module.status == "below" else module.status


def _unmeasured(modules: Sequence[ModuleOutcome]) -> list[str]:
    """Which modules a total leaves out; without this, two totals over different modules would be compared."""
    notes = []
    for when, missing in (
        ("before", [module.path for module in modules if module.before is None]),
        ("after", [module.path for module in modules if module.after is None]),
    ):
        if missing and len(missing) < len(modules):
            notes += [f"Not in the total {when}: {', '.join(map(code, missing))}.", ""]
    return notes


def _known_bugs(report: RunReport) -> list[str]:
    if not report.bugs:
        return ["None found."]
    lead = "The tests that show them are marked `xfail(strict=True)` and fail once the bug is fixed."
    return [*bug_table(report.bugs), "", lead]


def _open_ends(modules: Sequence[ModuleOutcome]) -> list[str]:
    if not modules:
        return ["No module was worked on, so nothing is known."]
    sections = [section for module in modules if (section := _open_end(module))]
    lines = [line for section in sections for line in [*section, ""]]
    return lines[:-1] or ["Nothing: every statement and every branch of the modules above is run."]


def _open_end(module: ModuleOutcome) -> list[str]:
    reasons = [prose(module.note)] if module.note and module.status != "done" else []
    if module.after is None:
        reasons.append(f"The coverage was not measured; the work on this module ended as {module.status}.")
    elif module.after.missing_lines:
        reasons.append(f"Lines that no test runs: {_ranges(module.after.missing_lines)}.")
    reasons += [prose(branch) for branch in module.open_branches] or _unexplained_branches(module)
    return [f"### {code(module.path)}", "", *[f"- {reason}" for reason in reasons]] if reasons else []


def _unexplained_branches(module: ModuleOutcome) -> list[str]:
    missing = module.after.branches - module.after.covered_branches if module.after else 0
    return [f"{counted(missing, 'branch', 'branches')} not taken."] if missing else []


def _ranges(lines: Iterable[int]) -> str:
    """Line numbers as coverage.py shows them: 42-43, 68."""
    # Neighbours keep the same distance to their place in the sequence.
    runs = groupby(enumerate(sorted(lines)), key=lambda pair: pair[1] - pair[0])
    ends = [[line for _, line in run] for _, run in runs]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in ends)


def _generated(modules: Iterable[ModuleOutcome]) -> list[str]:
    lines = [f"- {code(module.path)}: {'; '.join(_made_for(module))}." for module in modules if module.test_file]
    return ["## What was generated", "", *lines] if lines else []


def _made_for(module: ModuleOutcome) -> list[str]:
    facts = [code(module.test_file or "")]
    if module.groups:
        facts.append(f"written in {len(module.groups)} logical groups ({', '.join(map(prose, module.groups))})")
    if module.replaced:
        facts.append(f"calls that leave the project are replaced ({', '.join(map(code, module.replaced))})")
    return [*facts, prose(module.note.rstrip("."))] if module.status == "done" and module.note else facts


def _how_to_run(modules: Sequence[ModuleOutcome], requirements: Sequence[str]) -> list[str]:
    files = [module.test_file for module in modules if module.test_file]
    if not files:
        return ["No test file was written."]
    tests = " ".join(map(shlex.quote, _folders(files)))
    measured = " ".join(shlex.quote(f"--cov={folder}") for folder in _folders(module.path for module in modules))
    commands = f"python -m pytest {tests}\npython -m pytest {tests} {measured} --cov-branch --cov-report=term-missing"
    return [*code_block(commands, "sh"), "", "The second one needs pytest-cov.", *_needed(requirements)]


def _needed(requirements: Sequence[str]) -> list[str]:
    return (
        ["", f"The project's requirements should also have {', '.join(map(code, requirements))}."]
        if requirements
        else []
    )


def _folders(paths: Iterable[str]) -> list[str]:
    return sorted({str(PurePosixPath(path).parent) for path in paths})
