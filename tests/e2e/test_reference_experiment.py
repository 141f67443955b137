"""The reference experiment: one real run of the article's prompt on the example, looked at from every side.

The run is made once, whoever of the workers of a parallel test run comes first.
"""

import ast
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import REPOSITORY, Ended, Suite, copy_project, hashes, new_or_changed
from conftest import command_line
from environments import environment, once

from proctor.workflow.plan import read_plan

pytestmark = [
    pytest.mark.e2e,
    # against a hang only: the first test waits for the run, which a busy machine makes slow
    pytest.mark.timeout(900),
]

EXAMPLE = REPOSITORY / "examples/ecommerce-api"
PROMPT = (REPOSITORY / "examples/prompt.txt").read_text(encoding="utf-8")
SERVICES = ("order", "payment", "product", "user")
GENERATED = {f"tests/test_{name}_service.py" for name in SERVICES}
STATE = {".proctor/orchestration_plan.json", ".proctor/bugs_found.md", ".proctor/bugs.json", ".proctor/tests.json"}
WRITTEN = GENERATED | STATE | {"tests/conftest.py", "COVERAGE_REPORT.md", "pyproject.toml"}


@dataclass(frozen=True)
class Experiment:
    """The project after the run, what it was before, and what the run said."""

    project: Path
    before: dict[str, str]
    after: dict[str, str]
    ended: Ended
    scratch_copies: list[str]

    def read(self, path: str) -> str:
        return (self.project / path).read_text(encoding="utf-8")

    def tree(self, path: str) -> ast.Module:
        return ast.parse(self.read(path))


@pytest.fixture(scope="module")
def experiment(shared: Path) -> Experiment:
    return once(shared, "experiment", run_the_experiment)


def run_the_experiment(folder: Path) -> Experiment:
    shop = environment((EXAMPLE / "requirements-demo.txt").read_text())
    project = copy_project(EXAMPLE, folder / "ecommerce-api", shop)
    proctor = command_line(folder / "cache")
    before = hashes(project)
    ended = proctor("run", project, PROMPT, "--yes", "--fresh")
    return Experiment(project, before, hashes(project), ended, proctor.scratch_copies)


@pytest.fixture
def suite(experiment: Experiment, tmp_path: Path) -> Suite:
    return Suite(experiment.project, tmp_path)


def test_the_run_ends_with_all_gates_held(experiment):
    assert experiment.ended.code == 0, experiment.ended.err + experiment.ended.out


def test_nothing_but_the_promised_files_is_new_or_different(experiment):
    assert new_or_changed(experiment.before, experiment.after) == WRITTEN


def test_sources_and_the_tests_that_were_there_keep_their_content(experiment):
    theirs = {path for path in experiment.before if path != "pyproject.toml"}

    assert {path: experiment.after.get(path) for path in theirs} == {path: experiment.before[path] for path in theirs}


def test_every_service_has_nine_in_ten_branches_taken_when_measured_afresh(experiment, suite):
    rates = suite.branch_coverage("app/services")
    service_rates = {path: rate for path, rate in rates.items() if path.endswith("_service.py")}

    assert sorted(service_rates) == [f"app/services/{name}_service.py" for name in SERVICES]
    assert {path: rate for path, rate in service_rates.items() if rate < 90} == {}
    assert hashes(experiment.project) == experiment.after


@pytest.mark.parametrize("seed", [1, 20, 300])
def test_the_suite_is_green_in_any_order_with_the_network_off(experiment, suite, seed):
    ended = suite.shuffled_offline(seed)

    assert ended.code == 0, ended.out
    assert re.search(r"\d+ passed, 1 xfailed", ended.out.splitlines()[-1])
    assert hashes(experiment.project) == experiment.after


def test_the_one_bug_is_reported_with_the_route_that_leads_to_it(experiment):
    bugs = json.loads(experiment.read(".proctor/bugs.json"))["bugs"]

    assert [(bug["path"], bug["function"]) for bug in bugs] == [
        ("app/services/product_service.py", "ProductService.search_products")
    ]
    assert "app/api/v1/products.py" in " ".join(bugs[0]["evidence"])
    assert "search_products" in experiment.read(".proctor/bugs_found.md")


def test_the_bug_is_the_only_expected_failure_and_it_is_strict(experiment):
    marks = [
        (path, ast.unparse(node))
        for path in sorted(GENERATED)
        for node in ast.walk(experiment.tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.xfail"
    ]

    assert [path for path, _ in marks] == ["tests/test_product_service.py"]
    assert "strict=True" in marks[0][1]
    assert "reason=" in marks[0][1]


def test_the_plan_is_one_of_four_services_and_a_wrap_up(experiment):
    plan = read_plan(experiment.read(".proctor/orchestration_plan.json"), "orchestration_plan.json")
    agents = [agent for phase in plan.ordered_phases() for agent in phase.agents]

    assert plan.effort_level == "ultracode"
    assert {(agent.target, agent.output) for agent in agents[:-1]} == {
        (f"app/services/{name}_service.py", f"tests/test_{name}_service.py") for name in SERVICES
    }
    assert (agents[-1].target, set(agents[-1].tasks)) == (None, {"pyproject.toml", "conftest.py", "COVERAGE_REPORT.md"})


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_tested_on_mocks_and_on_a_database(experiment, name):
    tree = experiment.tree(f"tests/test_{name}_service.py")
    classes = {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.ClassDef)}
    on_mocks = {name for name, text in classes.items() if "mock" in text}
    integration = {name for name in classes if name.endswith("Integration")}

    assert "db_session" in experiment.read(f"tests/test_{name}_service.py")
    assert integration
    assert on_mocks
    assert on_mocks & integration == set()


def test_shared_fixtures_stand_in_conftest_alone(experiment):
    shared = {node.name for node in experiment.tree("tests/conftest.py").body if isinstance(node, ast.FunctionDef)}
    repeated = {
        node.name
        for path in GENERATED
        for node in experiment.tree(path).body
        if isinstance(node, ast.FunctionDef) and node.name in shared
    }

    assert {"db_session", "mock_session"} <= shared
    assert repeated == set()


def test_pyproject_gets_what_tests_need_and_keeps_every_line_it_had(experiment):
    old = (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")
    new = experiment.read("pyproject.toml")
    extras = tomllib.loads(new)["project"]["optional-dependencies"]

    assert [line for line in old.splitlines() if line.lstrip().startswith("#") and line not in new.splitlines()] == []
    assert tomllib.loads(new)["tool"]["ruff"] == tomllib.loads(old)["tool"]["ruff"]
    assert tomllib.loads(new)["project"]["dependencies"] == tomllib.loads(old)["project"]["dependencies"]
    assert {name for names in extras.values() for name in names} >= {"ruff", "pytest>=7", "pytest-cov>=4"}


def test_the_report_tells_of_every_service(experiment):
    report = experiment.read("COVERAGE_REPORT.md")

    assert [name for name in SERVICES if f"app/services/{name}_service.py" not in report] == []


def test_the_result_goes_to_stdout_and_the_progress_to_stderr(experiment):
    out, err = experiment.ended.out, experiment.ended.err

    assert "Workflow complete" in out
    assert re.search(r"Tokens: +0\n", out)
    assert "[ORCHESTRATOR]" not in out
    assert "[Agent-A] Running: pytest tests/" in err
    assert "Workflow complete" not in err
    assert "Traceback" not in out + err


def test_what_was_written_knows_no_real_place_and_no_real_address(experiment):
    addresses = re.compile(r"https?://(?!example\.|localhost|testserver)[\w.-]+|/(?:home|root|tmp|work|Users|var)/\S+")
    found = {path: addresses.findall(experiment.read(path)) for path in sorted(WRITTEN - {"pyproject.toml"})}

    assert {path: places for path, places in found.items() if places} == {}
    assert [path for path in sorted(WRITTEN) if str(experiment.project) in experiment.read(path)] == []


def test_what_was_written_has_no_finding_of_the_linter(experiment):
    paths = [str(experiment.project / path) for path in sorted(GENERATED | {"tests/conftest.py"})]
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "E9,F,B,PT", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_no_scratch_copy_is_left(experiment):
    assert experiment.scratch_copies == []


@pytest.mark.slow
def test_another_run_writes_the_same_bytes_and_one_over_them_changes_nothing(experiment, tmp_path):
    shop = environment((EXAMPLE / "requirements-demo.txt").read_text())
    project = copy_project(EXAMPLE, tmp_path / "ecommerce-api", shop)
    proctor = command_line(tmp_path / "cache")
    states = []
    for _ in range(2):
        assert proctor("run", project, PROMPT, "--yes", "--fresh").code == experiment.ended.code
        states.append(hashes(project))

    assert states == [experiment.after, experiment.after]
