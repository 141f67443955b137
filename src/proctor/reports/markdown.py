"""Texts of unknown content as pieces of Markdown, escaped so that they read as they were written."""

import re
from collections.abc import Iterable, Sequence

_CODE_SPAN = re.compile(r"(`[^`]+`)")
_SPECIAL = re.compile(r"([\\*<\[\]`~&]|(?<![^\W_])_|_(?![^\W_])|^[-+#>])")


def prose(text: str) -> str:
    """The text on one line, safe in a sentence; code between backticks stays code."""
    pieces = _CODE_SPAN.split(_one_line(text))
    return "".join(
        code(piece[1:-1]) if index % 2 else _SPECIAL.sub(r"\\\1", piece) for index, piece in enumerate(pieces)
    )


def code(text: str) -> str:
    """The text as code on one line."""
    line = _one_line(text)
    fence = "`" * (_longest_run(line) + 1)
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def code_block(source: str, language: str) -> list[str]:
    """The lines of a fenced block with the source in it."""
    fence = "`" * max(3, _longest_run(source) + 1)
    return [f"{fence}{language}", *source.strip("\n").splitlines(), fence]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; the cells are Markdown already."""
    return [_row(header), _row(["---"] * len(header)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    # A table takes a bare bar for the end of the cell even inside code.
    cells = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(cells)} |"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
