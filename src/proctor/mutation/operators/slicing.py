"""Slices: a bound that is forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.operator import Change, Example, changed


class Slicing:
    """Drops one bound of a slice."""

    name = "slice"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The subscript without the start, the end or the step."""
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice):
            return
        lower, upper, step = node.slice.lower, node.slice.upper, node.slice.step
        shorter = ((lower, (None, upper, step)), (upper, (lower, None, step)), (step, (lower, upper, None)))
        for dropped, bounds in shorter:
            if dropped is not None:
                yield Change(node, changed(node, slice=ast.Slice(*bounds)))

    def examples(self) -> tuple[Example, ...]:
        """Both bounds, and an index, which is no slice."""
        return (Example("a[1:b]", ("a[:b]", "a[1:]")), Example("a[::2]", ("a[:]",)), Example("a[0]", ()))
