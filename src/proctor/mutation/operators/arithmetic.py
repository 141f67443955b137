"""Arithmetic and bit operations: another operator, or a sign that is lost."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from proctor.mutation.operators.operator import Change, Example, changed

WRONG: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


class Arithmetic:
    """Exchanges the operator of a calculation."""

    name = "arithmetic"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The wrong operator; `%` behind a text formats it and is no calculation."""
        if isinstance(node, ast.BinOp) and type(node.op) in WRONG and not _is_formatting(node):
            yield Change(node, changed(node, op=WRONG[type(node.op)]()))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert):
            yield Change(node, ast.unparse(node.operand))

    def examples(self) -> tuple[Example, ...]:
        """A sum, a quotient, a mask and a sign."""
        return (
            Example("a + b", ("a - b",)),
            Example("a // b", ("a * b",)),
            Example("a & b", ("a | b",)),
            Example("-a", ("a",)),
            Example("'%s' % a", ()),
        )


def _is_formatting(node: ast.BinOp) -> bool:
    is_text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str | bytes)
    return isinstance(node.op, ast.Mod) and is_text
