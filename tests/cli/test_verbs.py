"""The verbs of the command line: the version, the help, and a plan that is written and nothing more."""

import subprocess
import sys
from pathlib import Path

import pytest

import proctor
from proctor.workflow.plan import read_plan


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "proctor.cli.main", *arguments]
    env = {"PATH": "/usr/bin:/bin", "PROCTOR_CACHE_DIR": str(folder / "cache"), "NO_COLOR": "1", "COLUMNS": "100"}
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "greetings"
    root.mkdir()
    (root / "greetings.py").write_text(
        "def greet(name: str) -> str:\n    if not name:\n        raise ValueError('who?')\n    return f'Hello {name}'\n"
    )
    return root


def test_the_version_is_the_package_version(tmp_path):
    done = call(tmp_path, "--version")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"proctor {proctor.__version__}\n", "")


def test_the_help_names_the_verbs(tmp_path):
    done = call(tmp_path, "--help")

    assert done.returncode == 0
    assert [verb for verb in ("run", "plan") if verb not in done.stdout] == []
    assert done.stderr == ""


def test_the_help_of_a_verb_names_its_options(tmp_path):
    done = call(tmp_path, "run", "--help")

    assert done.returncode == 0
    options = ("--yes", "--fresh", "--effort", "--min-coverage", "--output-format", "--state-dir")
    assert [option for option in options if option not in done.stdout] == []


def test_no_verb_at_all_shows_the_help(tmp_path):
    done = call(tmp_path)

    assert done.returncode == 2
    assert "Usage:" in done.stdout + done.stderr


def test_importing_the_entry_point_loads_nothing_heavy():
    heavy = {"sqlalchemy", "pydantic", "libcst", "tomlkit", "coverage", "psutil"}
    code = f"import proctor.cli.main, sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.e2e
def test_a_plan_is_written_and_printed_and_nothing_else_happens(project):
    done = call(project.parent, "plan", str(project), "Write unit tests", "--python", sys.executable)
    written = project / ".proctor/orchestration_plan.json"
    plan = read_plan(done.stdout, "stdout")

    assert done.returncode == 0, done.stderr
    assert sorted(str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()) == [
        ".proctor/orchestration_plan.json",
        "greetings.py",
    ]
    assert written.read_text(encoding="utf-8") == done.stdout
    assert [(agent.target, agent.output) for phase in plan.phases for agent in phase.agents if agent.target] == [
        ("greetings.py", "tests/test_greetings.py")
    ]
    assert list((project.parent / "cache/scratch").iterdir()) == []


@pytest.mark.e2e
def test_the_state_folder_is_what_the_flag_says(project):
    done = call(project.parent, "plan", str(project), "--state-dir", ".claude", "--python", sys.executable)

    assert done.returncode == 0, done.stderr
    assert read_plan((project / ".claude/orchestration_plan.json").read_text(), "plan").effort_level == "balanced"
    assert not (project / ".proctor").exists()


@pytest.mark.e2e
def test_planning_twice_writes_the_same_bytes(project):
    first, second = (call(project.parent, "plan", str(project), "--python", sys.executable) for _ in range(2))

    assert first.stdout == second.stdout != ""


@pytest.mark.e2e
def test_the_path_is_the_working_folder_when_none_is_given(project):
    done = subprocess.run(
        [sys.executable, "-m", "proctor.cli.main", "plan", "--python", sys.executable],
        env={"PATH": "/usr/bin:/bin", "PROCTOR_CACHE_DIR": str(project.parent / "cache")},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (project / ".proctor/orchestration_plan.json").is_file()
