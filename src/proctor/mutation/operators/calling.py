"""Calls: arguments in the wrong order, one that is not given, and an `await` that is forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.deletion import is_logging
from proctor.mutation.operators.operator import Change, Example, changed


class Calling:
    """Swaps neighbours among the arguments and leaves out those that have a name."""

    name = "call"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """Each pair of neighbours swapped, then each keyword dropped; or the awaitable itself for an `await`."""
        if isinstance(node, ast.Await):
            yield Change(node, ast.unparse(node.value))
        if not isinstance(node, ast.Call) or is_logging(node):
            return
        for index, (left, right) in enumerate(zip(node.args, node.args[1:], strict=False)):
            if not isinstance(left, ast.Starred) and not isinstance(right, ast.Starred) and not _are_alike(left, right):
                yield Change(node, changed(node, args=[*node.args[:index], right, left, *node.args[index + 2 :]]))
        for keyword in node.keywords:
            if keyword.arg is not None:
                yield Change(node, changed(node, keywords=[other for other in node.keywords if other is not keyword]))

    def examples(self) -> tuple[Example, ...]:
        """Two arguments, two keywords and an `await`."""
        return (
            Example("f(a, b)", ("f(b, a)",)),
            Example("f(a, b=1, c=2)", ("f(a, c=2)", "f(a, b=1)")),
            Example("async def f(a):\n    await a", ("async def f(a):\n    a",)),
            Example("f(*a, b)", ()),
        )


def _are_alike(left: ast.expr, right: ast.expr) -> bool:
    return ast.dump(left) == ast.dump(right)
