"""Plans: names of test files, waves as phases, and large modules in groups."""

from pathlib import Path

import pytest

from proctor.jobs.testgen.planning import make_plan, output_name
from proctor.jobs.testgen.request import read_request
from proctor.jobs.testgen.survey import Survey, survey_project

SMALL = "def double(number: int) -> int:\n    return number * 2\n"


def survey(root: Path, files: dict[str, str]) -> Survey:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return survey_project(root, ())


def outputs(surveyed: Survey) -> dict[str, str]:
    return {target.path: f"tests/test_{Path(target.path).stem}.py" for target in surveyed.targets}


@pytest.mark.parametrize(
    ("path", "taken", "name"),
    [
        ("app/users.py", set(), "tests/test_users.py"),
        ("app/users.py", {"tests/test_users.py"}, "tests/test_app_users.py"),
        ("app/users.py", {"tests/test_users.py", "tests/test_app_users.py"}, "tests/test_app_users_module.py"),
    ],
)
def test_a_test_file_is_named_after_its_module(path, taken, name):
    assert output_name(path, "tests", taken) == name


def test_a_module_comes_a_phase_after_what_it_imports(tmp_path):
    surveyed = survey(tmp_path, {"low.py": SMALL, "high.py": f"from low import double\n\n\n{SMALL}", "side.py": SMALL})
    plan = make_plan(read_request("Write unit tests"), surveyed, outputs(surveyed), "high")

    assert [[agent.target for agent in phase.agents] for phase in plan.phases] == [
        ["low.py", "side.py"],
        ["high.py"],
        [None],
    ]
    assert [phase.strategy for phase in plan.phases] == ["parallel", "sequential", "sequential"]
    assert [phase.depends_on for phase in plan.phases] == [(), ("phase-1",), ("phase-2",)]
    assert plan.effort_level == "high"


def test_the_constraints_of_the_request_stand_with_every_target(tmp_path):
    surveyed = survey(tmp_path, {"low.py": SMALL})
    request = read_request("Write unit tests, at least 92 % branch coverage")
    plan = make_plan(request, surveyed, outputs(surveyed), "low")

    assert plan.phases[0].agents[0].constraints == ("no source modification", "pytest only", "min_coverage: 92")


def test_a_large_module_is_split_into_groups_that_hold_every_method_once(tmp_path):
    methods = "".join(
        f"    def {verb}_{noun}(self, number: int) -> int:\n        return self.{noun} + number\n\n"
        for verb in ("create", "list", "cancel")
        for noun in ("order", "invoice", "parcel", "refund", "coupon", "label", "rate", "stock", "route")
    )
    surveyed = survey(tmp_path, {"large.py": f"class Service:\n{methods}"})
    plan = make_plan(read_request(""), surveyed, outputs(surveyed), "balanced")
    groups = plan.phases[0].agents[0].groups
    members = [member for group in groups for member in group.members]

    assert len(groups) > 1
    assert len(members) == len(set(members)) == 27


def test_a_small_module_is_not_split(tmp_path):
    surveyed = survey(tmp_path, {"low.py": SMALL})
    plan = make_plan(read_request(""), surveyed, outputs(surveyed), "balanced")

    assert plan.phases[0].agents[0].groups == ()
