"""The battery against its golden table: an act that was held may not come through."""

import shutil
from pathlib import Path

import pytest
from battery_people import ourselves_are_root, person, readable_python
from battery_run import ACTS
from battery_table import COLUMNS, GOLDEN, Table

from proctor.execution.probe import landlock

SAFETY = Path(__file__).resolve().parents[2] / "docs/explanation/safety.md"
BOUNDARIES = ("bwrap", "landlock")
QUICK = [column for column in COLUMNS if column.startswith(BOUNDARIES)]
REST = [column for column in COLUMNS if column not in QUICK]


def check(column: str) -> None:
    level, _, who = column.partition(", ")
    skip_without(level, who)
    with person(who) as chosen:
        played = chosen.judge(level)
    expected = Table.read(GOLDEN.read_text()).columns[column]
    # whether the watchdog comes before the limit or after it is a matter of milliseconds
    close = {name for name, verdict in expected.items() if verdict == "watchdog" and played[name].verdict == "held"}
    different = {
        name: (found, expected.get(name))
        for name, found in played.items()
        if found.verdict != expected.get(name) and name not in close
    }

    assert different == {}
    assert list(played) == list(expected)


def skip_without(level: str, who: str) -> None:
    """Say plainly what this machine lacks for a column."""
    if who == "root" and not ourselves_are_root():
        pytest.skip("the suite does not run as root, so root cannot be confined here")
    if who == "user" and ourselves_are_root() and readable_python() is None:
        pytest.skip("no Python of 3.11 or later on this machine may be run by an ordinary user")
    if level == "bwrap" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    if level == "landlock" and landlock.abi() < landlock.NEWEST_KNOWN_ABI:
        pytest.skip(f"this kernel has version {landlock.abi()} of Landlock, and the table is of a newer one")


@pytest.mark.parametrize("column", QUICK)
def test_what_a_boundary_holds_is_what_the_table_says(column):
    check(column)


@pytest.mark.slow
@pytest.mark.parametrize("column", REST)
def test_what_is_no_boundary_holds_is_what_the_table_says(column):
    check(column)


def test_the_table_has_every_act_once_and_no_other():
    names = [act.name for act in ACTS]
    shown = {column: list(verdicts) for column, verdicts in Table.read(GOLDEN.read_text()).columns.items()}

    assert len(names) == len(set(names)) >= 42
    assert shown == dict.fromkeys(COLUMNS, names)


def test_every_act_comes_through_somewhere_or_is_held_by_any_child():
    """An act that fails everywhere for a reason of its own would prove nothing."""
    unconfined = Table.read(GOLDEN.read_text()).columns["bare, user"]
    held = {name for name, verdict in unconfined.items() if verdict != "**no**"}

    assert held == {
        "use the processor without end",
        "sleep and ignore SIGTERM",
        "close all descriptors and stay",
        "crash with a segmentation fault",
    }


def test_the_strongest_level_holds_everything_against_an_ordinary_user():
    assert set(Table.read(GOLDEN.read_text()).columns["bwrap, user"].values()) == {"held"}


def test_root_is_held_except_for_what_the_watchdog_ends():
    table = Table.read(GOLDEN.read_text())

    assert table.held("bwrap, root", "held", "watchdog") == len(ACTS)


def test_landlock_holds_at_least_forty_with_the_manifest():
    table = Table.read(GOLDEN.read_text())

    assert min(table.held(f"landlock, {who}", "held", "manifest", "watchdog") for who in ("user", "root")) >= 40


def test_the_page_on_safety_shows_this_table():
    assert GOLDEN.read_text() in SAFETY.read_text()
