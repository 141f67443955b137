"""`and` and `or`: the other one, or an operand that is not asked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.operator import Change, Example, changed


class Connective:
    """Exchanges a connective and drops its operands."""

    name = "connective"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The other connective, then the expression without each operand."""
        if not isinstance(node, ast.BoolOp):
            return
        yield Change(node, changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And()))
        for index in range(len(node.values)):
            rest = [*node.values[:index], *node.values[index + 1 :]]
            yield Change(node, changed(node, values=rest) if len(rest) > 1 else ast.unparse(rest[0]))

    def examples(self) -> tuple[Example, ...]:
        """Two operands and three."""
        return (
            Example("a and b", ("a or b", "b", "a")),
            Example("a or b or c", ("a and b and c", "b or c", "a or c", "a or b")),
        )
