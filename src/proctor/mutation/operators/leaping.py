"""`break` and `continue`: the loop goes on where it should end, or ends where it should go on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.operator import Change, Example


class Leaping:
    """Exchanges `break` and `continue`."""

    name = "loop-control"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The other one."""
        if isinstance(node, ast.Break):
            yield Change(node, "continue")
        elif isinstance(node, ast.Continue):
            yield Change(node, "break")

    def examples(self) -> tuple[Example, ...]:
        """A loop with each."""
        return (
            Example("for a in b:\n    break", ("for a in b:\n    continue",)),
            Example("for a in b:\n    continue", ("for a in b:\n    break",)),
        )
