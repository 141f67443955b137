"""Augmented assignments: another operator, or a plain assignment."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.arithmetic import WRONG
from proctor.mutation.operators.operator import Change, Example


class Augmented:
    """Exchanges the operator of `a += b`, and forgets it."""

    name = "augmented"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The wrong operator, then none."""
        if not isinstance(node, ast.AugAssign):
            return
        if type(node.op) in WRONG:
            wrong = ast.AugAssign(node.target, WRONG[type(node.op)](), node.value)
            yield Change(node, ast.unparse(wrong))
        yield Change(node, f"{ast.unparse(node.target)} = {ast.unparse(node.value)}")

    def examples(self) -> tuple[Example, ...]:
        """A sum that grows."""
        return (Example("a += b", ("a -= b", "a = b")),)
