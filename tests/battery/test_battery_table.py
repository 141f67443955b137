"""The battery against its golden table: no act that was held may come through."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from battery_people import Person, ourselves_are_root, person, readable_python
from battery_run import ACTS
from battery_table import GOLDEN, Table

COLUMNS = [f"{level}, {who}" for level in ("bare", "soft", "landlock", "bwrap") for who in ("user", "root")]
QUICK = [column for column in COLUMNS if column.startswith(("landlock", "bwrap"))]
SAFETY = Path(__file__).resolve().parents[2] / "docs/explanation/safety.md"


@pytest.fixture
def as_person() -> Iterator[Callable[[str], Person]]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda name: stack.enter_context(person(name))


def check(column: str, as_person: Callable[[str], Person]) -> None:
    level, who = column.split(", ")
    played = as_person(who).judge(level)
    expected = Table.read(GOLDEN.read_text()).columns[column]
    verdicts = {name: str(verdict) for name, (verdict, _, _) in played.items()}
    why = {name: played[name] for name, verdict in verdicts.items() if verdict != expected.get(name)}

    assert verdicts == expected, why
