"""Which lines of a module speak of a name: what a value that is made at import can have an effect on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator


class Mentions:
    """The names that functions mention, and the names that module values are made from."""

    def __init__(self, source: str) -> None:
        tree = ast.parse(source)
        self._functions = [(frozenset(_names(function)), _lines(function)) for function in _functions(tree)]
        self._values = [(_defined(node), frozenset(_names(node))) for node in ast.walk(tree) if _defined(node)]

    def lines_about(self, names: Iterable[str]) -> frozenset[int]:
        """The lines of the functions that mention one of the names, or a value that was made from one."""
        wanted = self._with_derived(frozenset(names))
        return frozenset(line for mentioned, lines in self._functions if mentioned & wanted for line in lines)

    def _with_derived(self, names: frozenset[str]) -> frozenset[str]:
        while True:
            more = names.union(*(defined for defined, used in self._values if used & names))
            if more == names:
                return names
            names = more


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.keyword) and part.arg:
            yield part.arg


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> range:
    return range(function.lineno, (function.end_lineno or function.lineno) + 1)


def _defined(node: ast.AST) -> frozenset[str]:
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return frozenset()
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return frozenset(target.id for target in targets if isinstance(target, ast.Name))
