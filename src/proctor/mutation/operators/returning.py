"""Results: nothing is given back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.operator import Change, Example


class Returning:
    """Gives None back, or out, in the place of a value."""

    name = "return"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """None for the value of a `return` or a `yield`."""
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None and not _is_none(node.value):
            yield Change(node.value, "None")

    def examples(self) -> tuple[Example, ...]:
        """A value, nothing, and a generator."""
        return (
            Example("def f(a):\n    return a", ("def f(a):\n    return None",)),
            Example("def f():\n    return None", ()),
            Example("def f(a):\n    yield a", ("def f(a):\n    yield None",)),
        )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
