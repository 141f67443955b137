"""Writes the golden table anew: `python battery_golden.py [COLUMN ...]`, all columns when none is named."""

import sys

from battery_people import person
from battery_run import ACTS
from battery_table import COLUMNS, GOLDEN, Played, Table

BOMB = "fork 400 processes"


def _noted(column: str, name: str, played: Played) -> str:
    """The kernel counts no processes of root: there it is the watchdog, and luck when it is in time."""
    by_watchdog = name == BOMB and column.endswith("root") and played.verdict == "held"
    return "watchdog" if by_watchdog else played.verdict


def main(columns: list[str]) -> None:
    """Play the columns, keep the others, write the table."""
    known = dict(Table.read(GOLDEN.read_text()).columns) if GOLDEN.exists() else {}
    for column in columns or COLUMNS:
        level, _, who = column.partition(", ")
        with person(who) as chosen:
            known[column] = {name: _noted(column, name, played) for name, played in chosen.judge(level).items()}
    ordered = {column: known[column] for column in COLUMNS if column in known}
    names = [act.name for act in ACTS]
    GOLDEN.write_text(
        Table({c: {name: verdicts.get(name, "?") for name in names} for c, verdicts in ordered.items()}).render()
    )


if __name__ == "__main__":
    main(sys.argv[1:])
