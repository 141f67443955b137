"""Conditions: what is asked is turned round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.operator import Change, Example


class Condition:
    """Negates conditions that are no comparison, which has an operator of its own, and takes a `not` away."""

    name = "condition"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The negated test of a statement, of a conditional expression or of a comprehension."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield Change(node, ast.unparse(node.operand))
            return
        for test in _tests(node):
            if not isinstance(test, ast.Compare | ast.Constant) and not _is_negation(test):
                yield Change(test, ast.unparse(ast.UnaryOp(ast.Not(), test)))

    def examples(self) -> tuple[Example, ...]:
        """A statement, an expression, a comprehension and a negation."""
        return (
            Example("if a:\n    b()", ("if not a:\n    b()",)),
            Example("a if b else c", ("a if not b else c",)),
            Example("[a for a in b if a]", ("[a for a in b if not a]",)),
            Example("not a", ("a",)),
            Example("while True:\n    a()", ()),
        )


def _tests(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
        return [node.test]
    return list(node.ifs) if isinstance(node, ast.comprehension) else []


def _is_negation(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
