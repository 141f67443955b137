"""Constants: a number beside it, another text, the other truth."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.operator import Change, Example


class Constant:
    """Exchanges a constant for one of its kind."""

    name = "constant"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The wrong constants; None and `...` have none."""
        if isinstance(node, ast.Constant):
            for value in wrong_values(node.value):
                yield Change(node, repr(value))

    def examples(self) -> tuple[Example, ...]:
        """A number, a fraction, texts, a truth and None."""
        return (
            Example("a = 5", ("a = 6", "a = 4")),
            Example("a = 0.5", ("a = 1.5",)),
            Example("a = 'word'", ("a = 'XXword'", "a = ''")),
            Example("a = ''", ("a = 'XX'",)),
            Example("a = True", ("a = False",)),
            Example("a = None", ()),
        )


def wrong_values(value: object) -> tuple[object, ...]:
    """Other values of the same kind."""
    match value:
        case bool():
            return (not value,)
        case int():
            return (value + 1, value - 1)
        case float():
            return (value + 1.0,)
        case str():
            return ("XX" + value, "") if value else ("XX",)
        case bytes():
            return (b"XX" + value,)
    return ()
