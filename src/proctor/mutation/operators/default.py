"""Defaults of parameters: another constant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.mutation.operators.constant import wrong_values
from proctor.mutation.operators.operator import Change, Example


class Default:
    """Exchanges the default of a parameter."""

    name = "default"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The first wrong constant for each default that is a constant."""
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if isinstance(default, ast.Constant):
                for value in wrong_values(default.value)[:1]:
                    yield Change(default, repr(value))

    def examples(self) -> tuple[Example, ...]:
        """Two defaults of which one is a constant that has wrong ones."""
        return (Example("def f(a=1, b=None):\n    return a", ("def f(a=2, b=None):\n    return a",)),)
