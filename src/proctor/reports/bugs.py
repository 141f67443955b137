"""The bugs that were found, for a reader (Markdown) and for a program (JSON)."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from proctor.reports.markdown import code, code_block, prose, table
from proctor.reports.records import Bug

_NONE_FOUND = "None found: no failure came with evidence that the source is wrong."


def render_bugs(bugs: Iterable[Bug]) -> str:
    """The page that lists the bugs, each with its evidence and how to see it."""
    found = _by_number(bugs)
    lines = ["# Bugs found", ""]
    if not found:
        return "\n".join([*lines, _NONE_FOUND, ""])
    lines += [*bug_table(found), ""]
    for bug in found:
        lines += [*_section(bug), ""]
    return "\n".join(lines)


def bugs_json(bugs: Iterable[Bug]) -> str:
    """The bugs as a JSON document."""
    return json.dumps({"version": 1, "bugs": [asdict(bug) for bug in _by_number(bugs)]}, indent=2) + "\n"


def bug_table(bugs: Iterable[Bug]) -> list[str]:
    """The lines of the table with one row a bug."""
    return table(["#", "File", "Method", "Issue", "Severity"], map(_row, _by_number(bugs)))


def _by_number(bugs: Iterable[Bug]) -> list[Bug]:
    return sorted(bugs, key=lambda bug: bug.number)


def _row(bug: Bug) -> list[str]:
    return [str(bug.number), code(bug.path), code(f"{bug.function}()"), prose(bug.issue), bug.severity.capitalize()]


def _section(bug: Bug) -> list[str]:
    return [
        f"## {bug.number}. {code(f'{bug.function}()')}: {prose(bug.issue)}",
        "",
        f"{code(f'{bug.path}:{bug.line}')} raises {code(bug.exception)}. Severity: {bug.severity}.",
        "",
        *_evidence(bug),
        "Reproduction:",
        "",
        *code_block(bug.reproduction, "python"),
        "",
        f"Test: {code(bug.test)} is marked `xfail(strict=True)`. Once the bug is fixed it fails: remove the mark then.",
    ]


def _evidence(bug: Bug) -> list[str]:
    return ["Evidence:", "", *[f"- {prose(text)}" for text in bug.evidence], ""] if bug.evidence else []
