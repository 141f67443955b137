"""Coverage records agree with what coverage.py says of the same run."""

import json
from pathlib import Path

import pytest

from proctor.execution.coverage_data import FileCoverage, parse_file, read_coverage

ENTRY = {
    "executed_lines": [1, 2, 4],
    "missing_lines": [3],
    "summary": {"num_statements": 4, "num_branches": 2, "covered_branches": 1},
    "missing_branches": [[2, 3]],
}
RECORD = FileCoverage("app/a.py", 4, (1, 2, 4), (3,), 2, 1, ((2, 3),))


def test_an_entry_becomes_a_record() -> None:
    assert parse_file("app/a.py", ENTRY) == RECORD


def test_rates_are_percent_of_lines_of_branches_and_of_both() -> None:
    assert (RECORD.line_rate, RECORD.branch_rate) == (75.0, 50.0)
    assert RECORD.total_rate == pytest.approx(100 * 4 / 6)


def test_a_file_without_statements_or_branches_is_fully_covered() -> None:
    empty = FileCoverage("a.py", 0, (), (), 0, 0, ())

    assert (empty.line_rate, empty.branch_rate, empty.total_rate) == (100.0, 100.0, 100.0)


def test_an_entry_without_branches_listed_keeps_their_number() -> None:
    old = {name: value for name, value in ENTRY.items() if name != "missing_branches"}

    assert parse_file("a.py", old) == FileCoverage("a.py", 4, (1, 2, 4), (3,), 2, 1, ())


def test_files_are_found_by_place_and_unmeasured_ones_are_absent(tmp_path: Path) -> None:
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": {"app/a.py": ENTRY, str(tmp_path / "work" / "b.py"): ENTRY}}))

    found = read_coverage(report, tmp_path / "work", tmp_path / "work", ["./app/a.py", "b.py", "c.py"])

    assert found == {"./app/a.py": parse_file("./app/a.py", ENTRY), "b.py": parse_file("b.py", ENTRY)}
