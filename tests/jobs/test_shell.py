import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from proctor.errors import RequestError
from proctor.execution.child import ChildSettings
from proctor.execution.confinement.levels import choose_confinement
from proctor.execution.confinement.policy import Limits
from proctor.execution.interpreter import describe_interpreter
from proctor.jobs.shell import ShellAgent, check_command
from proctor.project.scratch import scratch_copy
from proctor.workflow.records import Task, Verdict


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("PROCTOR_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "shop.py").write_text("price = 3\n")
    return folder


@pytest.fixture(scope="module", params=["off", "auto"])
def confinement(request):
    """The soft level, and the firmest one that this machine has."""
    return choose_confinement(request.param, describe_interpreter(Path(sys.executable)))


@pytest.fixture
def agent(root, confinement):
    interpreter = describe_interpreter(Path(sys.executable))
    with scratch_copy(root) as copy:
        settings = ChildSettings(interpreter, copy.path, import_roots=(copy.path,), confinement=confinement)
        yield ShellAgent(root, copy.path, lambda seconds: replace(settings, limits=Limits(wall_seconds=seconds)))


def command(text, **inputs):
    return Task("step", "step", "main", "shell", {"command": text, "timeout": 30.0, **inputs})


def run(agent, task):
    return asyncio.run(agent.run(task, ()))


def test_a_command_sees_a_copy_of_the_project_and_its_python(agent):
    reply = run(
        agent, command("ls; python -c 'import shop, sys; print(shop.price, sys.prefix)'; echo late >&2; exit 3")
    )

    assert reply.output == {"exit_code": 3, "stdout": f"shop.py\n3 {sys.prefix}\n", "stderr": "late\n"}


def test_what_a_command_writes_is_gone_and_the_project_is_as_it_was(agent, root):
    run(agent, command("echo broken > shop.py; touch new; rm -rf $PWD"))
    after = run(agent, command("ls; cat shop.py"))

    assert after.output["stdout"] == "shop.py\nprice = 3\n"
    assert [place.name for place in root.iterdir()] == ["shop.py"]


def test_behind_a_boundary_a_command_cannot_reach_the_project(agent, root, confinement):
    if not confinement.is_boundary:
        pytest.skip("the soft level is no boundary")
    reply = run(agent, command(f"cat {root}/shop.py; echo broken > {root}/shop.py"))

    assert reply.output["stdout"] == ""
    assert (root / "shop.py").read_text() == "price = 3\n"


def test_a_command_has_none_of_the_users_environment(agent, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "s3cret")

    assert "s3cret" not in run(agent, command("env")).output["stdout"]


def test_a_command_that_takes_too_long_is_ended_and_not_accepted(agent):
    task = command("sleep 600", timeout=0.5)
    reply = run(agent, task)

    assert reply.output["exit_code"] is None
    assert asyncio.run(check_command(task, reply)) == Verdict("give_up", "it took more than 0.5 s")


def test_a_command_that_ended_is_accepted_whatever_its_exit_code(agent):
    task = command("exit 9")

    assert asyncio.run(check_command(task, run(agent, task))) == Verdict("accept")


def test_a_destructive_git_command_is_refused(agent):
    with pytest.raises(RequestError) as caught:
        run(agent, command("git reset --hard"))

    assert (caught.value.slug, caught.value.message) == (
        "git-refused",
        "refused: git reset --hard: it throws away changes in files",
    )


def test_what_a_result_depends_on_are_the_files(agent, root):
    before = agent.material(command("ls"))
    (agent._copy / "shop.py").write_text("price = 4\n")

    assert agent.material(command("ls")) != before


@pytest.fixture
def repository(root):
    identity = ["-c", "user.name=n", "-c", "user.email=e"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    (root / "shop.py").write_text("price = 5\n")
    return root


def test_in_a_worktree_git_shows_the_uncommitted_state(agent, repository):
    task = command("git diff --stat; cat shop.py; echo x > shop.py", isolation="worktree")

    assert run(agent, task).output["stdout"].splitlines()[-1] == "price = 5"
    assert "shop.py | 2 +-" in run(agent, task).output["stdout"]
    assert (repository / "shop.py").read_text() == "price = 5\n"


def test_in_a_worktree_behind_a_boundary_git_can_look_and_not_write(agent, repository, confinement):
    if not confinement.is_boundary:
        pytest.skip("the soft level is no boundary")
    branches = subprocess.run(["git", "branch", "-a"], cwd=repository, capture_output=True, check=True).stdout

    assert run(agent, command("git branch topic", isolation="worktree")).output["exit_code"] != 0
    assert subprocess.run(["git", "branch", "-a"], cwd=repository, capture_output=True, check=True).stdout == branches


def test_in_a_worktree_a_result_depends_on_the_last_commit_too(agent, repository):
    task = command("git log", isolation="worktree")
    before = agent.material(task)
    subprocess.run(
        ["git", "-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "--allow-empty", "-m", "x"],
        cwd=repository,
        check=True,
    )

    assert agent.material(task)["files"] == before["files"]
    assert agent.material(task)["head"] != before["head"]
