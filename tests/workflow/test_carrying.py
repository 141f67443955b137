"""A run as a file: another journal goes on with it, and damage in the file costs the damaged lines."""

from pathlib import Path

import pytest
from workflow_doubles import EchoAgent, Workshop, phase, plan_of

from proctor.errors import JournalError
from proctor.workflow.budget import Budget
from proctor.workflow.carrying import run_from_lines, run_to_lines
from proctor.workflow.records import Usage

ABC = plan_of(phase("p", "a", "b", "c"))


def exported(workshop: Workshop, run_id: str) -> list[str]:
    with workshop.open() as journal:
        carried = journal.carried(run_id)
    assert carried is not None
    return list(run_to_lines(carried))


def taken_over(lines: list[str], place: Path) -> Workshop:
    workshop = Workshop(place)
    with workshop.open() as journal:
        journal.take_over(run_from_lines(lines, "run.jsonl"))
    return workshop


def test_a_run_goes_on_on_another_machine(workshop: Workshop, tmp_path: Path) -> None:
    workshop.run(ABC, EchoAgent(), budget=Budget(max_agents=2))

    other = taken_over(exported(workshop, "run"), tmp_path / "other.db")
    run = other.run(ABC, agent := EchoAgent())

    assert (run.status, agent.seen, run.census) == ("completed", ["c"], {"accepted": 1, "cached": 2})
    with workshop.open() as here, other.open() as there:
        assert there.events("run")[: len(workshop.events)] == here.events("run")


def test_what_the_run_took_from_earlier_ones_goes_along(workshop: Workshop, tmp_path: Path) -> None:
    workshop.run(plan_of(phase("p", "a", "b")), EchoAgent(), run_id="earlier")
    workshop.run(plan_of(phase("p", "x")), EchoAgent(), run_id="strange")
    workshop.run(ABC, EchoAgent())

    lines = exported(workshop, "run")
    run = taken_over(lines, tmp_path / "other.db").run(ABC, EchoAgent())

    assert run.census == {"cached": 3}
    assert [line for line in lines if "x.py" in line] == []


def test_a_damaged_line_costs_that_line(workshop: Workshop) -> None:
    workshop.run(ABC, EchoAgent())
    lines = exported(workshop, "run")
    calls = [number for number, line in enumerate(lines) if line.startswith('{"call"')]
    lines[calls[0]] = lines[calls[0]].replace("a.py", "z.py")
    lines[calls[1]] = lines[calls[1]][:40]

    carried = run_from_lines(lines, "run.jsonl")

    assert (len(carried.calls), carried.damaged) == (1, 2)


def test_taking_a_run_over_twice_is_the_same_as_once(workshop: Workshop, tmp_path: Path) -> None:
    workshop.run(ABC, EchoAgent())
    lines = exported(workshop, "run")
    taken_over(lines, tmp_path / "other.db")

    assert exported(taken_over(lines, tmp_path / "other.db"), "run")[0] == lines[0]


@pytest.mark.parametrize("lines", [[], ["rubbish"], ['{"format": "else"}'], ["[]"], ['{"format": "proctor-run-1"}']])
def test_a_file_that_is_no_run_is_refused(lines: list[str]) -> None:
    with pytest.raises(JournalError, match=r"run\.jsonl: this is no exported run"):
        run_from_lines(lines, "run.jsonl")


def test_a_run_that_is_not_there_cannot_be_carried(workshop: Workshop) -> None:
    with workshop.open() as journal:
        assert (journal.carried("run"), journal.run("run"), journal.spent("run")) == (None, None, (Usage(), 0))
