"""Statements: one that is forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.operator import Change, Example

_LOGS = frozenset({"log", "logger", "logging", "warnings"})


class Deletion:
    """Leaves out a call, an assignment, a `raise` or a `del`; a line that only logs is no promise to anybody."""

    name = "deletion"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """`pass` in its place."""
        is_statement = isinstance(node, ast.Assign | ast.AugAssign | ast.Raise | ast.Delete)
        if is_statement or (isinstance(node, ast.Expr) and _does_something(node.value)):
            assert isinstance(node, ast.stmt)
            yield Change(node, "pass")

    def examples(self) -> tuple[Example, ...]:
        """A call, an assignment, an exception, a docstring and a log line."""
        return (
            Example("a.b()", ("pass",)),
            Example("a.b = c", ("pass",)),
            Example("raise ValueError(a)", ("pass",)),
            Example("'a docstring'", ()),
            Example("logger.info(a)", ()),
        )


def is_logging(node: ast.AST) -> bool:
    """Whether an expression is a call of a logger."""
    if not isinstance(node, ast.Call):
        return False
    root: ast.expr = node.func
    while isinstance(root, ast.Attribute | ast.Call):
        if isinstance(root, ast.Attribute) and root.attr.lstrip("_").lower() in _LOGS:
            return True
        root = root.value if isinstance(root, ast.Attribute) else root.func
    return isinstance(root, ast.Name) and root.id.lstrip("_").lower() in _LOGS


def _does_something(value: ast.expr) -> bool:
    return isinstance(value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom) and not is_logging(value)
