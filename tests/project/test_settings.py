import pytest

from proctor.errors import SettingsError
from proctor.project.settings import Settings, WorkflowDefaults, read_settings, read_workflow_settings


def settings_of(root, text):
    (root / "pyproject.toml").write_text(text)
    return read_settings(root)


def test_without_a_table_the_defaults_hold(tmp_path):
    expected = Settings(
        state_dir=".proctor",
        effort="balanced",
        jobs=2,
        seed=0,
        min_coverage=85.0,
        tests_dir="tests",
        python=None,
        build_environment=True,
        sandbox=None,
        allow_sockets="none",
    )

    assert read_settings(tmp_path) == expected
    assert settings_of(tmp_path, "[project]\nname = 'shop'\n") == expected


def test_every_setting_can_be_set(tmp_path):
    text = """
        [tool.proctor]
        state_dir = ".claude"
        effort = "ultracode"
        jobs = 7
        seed = 3
        min_coverage = 90
        tests_dir = "qa/tests"
        python = "3.12"
        build_environment = false
        sandbox = "require"
        allow_sockets = "loopback"
    """

    assert settings_of(tmp_path, text) == Settings(
        state_dir=".claude",
        effort="ultracode",
        jobs=7,
        seed=3,
        min_coverage=90.0,
        tests_dir="qa/tests",
        python="3.12",
        build_environment=False,
        sandbox="require",
        allow_sockets="loopback",
    )


def test_what_is_not_copied_is_a_list_of_patterns_and_a_limit(tmp_path):
    settings = settings_of(tmp_path, '[tool.proctor]\nignore = ["data/**", "*.iso"]\nbulk_mb = 0\n')

    assert (settings.ignore, settings.bulk_mb) == (("data/**", "*.iso"), 0)


@pytest.mark.parametrize(
    "line", ['ignore = "data"', "ignore = [1]", 'ignore = ["a\\\\"]', "bulk_mb = -1", "bulk_mb = '9'"]
)
def test_a_rule_for_the_copy_that_cannot_be_is_named(tmp_path, line):
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, f"[tool.proctor]\n{line}\n")

    assert caught.value.slug == "settings-bad-value"
    assert f"`tool.proctor.{line.split()[0]}" in caught.value.message


def test_an_unknown_key_is_named_with_the_one_that_was_meant(tmp_path):
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, "[tool.proctor]\nmin_coverag = 90\n")

    assert (caught.value.slug, caught.value.message, caught.value.hint) == (
        "settings-unknown-key",
        f"{tmp_path / 'pyproject.toml'}: `tool.proctor.min_coverag` is not a setting",
        "did you mean `min_coverage`? The settings are: "
        "state_dir, effort, jobs, seed, min_coverage, tests_dir, import_seconds, python, build_environment, sandbox, "
        "allow_sockets, ignore, bulk_mb",
    )


@pytest.mark.parametrize(
    ("line", "key", "hint"),
    [
        ("effort = 'max'", "effort", "Input should be 'low', 'balanced', 'high' or 'ultracode'"),
        ("jobs = 0", "jobs", "Input should be greater than or equal to 1"),
        ("jobs = '2'", "jobs", "Input should be a valid integer"),
        ("jobs = true", "jobs", "Input should be a valid integer"),
        ("min_coverage = 101", "min_coverage", "Input should be less than or equal to 100"),
        ("min_coverage = nan", "min_coverage", "Input should be a finite number"),
        ("tests_dir = '../elsewhere'", "tests_dir", "a folder inside the project is needed, such as 'tests'"),
        ("state_dir = '/tmp/x'", "state_dir", "a folder inside the project is needed, such as 'tests'"),
        ("state_dir = ''", "state_dir", "a folder inside the project is needed, such as 'tests'"),
        ("sandbox = 'on'", "sandbox", "Input should be 'auto', 'require' or 'off'"),
        ("python = 3.12", "python", "Input should be a valid string"),
    ],
)
def test_a_bad_value_is_named_with_what_would_be_good(tmp_path, line, key, hint):
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, f"[tool.proctor]\n{line}\n")

    assert caught.value.message.startswith(f"{tmp_path / 'pyproject.toml'}: `tool.proctor.{key}` is ")
    assert (caught.value.slug, caught.value.hint) == ("settings-bad-value", hint)


@pytest.mark.parametrize("text", ["tool = 3", "tool.proctor = 'x'", "tool.proctor = [1]"])
def test_something_else_in_the_tables_place_is_an_error(tmp_path, text):
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, text)

    assert caught.value.slug == "settings-bad-value"


@pytest.mark.parametrize("content", [b"[tool.proctor\n", b"\xff\xfe", b"a = " + b"[" * 100_000])
def test_a_broken_pyproject_is_named(tmp_path, content):
    (tmp_path / "pyproject.toml").write_bytes(content)

    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path)

    assert caught.value.slug == "settings-bad-toml"
    assert str(tmp_path / "pyproject.toml") in caught.value.message


def test_a_pyproject_that_is_no_file_is_named(tmp_path):
    (tmp_path / "pyproject.toml").mkdir()

    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path)

    assert caught.value.slug == "settings-unreadable"


def workflow_of(root, text):
    (root / ".proctor").mkdir()
    (root / ".proctor/workflow.json").write_bytes(text.encode() if isinstance(text, str) else text)
    return read_workflow_settings(root, ".proctor")


def test_without_a_workflow_file_there_are_no_defaults(tmp_path):
    assert read_workflow_settings(tmp_path, ".proctor") is None


def test_a_workflow_file_may_hold_any_of_its_keys(tmp_path):
    text = (
        '\ufeff{"prompt": "write tests", "effort": "low", "paths": ["app/"], "min_coverage": 90, "constraints": ["a"]}'
    )

    assert workflow_of(tmp_path, text) == WorkflowDefaults(
        prompt="write tests", effort="low", paths=("app/",), min_coverage=90.0, constraints=("a",)
    )


def test_an_empty_workflow_object_sets_nothing(tmp_path):
    assert workflow_of(tmp_path, "{}") == WorkflowDefaults()


@pytest.mark.parametrize(
    ("text", "slug", "said"),
    [
        ('{"prompt": "x",\n  oops}', "settings-bad-json", "line 2 column 3"),
        ("", "settings-bad-json", "line 1 column 1"),
        ("[" * 200_000, "settings-bad-json", "line 1 column 1"),
        ("1" * 10_000, "settings-bad-json", "line 1 column 1"),
        (b"\xff", "settings-unreadable", "workflow.json"),
        ("[]", "settings-bad-value", "the file holds list"),
        ('{"promt": "x"}', "settings-unknown-key", "`promt` is not a setting"),
        ('{"paths": "app"}', "settings-bad-value", "`paths` is 'app'"),
        ('{"paths": ["app", 1]}', "settings-bad-value", "`paths.1` is 1"),
        ('{"min_coverage": -1}', "settings-bad-value", "`min_coverage` is -1"),
    ],
)
def test_a_broken_workflow_file_is_named_with_the_place(tmp_path, text, slug, said):
    with pytest.raises(SettingsError) as caught:
        workflow_of(tmp_path, text)

    assert caught.value.slug == slug
    assert said in caught.value.message
