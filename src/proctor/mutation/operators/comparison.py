"""Comparisons: the boundary moves, or the answer turns."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from proctor.mutation.operators.operator import Change, Example, changed

_WRONG: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


class Comparison:
    """Exchanges the operator of a comparison."""

    name = "comparison"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """Each operator of the chain with each wrong one."""
        if not isinstance(node, ast.Compare):
            return
        for index, op in enumerate(node.ops):
            for wrong in _WRONG[type(op)]:
                ops = [*node.ops[:index], wrong(), *node.ops[index + 1 :]]
                yield Change(node, changed(node, ops=ops))

    def examples(self) -> tuple[Example, ...]:
        """A boundary, an equality, a membership, an identity and a chain."""
        return (
            Example("a < b", ("a <= b", "a >= b")),
            Example("a == b", ("a != b",)),
            Example("a not in b", ("a in b",)),
            Example("a is None", ("a is not None",)),
            Example("0 < a <= 9", ("0 <= a <= 9", "0 >= a <= 9", "0 < a < 9", "0 < a > 9")),
        )
