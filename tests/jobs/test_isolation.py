import asyncio
import subprocess

import pytest

from proctor.jobs.crew import Crew
from proctor.jobs.isolation import IsolatedAgent
from proctor.workflow.limits import Limits
from proctor.workflow.records import Reply, Task
from proctor.workflow.scripts.wishes import AgentWish, Place


class Editor:
    """Edits a file of the folder it is told to work in, and says what git makes of that."""

    name, version = "editor", "7"

    def __init__(self, folder=None, mishap=None):
        self.folder = folder
        self.mishap = mishap

    def working_in(self, folder):
        return Editor(folder, self.mishap)

    async def run(self, task, feedback):
        (self.folder / "shop.py").write_text("price = 9\n")
        if self.mishap:
            raise self.mishap
        done = subprocess.run(["git", "diff"], cwd=self.folder, capture_output=True, text=True, check=True)
        return Reply({"diff": done.stdout})


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("PROCTOR_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "shop.py").write_text("price = 3\n")
    identity = ["-c", "user.name=n", "-c", "user.email=e"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


TASK = Task("t", "t", "main", "prompt", {"prompt": "Raise the price"})


def left_over(root):
    listed = subprocess.run(["git", "worktree", "list"], cwd=root, capture_output=True, text=True, check=True)
    return listed.stdout.count("\n") - 1, (root / "shop.py").read_text()


def test_an_attempt_works_in_a_worktree_that_is_gone_afterwards(repository):
    agent = IsolatedAgent(Editor(), repository)

    reply = asyncio.run(agent.run(TASK, ()))

    assert "+price = 9" in reply.output["diff"]
    assert (agent.name, agent.version) == ("editor", "7")
    assert left_over(repository) == (0, "price = 3\n")


def test_the_worktree_of_an_attempt_that_breaks_is_gone_too(repository):
    with pytest.raises(RuntimeError, match="the line went dead"):
        asyncio.run(IsolatedAgent(Editor(mishap=RuntimeError("the line went dead")), repository).run(TASK, ()))

    assert left_over(repository) == (0, "price = 3\n")


def test_a_wish_for_isolation_places_an_agent_that_can_be_placed(repository):
    class NoJob:
        def kind_of(self, inputs):
            return None

    crew = Crew(repository, NoJob(), {}, {"editor": Editor()}, None, dict, Limits())
    place = Place("t", "main")

    isolated = crew.agent_call(AgentWish("Raise the price", isolation="worktree"), place)
    plain = crew.agent_call(AgentWish("Raise the price"), place)

    assert "+price = 9" in asyncio.run(isolated.agent.run(isolated.task, ())).output["diff"]
    assert isinstance(plain.agent, Editor)
