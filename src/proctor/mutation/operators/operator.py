"""What an operator is: it looks at one node of a syntax tree and names the wrong versions of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

Place = ast.expr | ast.stmt


@dataclass(frozen=True, slots=True)
class Change:
    """The source of a node, or of the nodes up to `last`, and what stands there instead."""

    node: Place
    text: str
    last: Place | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A piece of source and everything that the operator makes of it."""

    before: str
    after: tuple[str, ...]


class Operator(Protocol):
    """Makes wrong versions of the nodes that it is about."""

    @property
    def name(self) -> str:
        """What a report calls it."""

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The wrong versions of this very node; nothing for nodes of other kinds."""

    def examples(self) -> tuple[Example, ...]:
        """What it does, shown; the suite runs them."""


def changed(node: ast.expr, **fields: object) -> str:
    """The source of the node with some of its fields exchanged."""
    values = {name: getattr(node, name) for name in node._fields}
    return ast.unparse(ast.fix_missing_locations(type(node)(**(values | fields))))
