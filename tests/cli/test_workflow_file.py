"""A plan file in place of the plan that would be made: what counts of it, and what is refused."""

import json
from pathlib import Path

import pytest

from proctor.cli.choices import Choices, Wanted, resolve
from proctor.cli.workflow_file import with_plan
from proctor.errors import PlanError

AGENT = {"id": "a", "target": "shop.py", "output": "tests/test_shop.py", "constraints": ["min_coverage: 70"]}
WRAP_UP = {"id": "z", "tasks": ["conftest.py", "COVERAGE_REPORT.md"]}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PROCTOR_PYTHON", "PROCTOR_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "shop.py").write_text("def price() -> int:\n    return 1\n")
    return tmp_path


def wanted_with(root: Path, *agents: dict[str, object], choices: Choices = Choices()) -> Wanted:  # noqa: B008 - frozen
    file = root / "plan.json"
    phase = {"id": "p", "strategy": "parallel", "agents": agents}
    file.write_text(json.dumps({"workflow_version": "1.0", "effort_level": "high", "phases": [phase]}))
    return with_plan(resolve(str(root), "Write unit tests for other.py", choices), file, choices)


def test_targets_outputs_effort_and_minimum_come_from_the_plan(root):
    wanted = wanted_with(root, AGENT, WRAP_UP)

    assert wanted.request.paths == ("shop.py",)
    assert wanted.request.kinds == ("unit",)
    assert wanted.request.outputs == ("conftest.py", "COVERAGE_REPORT.md")
    assert (wanted.effort, wanted.minimum) == ("high", 70.0)


def test_flags_go_before_the_plan(root):
    wanted = wanted_with(root, AGENT, choices=Choices(effort="low", min_coverage=10.0))

    assert (wanted.effort, wanted.minimum) == ("low", 10.0)


@pytest.mark.parametrize(
    ("change", "slug", "place"),
    [
        ({"output": "../test_shop.py"}, "output-not-allowed", "phases[0].agents[0].output"),
        ({"output": "/tests/test_shop.py"}, "output-not-allowed", "phases[0].agents[0].output"),
        ({"output": "shop.py"}, "output-not-allowed", "phases[0].agents[0].output"),
        ({"target": "none.py"}, "unknown-target", "phases[0].agents[0].target"),
        ({"target": "../shop.py"}, "unknown-target", "phases[0].agents[0].target"),
    ],
)
def test_a_plan_that_leads_elsewhere_is_refused_with_its_place(root, change, slug, place):
    with pytest.raises(PlanError) as caught:
        wanted_with(root, AGENT | change)

    assert (caught.value.slug, place in caught.value.message) == (slug, True), caught.value.message


def test_a_plan_that_is_not_there_is_named(root):
    with pytest.raises(PlanError, match=r"nothing\.json: the plan cannot be read: No such file"):
        with_plan(resolve(str(root), "", Choices()), root / "nothing.json", Choices())
