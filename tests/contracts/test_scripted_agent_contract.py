from collections.abc import Callable

import pytest
from agent_contract import AgentContract

from proctor.agents.scripted import ScriptedAgent
from proctor.workflow.protocols import Agent
from proctor.workflow.records import Reply, Task, Usage


class TestScriptedAgent(AgentContract):
    @pytest.fixture
    def make_agent(self) -> Callable[[], Agent]:
        return lambda: ScriptedAgent([Reply({"files": ["a.py"]}, Usage(3), ("read a.py",))] * 3)

    @pytest.fixture
    def task(self) -> Task:
        return Task("a", "Agent-A", "p", "write", {"target": "a.py"})
