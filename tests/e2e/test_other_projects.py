"""Projects of other shapes than the example: what is reached, the same bytes twice, and what people wrote stays."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from command_line import CommandLine, Ended, Suite, copy_project, hashes, new_or_changed
from conftest import DATABASE, PROJECTS, RUNNER, command_line
from environments import environment, once

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

REPORTS = {
    ".proctor/orchestration_plan.json",
    ".proctor/bugs_found.md",
    ".proctor/bugs.json",
    ".proctor/tests.json",
    "COVERAGE_REPORT.md",
    "pyproject.toml",
}
NARROW = "Write unit tests and edge case tests for src/texttools/words.py, at least 80 % branch coverage."
NO_BASE = "what `declarative_base()` returns is not taken for a base: the fixture of the database has an empty block"
WORDS_TESTS = "tests/test_words.py"


@dataclass(frozen=True)
class Runs:
    """One project run twice in two copies, and then once more over its own output in the first."""

    projects: tuple[Path, Path]
    before: dict[str, str]
    after: tuple[dict[str, str], dict[str, str]]
    again: dict[str, str]
    ended: tuple[Ended, Ended, Ended]


def run_thrice(name: str, requirements: str, folder: Path) -> Runs:
    proctor = command_line(folder / "cache")
    target = environment(requirements)
    # A run reads nothing of where the project lies; the folder's own name is the project's.
    projects = (
        copy_project(PROJECTS / name, folder / "one" / name, target),
        copy_project(PROJECTS / name, folder / "another" / name, target),
    )
    before = hashes(projects[0])
    first, second = (proctor("run", project, "--yes", "--fresh") for project in projects)
    after = hashes(projects[0]), hashes(projects[1])
    third = proctor("run", projects[0], "--yes", "--fresh")
    assert proctor.scratch_copies == []
    return Runs(projects, before, after, hashes(projects[0]), (first, second, third))


@pytest.fixture(scope="module")
def text_tools_runs(shared: Path) -> Runs:
    return once(shared, "text-tools-runs", partial(run_thrice, "text-tools", RUNNER))


@pytest.fixture(scope="module")
def library_runs(shared: Path) -> Runs:
    return once(shared, "library-loans-runs", partial(run_thrice, "library-loans", DATABASE))


def assert_only_tests_and_reports_are_new(runs: Runs) -> None:
    new = new_or_changed(runs.before, runs.after[0])
    tests = {path for path in new if path.startswith("tests/")}

    assert new - tests == REPORTS & new
    assert not tests & runs.before.keys()


def reached(runs: Runs, work: Path, source: str) -> dict[str, float]:
    """Branch coverage of the suite in the first copy, which the measuring must not change."""
    rates = Suite(runs.projects[0], work).branch_coverage(source)
    assert hashes(runs.projects[0]) == runs.again
    return rates


class TestTextTools:
    """A library in a `src` layout, without a database and without any test."""

    def test_only_tests_and_reports_are_new(self, text_tools_runs):
        assert_only_tests_and_reports_are_new(text_tools_runs)

    def test_a_missed_gate_is_said_with_its_reason(self, text_tools_runs):
        first = text_tools_runs.ended[0]

        assert first.code in (0, 1)
        assert (first.code == 1) == ("is below 85 %" in first.out)

    def test_two_fresh_runs_write_the_same_bytes(self, text_tools_runs):
        assert text_tools_runs.after[0] == text_tools_runs.after[1]

    def test_a_run_over_its_own_output_changes_nothing(self, text_tools_runs):
        assert text_tools_runs.again == text_tools_runs.after[0]

    def test_a_run_over_its_own_output_changes_no_test_and_ends_the_same_way(self, text_tools_runs):
        assert new_or_changed(text_tools_runs.after[0], text_tools_runs.again) <= {"COVERAGE_REPORT.md"}
        assert text_tools_runs.ended[2].code == text_tools_runs.ended[0].code

    def test_coverage_is_what_was_reached_before_or_better(self, text_tools_runs, tmp_path):
        floor = {"cache": 81, "expressions": 74, "quantities": 94, "settings": 59, "words": 98}
        rates = reached(text_tools_runs, tmp_path, "src/texttools")

        assert [name for name, rate in floor.items() if rates[f"src/texttools/{name}.py"] < rate] == []

    def test_the_suite_is_green_in_any_order_with_the_network_off(self, text_tools_runs, tmp_path):
        ended = Suite(text_tools_runs.projects[0], tmp_path).shuffled_offline(7)

        assert ended.code == 0, ended.out


class TestLibraryLoans:
    """Functions on a session, models of the classic kind, mail and HTTP, a conftest.py and tests of a person."""

    def test_only_tests_and_reports_are_new(self, library_runs):
        assert_only_tests_and_reports_are_new(library_runs)

    def test_a_missed_gate_is_said_with_its_reason(self, library_runs):
        first = library_runs.ended[0]

        assert first.code in (0, 1)
        assert (first.code == 1) == ("is below 85 %" in first.out)

    def test_two_fresh_runs_write_the_same_bytes(self, library_runs):
        assert library_runs.after[0] == library_runs.after[1]

    def test_a_run_over_its_own_output_changes_nothing(self, library_runs):
        assert library_runs.again == library_runs.after[0]
        assert library_runs.ended[2].code == library_runs.ended[0].code

    def test_every_module_that_can_be_called_gets_tests(self, library_runs):
        written = {path for path in library_runs.after[0] if path.startswith("tests/test_")}

        assert written >= {
            f"tests/test_{name}.py" for name in ("catalog", "loans", "mailer", "members", "reminders", "settings")
        }
        assert "not finished" not in library_runs.ended[0].out

    def test_coverage_is_what_was_reached_before_or_better(self, library_runs, tmp_path):
        floor = {"catalog": 10, "loans": 90, "mailer": 98, "members": 98, "reminders": 68, "settings": 48}
        rates = reached(library_runs, tmp_path, "library")

        assert [name for name, rate in floor.items() if rates[f"library/{name}.py"] < rate] == []

    def test_the_suite_is_green_in_any_order_with_the_network_off(self, library_runs, tmp_path):
        ended = Suite(library_runs.projects[0], tmp_path).shuffled_offline(7)

        assert ended.code == 0, ended.out


def test_a_prompt_of_a_persons_own_words_narrows_the_run(proctor: CommandLine, text_tools: Path):
    before = hashes(text_tools)
    ended = proctor("run", text_tools, NARROW, "--yes", "--fresh", "--output-format", "json")
    report = json.loads(ended.out)

    assert ended.code == 0, ended.err
    assert [module["path"] for module in report["modules"]] == ["src/texttools/words.py"]
    assert report["tokens"] == 0
    assert report["minimum"] == 80
    assert new_or_changed(before, hashes(text_tools)) == set(report["files_written"])


def test_what_a_person_wrote_is_kept_and_ours_takes_another_name(proctor: CommandLine, text_tools: Path):
    theirs = {
        "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef greeting():\n    return 'hello'\n",
        WORDS_TESTS: "def test_greeting(greeting):\n    assert greeting == 'hello'\n",
    }
    write(text_tools, theirs)
    before = hashes(text_tools)
    ended = proctor("run", text_tools, NARROW, "--yes", "--fresh")
    new = new_or_changed(before, hashes(text_tools))

    assert ended.code == 0, ended.err
    assert {path: (text_tools / path).read_text() for path in theirs} == theirs
    assert {path for path in new if path.startswith("tests/")} == {"tests/test_words_generated.py"}


def test_a_file_of_ours_that_a_person_edited_is_theirs(proctor: CommandLine, text_tools: Path):
    assert proctor("run", text_tools, NARROW, "--yes", "--fresh").code == 0
    edited = text_tools / WORDS_TESTS
    edited.write_text(edited.read_text() + "\n\ndef test_of_mine():\n    assert True\n")
    before = hashes(text_tools)
    ended = proctor("run", text_tools, NARROW, "--yes", "--fresh")
    after = hashes(text_tools)

    assert ended.code == 0, ended.err
    assert after[WORDS_TESTS] == before[WORDS_TESTS]
    assert {path for path in new_or_changed(before, after) if path.startswith("tests/")} == {
        "tests/test_words_generated.py"
    }


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
