"""The table of acts and verdicts by column, as the golden file and the page on safety show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# `manifest`: not prevented, and shown by the manifest. `watchdog`: past the limit for a moment, then ended.
Verdict = Literal["held", "manifest", "watchdog", "**no**", "did not run"]
GOLDEN = Path(__file__).parent / "golden" / "table.md"
FIRST = "act"
LEVELS = ("bare", "soft", "landlock", "bwrap")
COLUMNS = tuple(f"{level}, {who}" for level in LEVELS for who in ("user", "root"))


@dataclass(frozen=True, slots=True)
class Played:
    """What became of an act: the canaries that something happened to, and its last words for whoever wonders why."""

    verdict: str
    breaches: tuple[str, ...]
    output: str


@dataclass(frozen=True, slots=True)
class Table:
    """Verdicts by act, by column."""

    columns: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, text: str) -> "Table":
        """Parse the Markdown of `render`."""
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
        head, _, *body = rows
        names = head[1:]
        return cls({name: {row[0]: row[place] for row in body} for place, name in enumerate(names, 1)})

    def render(self) -> str:
        """The table in Markdown."""
        names = list(self.columns)
        acts = list(next(iter(self.columns.values())))
        lines = [_line([FIRST, *names]), _line(["---"] * (len(names) + 1))]
        lines += [_line([act, *[self.columns[name][act] for name in names]]) for act in acts]
        return "\n".join(lines) + "\n"

    def held(self, column: str, *kinds: str) -> int:
        """How many acts of a column have one of these verdicts."""
        return sum(verdict in (kinds or ("held",)) for verdict in self.columns[column].values())


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
