"""The request reader: what a prompt asks for, what is said back, and what is refused."""

import json
import textwrap

import pytest

from proctor.errors import RequestError
from proctor.jobs.testgen.request import Request, read_request

REFERENCE = textwrap.dedent(
    """\
    /effort ultracode
    You are working on a FastAPI e-commerce backend located in ./ecommerce-api.
    The project has near-zero test coverage (4%).
    Your task:
    1. Analyze ALL service layer files under app/services/
    2. For each service file, generate a complete pytest test module with:
    - Unit tests using mocks for all DB calls
    - Integration tests using a real SQLite in-memory DB
    - Edge case tests (empty inputs, invalid IDs, duplicate entries)
    - At minimum 85% branch coverage per module
    3. Update pyproject.toml to include test dependencies
    4. Generate a conftest.py with shared fixtures
    5. Produce a COVERAGE_REPORT.md summarizing what was generated
    Do NOT modify any existing source files. Only create files under tests/.
    After each service is done, run `pytest tests/ --tb=short` and fix any failures
    before moving to the next service.
    """
)


def test_the_reference_prompt_is_understood_completely():
    assert read_request(REFERENCE) == Request(
        prompt=REFERENCE,
        project_hint="./ecommerce-api",
        paths=("app/services/",),
        excluded_paths=(),
        kinds=("unit", "integration", "edge"),
        min_coverage=85.0,
        coverage_kind="branch",
        outputs=("pyproject.toml", "conftest.py", "COVERAGE_REPORT.md"),
        constraints=(
            "no source modification",
            "mocks for all DB calls",
            "in-memory SQLite for integration tests",
            "only files under tests/",
        ),
        allowed_paths=("tests/", "pyproject.toml", "COVERAGE_REPORT.md"),
        test_command="pytest tests/ --tb=short",
        effort="ultracode",
        is_actionable=True,
        understood=(
            "Effort: ultracode.",
            "The project is ./ecommerce-api.",
            "Background, which changes nothing: You are working on a FastAPI e-commerce backend located in"
            " ./ecommerce-api.",
            "Coverage before: 4 % (background, no goal).",
            "Background, which changes nothing: The project has near-zero test coverage (4%).",
            "Write tests for app/services/.",
            "Part of every suite written here: pytest.",
            "Write a pytest module for each source file in question.",
            "Kinds of tests: unit.",
            "Unit tests replace collaborators and database calls by mocks.",
            "Kinds of tests: integration.",
            "Integration tests run on a real SQLite database in memory.",
            "Kinds of tests: edge.",
            "Among the cases: empty inputs, invalid IDs, duplicate entries.",
            "At least 85 % branch coverage per module.",
            "Write or extend pyproject.toml.",
            "Part of every suite written here: test dependencies.",
            "Write or extend conftest.py.",
            "Part of every suite written here: fixtures.",
            "Write or extend COVERAGE_REPORT.md.",
            "No source file and no existing test is modified.",
            "Files are only created under tests/.",
            "After each module, run `pytest tests/ --tb=short`.",
            "Failing tests are mended before the work goes on; the sources stay as they are.",
            "`Only under tests/` and the wish for pyproject.toml, COVERAGE_REPORT.md contradict each other:"
            " files are created under tests/, and those that were asked for by name.",
        ),
        not_understood=(),
        impossible_offline=(),
    )


def test_the_reference_prompt_with_windows_line_ends_reads_the_same():
    plain, windows = read_request(REFERENCE), read_request(REFERENCE.replace("\n", "\r\n"))

    assert windows.to_json() | {"prompt": ""} == plain.to_json() | {"prompt": ""}


def test_an_empty_prompt_means_the_defaults_and_says_so():
    request = read_request("  \n", min_coverage=70, coverage_kind="line", test_command="pytest -q", effort="low")

    assert request == Request(
        prompt="  \n",
        project_hint=None,
        paths=(),
        excluded_paths=(),
        kinds=("unit", "integration", "edge"),
        min_coverage=70,
        coverage_kind="line",
        outputs=(),
        constraints=("no source modification",),
        allowed_paths=("tests/",),
        test_command="pytest -q",
        effort="low",
        is_actionable=True,
        understood=(
            "Nothing was asked for in particular: tests for the project with the settings as they are.",
            "No path is named: the whole project.",
            "No kind of test is asked for by name: unit, integration, edge.",
            "No coverage is named: at least 70 % line coverage per module.",
        ),
        not_understood=(),
        impossible_offline=(),
    )


@pytest.mark.parametrize(
    ("prompt", "paths", "excluded"),
    [
        ("Write tests under src/foo", ("src/foo",), ()),
        ("Tests for foo.py please", ("foo.py",), ()),
        ("Write tests for `pkg/mod.py`.", ("pkg/mod.py",), ()),
        ("Cover ./app/core in full", ("app/core",), ()),
        ("Write tests for app\\services\\user.py", ("app/services/user.py",), ()),
        ("Write tests for src/a.py, src/b.py and lib/c/", ("src/a.py", "src/b.py", "lib/c/"), ()),
        ("Write tests for app/services except app/services/old.py", ("app/services",), ("app/services/old.py",)),
        ("Skip migrations/ and test everything else", (), ("migrations/",)),
        ("Write unit/integration tests for input/output code in src/io", ("src/io",), ()),
        ("Do not touch app/core. Write tests", (), ()),
        ("Write tests for app/models/*.py", ("app/models/",), ()),
        ("Put the tests for src/a.py in tests/unit/", ("src/a.py",), ()),
        ("Only create files under qa/checks/", (), ()),
    ],
)
def test_paths_are_found_however_they_are_named(prompt, paths, excluded):
    request = read_request(prompt)

    assert (request.paths, request.excluded_paths) == (paths, excluded)


@pytest.mark.parametrize(
    ("prompt", "kinds"),
    [
        ("only unit tests", ("unit",)),
        ("Write unit and integration tests for app/", ("unit", "integration")),
        ("Write tests for app/, no integration tests", ("unit", "edge")),
        ("Write tests without edge cases", ("unit", "integration")),
        ("Write unit tests but no integration tests", ("unit",)),
        ("Write tests with edge cases", ("unit", "integration", "edge")),
        ("Write the tests into tests/unit/", ("unit", "integration", "edge")),
        ("Create integration tests only; don't write unit tests", ("integration",)),
    ],
)
def test_kinds_not_named_are_off_when_one_is_named(prompt, kinds):
    assert read_request(prompt).kinds == kinds


def test_a_request_that_rules_out_every_kind_is_an_error():
    with pytest.raises(RequestError, match="no kind of test") as caught:
        read_request("No unit tests, no integration tests, no edge cases")

    assert (caught.value.slug, caught.value.hint) == (
        "no-kind-of-test",
        "ask for at least one of: unit, integration, edge",
    )


@pytest.mark.parametrize(
    ("prompt", "goal"),
    [
        ("Write tests with 90% coverage", (90.0, "branch")),
        ("Raise line coverage from 40% to 72.5 percent", (72.5, "line")),
        ("Reach full branch coverage", (100.0, "branch")),
        ("Coverage is at 12% now", (80.0, "branch")),
        ("At least 70% coverage for app/. At least 85% coverage for lib/", (85.0, "branch")),
    ],
)
def test_the_coverage_goal_is_told_from_the_coverage_now(prompt, goal):
    request = read_request(prompt)

    assert (request.min_coverage, request.coverage_kind) == goal


@pytest.mark.parametrize(
    ("prompt", "rest"),
    [
        ("Write tests and make me a coffee", ("make me a coffee",)),
        ("Write tests with 150% coverage", ("150 % is no coverage that can be reached",)),
        ("Write at most 10 tests per file", ("10",)),
        ("Write tests for UserService", ("UserService",)),
        ("Write tests for the user service", ("user service",)),
        ("Write tests for app.services.user", ("app.services.user",)),
        ("Write tests and update README.md", ("update README.md",)),
        ("Write tests for https://example.com/a", ("https://example.com/a",)),
        ("/effort turbo", ("effort turbo: choose one of low, balanced, high, ultracode",)),
        ("/plan", ("/plan",)),
        ("Schreibe Tests", ("Schreibe Tests",)),
    ],
)
def test_what_no_rule_claims_is_said(prompt, rest):
    assert tuple(line.partition(" (in: ")[0] for line in read_request(prompt).not_understood) == rest


@pytest.mark.parametrize(
    "prompt",
    [
        "Rewrite app/services in Rust",
        "Deploy the application",
        "Translate the docs to German",
        "Fix the bugs in the source",
        "Write load tests for app/",
        "Write end-to-end tests with Playwright",
        "Refactor the services",
        "Add type hints to the code",
        "Delete the old tests",
        "Commit the result",
        "Generate tests for changed files in PR",
        "Install the missing packages",
        "Send the report to slack",
    ],
)
def test_what_cannot_be_done_offline_is_refused_with_a_reason(prompt):
    request = read_request(prompt)

    assert [line.partition(": ")[0] for line in request.impossible_offline] == [prompt]
    assert (request.is_actionable, request.understood, request.paths, request.not_understood) == (False, (), (), ())


def test_a_refused_detail_does_not_cost_the_tests_around_it():
    request = read_request("Use GPT-4 to write the unit tests for app/x.py and deploy the app")

    assert (request.paths, request.kinds, request.is_actionable) == (("app/x.py",), ("unit",), True)
    assert request.impossible_offline == (
        "Use GPT-4 to write the unit tests for app/x.py: the embedded agent works without a model and without a"
        " network",
        "deploy the app: nothing leaves this machine: only tests are written",
    )


def test_an_order_not_to_do_the_impossible_is_no_wish_for_it():
    request = read_request("Write tests. Do not deploy anything. Never fix bugs in the source.")

    assert (request.impossible_offline, request.not_understood) == ((), ())


def test_what_is_told_to_be_left_alone_is_no_output():
    request = read_request("Write tests and a COVERAGE_REPORT.md. Don't touch pyproject.toml. Add no dependencies.")

    assert (request.outputs, request.constraints) == (
        ("COVERAGE_REPORT.md",),
        ("no source modification", "no new dependencies"),
    )


def test_files_may_only_be_created_where_the_prompt_says():
    assert read_request("Put the tests in tests/generated").allowed_paths == ("tests/generated/",)
    assert read_request("Only create files under qa/checks/").allowed_paths == ("qa/checks/",)


def test_a_request_goes_to_json_and_back_unchanged():
    request = read_request(REFERENCE)

    assert Request.from_json(json.loads(json.dumps(request.to_json()))) == request
