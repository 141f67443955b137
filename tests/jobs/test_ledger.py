"""What a run accepted: one entry a module, and shared fixtures that are the same for everybody."""

from typing import Any

import pytest

from proctor.errors import ProctorError
from proctor.jobs.testgen.ledger import Ledger
from proctor.writing.fixtures import SharedFixture


def output(path: str, **fixtures: str) -> dict[str, Any]:
    shared = [{"name": name, "imports": [], "source": source} for name, source in fixtures.items()]
    return {"path": path, "shared": shared}


def test_accepted_outputs_come_in_the_order_of_their_paths():
    ledger = Ledger()
    ledger.accept(output("b.py"))
    ledger.accept(output("a.py"))
    ledger.entry("c.py")

    assert [item["path"] for item in ledger.outputs] == ["a.py", "b.py"]


def test_a_fixture_that_two_modules_share_is_there_once():
    ledger = Ledger()
    ledger.accept(output("a.py", session="S", member="M"))
    ledger.accept(output("b.py", session="S"))

    assert ledger.fixtures() == (SharedFixture("session", (), "S"), SharedFixture("member", (), "M"))


def test_two_different_fixtures_of_one_name_are_an_error_that_names_both_writers():
    ledger = Ledger()
    ledger.accept(output("a.py", session="S"))

    with pytest.raises(ProctorError, match=r"a\.py.*b\.py|b\.py.*a\.py"):
        ledger.accept(output("b.py", session="another"))


def test_an_output_that_is_accepted_twice_counts_once():
    ledger = Ledger()
    for _ in range(2):
        ledger.accept(output("a.py", session="S"))

    assert len(ledger.outputs) == len(ledger.fixtures()) == 1


def test_what_is_offered_is_not_accepted_yet():
    ledger = Ledger()
    ledger.accept(output("a.py", session="S"))
    offered = ledger.offer(output("b.py", member="M"))

    assert SharedFixture("member", (), "M") in offered
    assert ledger.fixtures() == (SharedFixture("session", (), "S"),)
