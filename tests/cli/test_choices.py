"""What the user chose: flags over environment over workflow.json and settings."""

from pathlib import Path

import pytest

from proctor.cli.choices import Choices, resolve, sandbox_mode, settings_for
from proctor.errors import ProjectError, RequestError, SettingsError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PROCTOR_PYTHON", "PROCTOR_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pyproject.toml").write_text('[tool.proctor]\neffort = "low"\nmin_coverage = 70\njobs = 3\n')
    return tmp_path


def workflow(root: Path, text: str) -> None:
    (root / ".proctor").mkdir()
    (root / ".proctor/workflow.json").write_text(text)


def test_settings_count_where_nothing_else_is_said(root):
    wanted = resolve(str(root), "", Choices())

    assert (wanted.root, wanted.effort, wanted.minimum, wanted.settings.jobs) == (root, "low", 70.0, 3)


def test_the_workflow_file_counts_over_settings(root):
    workflow(root, '{"effort": "high", "min_coverage": 75, "prompt": "Write unit tests for app/"}')
    wanted = resolve(str(root), "", Choices())

    assert (wanted.effort, wanted.minimum, wanted.request.paths) == ("high", 75.0, ("app/",))


def test_the_prompt_counts_over_the_workflow_file(root):
    workflow(root, '{"effort": "high", "min_coverage": 75, "prompt": "Write unit tests for app/"}')
    wanted = resolve(str(root), "/effort ultracode\nWrite tests for lib/, at least 90 % branch coverage", Choices())

    assert (wanted.effort, wanted.minimum, wanted.request.paths) == ("ultracode", 90.0, ("lib/",))


def test_a_flag_counts_over_everything(root):
    choices = Choices(effort="balanced", jobs=1, seed=5, min_coverage=0.0)
    wanted = resolve(str(root), "/effort ultracode\nWrite tests, at least 90 % branch coverage", choices)

    assert (wanted.effort, wanted.minimum, wanted.settings.jobs, wanted.settings.seed) == ("balanced", 0.0, 1, 5)


def test_the_environment_counts_over_settings_and_under_flags(root, monkeypatch):
    monkeypatch.setenv("PROCTOR_STATE_DIR", ".state")
    monkeypatch.setenv("PROCTOR_PYTHON", "/opt/python")

    assert resolve(str(root), "", Choices()).settings.state_dir == ".state"
    assert resolve(str(root), "", Choices(python="/usr/python")).settings.python == "/usr/python"


def test_a_project_that_the_prompt_names_below_the_path_is_the_project(root):
    (root / "shop").mkdir()
    wanted = resolve(str(root), "You are working on a backend located in ./shop. Write unit tests.", Choices())

    assert wanted.root == root / "shop"
    assert wanted.settings.effort == "balanced"


@pytest.mark.parametrize(
    ("path", "slug"), [("missing", "path-missing"), ("pyproject.toml", "not-a-folder")], ids=["missing", "a file"]
)
def test_a_path_that_is_no_folder_is_refused(root, path, slug):
    with pytest.raises(ProjectError) as caught:
        resolve(str(root / path), "", Choices())

    assert caught.value.slug == slug


@pytest.mark.parametrize(
    ("prompt", "choices", "slug"),
    [("Deploy it to production", Choices(), "nothing-understood"), ("", Choices(effort="heroic"), "bad-effort")],
)
def test_a_request_that_cannot_be_met_is_refused(root, prompt, choices, slug):
    with pytest.raises(RequestError) as caught:
        resolve(str(root), prompt, choices)

    assert caught.value.slug == slug
    assert caught.value.hint


@pytest.mark.parametrize(
    ("flag", "setting", "environment", "mode"),
    [
        (None, "", {}, "auto"),
        (None, "", {"CI": "true"}, "require"),
        (None, "", {"CI": "false"}, "auto"),
        (None, 'sandbox = "auto"', {"CI": "true"}, "auto"),
        ("off", 'sandbox = "require"', {"CI": "true"}, "off"),
    ],
)
def test_a_boundary_is_required_in_a_ci_job_unless_somebody_says_otherwise(
    root: Path, flag: str | None, setting: str, environment: dict[str, str], mode: str
) -> None:
    (root / "pyproject.toml").write_text(f"[tool.proctor]\n{setting}\n")

    assert sandbox_mode(settings_for(root, Choices(sandbox=flag)), environment) == mode


def test_a_sandbox_that_does_not_exist_is_an_error_that_names_the_flag(root):
    with pytest.raises(SettingsError) as caught:
        resolve(str(root), "", Choices(sandbox="maybe"))

    assert (caught.value.slug, caught.value.message) == (
        "bad-flag",
        "--sandbox 'maybe': Input should be 'auto', 'require' or 'off'",
    )
