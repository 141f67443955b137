"""Written modules: they parse, pass under a real pytest, are clean, and read well."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from ruff.__main__ import find_ruff_bin

from proctor.writing.formatting import formatted
from proctor.writing.module import ModuleContents, render_module

REPORT = """
import json, os

class Record:
    def __init__(self, path):
        self.path, self.lines = path, []

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.lines.append([report.nodeid.partition("::")[2], report.outcome])

    def pytest_sessionfinish(self):
        with open(self.path, "w") as file:
            json.dump(self.lines, file)

def pytest_configure(config):
    config.pluginmanager.register(Record(os.environ["RECORD"]))
"""


def run_pytest(root: Path, record: Path, *options: str) -> dict[str, str]:
    """Run the project's tests in a process of its own; how each ended, by its name."""
    (record.parent / "record_plugin.py").write_text(REPORT)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(root), str(record.parent)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "RECORD": str(record),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "record_plugin", "-p", "no:cacheprovider", "-W", "error"]
    done = subprocess.run(
        [*command, *options, "tests"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert record.is_file(), done.stdout + done.stderr
    return dict(json.loads(record.read_text()))


# Two tests behind one id, which pytest numbers: see the expected failure below.


def functions(source: str) -> list[tuple[str, ast.FunctionDef]]:
    return [
        (cls.name, node)
        for cls in ast.parse(source).body
        if isinstance(cls, ast.ClassDef)
        for node in cls.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
    ]


def test_a_written_module_passes_in_a_random_order(suite, tmp_path):
    outcomes = run_pytest(suite.root, tmp_path / "record.json", "--randomly-seed=7")

    assert (set(outcomes.values()), len(outcomes)) == ({"passed"}, suite.module.count)
    assert set(suite.module.cases()) == set(outcomes)


def complaints(root: Path, rules: str) -> list[str]:
    command = [find_ruff_bin(), "check", "--isolated", "--no-cache", "--select", rules, "--line-length", "100"]
    options = ["--output-format", "json", "tests"]
    done = subprocess.run([*command, *options], cwd=root, capture_output=True, text=True, check=False)
    return [item["code"] for item in json.loads(done.stdout)]


def test_a_written_module_is_clean(suite):
    found = complaints(suite.root, "E9,F,B,PT,I")

    assert [code for code in found if code not in ("PT006", "PT011")] == []


def test_the_names_of_parameters_are_a_tuple(suite_of):
    assert complaints(suite_of("plain").root, "PT006") == []


def test_a_broad_exception_is_matched_by_the_stable_part_of_its_message(suite_of):
    assert complaints(suite_of("values").root, "PT011") == []


def test_a_written_module_is_formatted_and_stays_so(suite):
    assert formatted(suite.source, "tests/test_lab.py", suite.root) == suite.source
    assert formatted(suite.conftest, "tests/conftest.py", suite.root) == suite.conftest


def test_the_same_cases_give_the_same_text(suite):
    contents = ModuleContents(
        "lab",
        suite.cases,
        {case.target: suite.lab.base(case.target) for case in suite.cases},
        suite.lab.report.models,
    )

    assert render_module(contents).source == suite.module.source


def test_every_case_is_one_test(suite):
    written = Counter((case.target, case.kind, case.raises) for case in suite.module.cases().values())

    assert written <= Counter((case.target, case.kind, case.raises) for case in suite.cases)
    assert {target for target, _, _ in written} == {case.target for case in suite.cases}


def test_every_test_of_a_family_has_an_identity_of_its_own(suite_of):
    module = suite_of("plain").module

    assert len(module.cases()) == module.count


def test_names_are_distinct_and_end_in_a_word(suite):
    names = [(cls, node.name) for cls, node in functions(suite.source)]

    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for _, name in names if re.search(r"[\d_]$|__", name)] == []
    assert [name for _, name in names if len(name) > 100] == []
    assert [name for name, _ in names if not re.fullmatch(r"Test[A-Z]\w*[A-Za-z]", name)] == []


def test_unit_tests_have_a_mock_and_integration_tests_a_database(suite_of):
    suite = suite_of("ledger")
    asked = {(cls, node.name): {argument.arg for argument in node.args.args} for cls, node in functions(suite.source)}
    real = {"save", "count", "db_session", "ledger"}
    mocked = {"mock_session", "ledger_on_mock"}

    fixtures = [
        (case.kind, bool(real & names), bool(mocked & names))
        for nodeid, case in suite.module.cases().items()
        for names in [asked[tuple(nodeid.partition("[")[0].split("::"))]]
    ]
    assert set(fixtures) == {("unit", False, True), ("integration", True, False)}


def test_odd_names_keep_nothing_from_being_tested(suite_of):
    targets = {case.target.partition(".")[0] for case in suite_of("names").module.cases().values()}

    assert targets == {"tee", "__Hidden", "days_after", "sorted", "record_of"}


def test_nothing_is_imported_twice_and_no_module_of_the_tool_is(suite):
    imported = [
        alias.asname or alias.name
        for node in ast.walk(ast.parse(suite.source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]

    assert sorted(set(imported)) == sorted(imported)
    assert "proctor" not in suite.source + suite.conftest


def test_no_fixture_is_written_that_nobody_asks_for(suite):
    asked = {
        argument.arg
        for source in (suite.source, suite.conftest)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        for argument in node.args.args
    }
    made = [
        node.name
        for node in ast.parse(suite.conftest).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]

    assert [name for name in made if name not in asked] == []
