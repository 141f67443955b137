import pytest

from proctor.execution.coverage_data import FileCoverage
from proctor.reports.records import Bug, ModuleOutcome, PhaseTime, RunReport, SandboxLine


@pytest.fixture
def coverage():
    def make(path, lines, covered, branches=0, taken=0):
        return FileCoverage(
            path,
            lines,
            tuple(range(1, covered + 1)),
            tuple(range(covered + 1, lines + 1)),
            branches,
            taken,
            tuple((line, line + 1) for line in range(branches - taken)),
        )

    return make


@pytest.fixture
def outcome(coverage):
    def make(path="shop/prices.py", **changes):
        values = {
            "path": path,
            "module": path.removesuffix(".py").replace("/", "."),
            "before": coverage(path, 40, 10, 8, 0),
            "after": coverage(path, 40, 40, 8, 8),
            "passed": 12,
            "xfailed": 0,
            "test_file": f"tests/test_{path.rsplit('/', 1)[-1]}",
            "groups": (),
            "status": "done",
            "note": "",
            "replaced": (),
            "open_branches": (),
        }
        return ModuleOutcome(**values | changes)

    return make


@pytest.fixture
def bug():
    def make(number=1, **changes):
        values = {
            "number": number,
            "path": "shop/prices.py",
            "line": 14,
            "function": "Prices.search",
            "issue": "no guard against None",
            "severity": "medium",
            "evidence": ("`shop/routes.py:9` passes `str | None`", "the sibling `find` guards it"),
            "reproduction": "from shop.prices import Prices\n\nPrices().search(None)\n",
            "test": "tests/test_prices.py::TestSearch::test_search_none",
            "exception": "TypeError: argument of type 'NoneType' is not iterable",
        }
        return Bug(**values | changes)

    return make


@pytest.fixture
def run_report(outcome):
    def make(*modules, **changes):
        values = {
            "project": "shop",
            "modules": modules or (outcome(),),
            "bugs": (),
            "phases": (PhaseTime("Phase 1", 2.04), PhaseTime("Wrap-up", 0.5)),
            "seconds": 3.27,
            "files_written": ("tests/test_prices.py", "COVERAGE_REPORT.md", ".proctor/bugs_found.md"),
            "tokens": 0,
            "sandbox": SandboxLine("soft", "no bubblewrap here"),
            "requirements": (),
            "remedies": (),
            "minimum": 85.0,
            "notes": (),
            "unchanged": False,
            "manifest_digest": "ab" * 32,
        }
        return RunReport(**values | changes)

    return make
