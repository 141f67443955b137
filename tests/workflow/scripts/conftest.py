import asyncio
from itertools import count

import pytest
from script_doubles import EchoStaff, script

from proctor.errors import ScriptError
from proctor.workflow.budget import Budget
from proctor.workflow.clock import SystemClock
from proctor.workflow.journal import Journal
from proctor.workflow.limits import Limits
from proctor.workflow.run import Run
from proctor.workflow.scripts.interpreter import Interpreter, ScriptLimits
from proctor.workflow.scripts.running import Setting, run_script


@pytest.fixture(scope="session")
def interpreter():
    with Interpreter(ScriptLimits(turn_seconds=1.0, memory_mb=64, depth=150, calls=1000)) as pool:
        yield pool


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "journal.sqlite") as opened:
        yield opened


@pytest.fixture
def events():
    return []


@pytest.fixture
def run_text(interpreter, journal, events):
    """Run a script's text with a staff; the outcome. Each run has an id of its own, and all share the journal."""
    numbers = count(1)

    def run(text, staff=None, args=None, *, saved=None, budget=None, limits=None):
        def find(name):
            if name not in (saved or {}):
                raise ScriptError(f"no workflow {name!r}", slug="unknown-workflow")
            return script(saved[name], name)

        engine = Run(
            f"run-{next(numbers)}",
            journal=journal,
            sinks=(events.append,),
            clock=SystemClock(),
            limits=limits or Limits(concurrency=4, attempts=1),
            budget=budget or Budget(),
        )
        setting = Setting(interpreter, staff or EchoStaff(), find)
        return asyncio.run(run_script(script(text), args, engine, setting))

    return run
