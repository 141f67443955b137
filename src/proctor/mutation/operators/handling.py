"""Exceptions: a handler that catches nothing, or another type that is raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.operator import Change, Example


class Handling:
    """Takes handlers out of work and raises what is too general."""

    name = "exception"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """An empty tuple of types catches nothing; a bare handler hands on what it caught."""
        if isinstance(node, ast.ExceptHandler):
            yield Change(node.type, "()") if node.type else Change(node.body[0], "raise", node.body[-1])
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and not _is_general(node.exc):
            yield Change(node.exc.func, "Exception")

    def examples(self) -> tuple[Example, ...]:
        """A handler, a bare one, and a `raise`."""
        return (
            Example("try:\n    a()\nexcept KeyError:\n    b()", ("try:\n    a()\nexcept ():\n    b()",)),
            Example("try:\n    a()\nexcept:\n    b()\n    c()", ("try:\n    a()\nexcept:\n    raise",)),
            Example("raise ValueError(a)", ("raise Exception(a)",)),
        )


def _is_general(made: ast.Call) -> bool:
    return isinstance(made.func, ast.Name) and made.func.id == "Exception"
