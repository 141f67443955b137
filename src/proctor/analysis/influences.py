"""Which names and attributes can influence a condition: those in its text, and what its local names were made from."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

_DEEPEST = 4


class Influences:
    """The influences of one module's conditions, by function."""

    def __init__(self, source: str) -> None:
        self._functions = dict(_functions(ast.parse(source), ""))
        self._made_from = {name: _assignments(node) for name, node in self._functions.items()}

    def of(self, function: str, condition: str) -> frozenset[str]:
        """The names and attributes that influence a condition of the function, or nothing when it does not parse."""
        try:
            tree = ast.parse(condition.strip() or "None", mode="eval")
        except SyntaxError:
            return frozenset()
        found: set[str] = set()
        self._collect(function, tree, found, 0)
        return frozenset(found)

    def _collect(self, function: str, tree: ast.AST, found: set[str], depth: int) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
                self._enter(function, node.attr, found, depth)
            elif isinstance(node, ast.Name) and node.id not in found:
                found.add(node.id)
                self._enter(function, node.id, found, depth)
                if depth < _DEEPEST:
                    for value in self._made_from.get(function, {}).get(node.id, ()):
                        self._collect(function, value, found, depth + 1)

    def _enter(self, function: str, name: str, found: set[str], depth: int) -> None:
        """A called function of the module influences by what it reads."""
        sibling = f"{function.rpartition('.')[0]}.{name}".lstrip(".")
        node = self._functions.get(sibling) or self._functions.get(name)
        if node is None or depth >= _DEEPEST or f"()={name}" in found:
            return
        found.add(f"()={name}")
        found.update(part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute))


def _functions(tree: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{node.name}"
            if not isinstance(node, ast.ClassDef):
                yield name, node
            yield from _functions(node, f"{name}.")


def _assignments(function: ast.AST) -> Mapping[str, list[ast.AST]]:
    found: dict[str, list[ast.AST]] = defaultdict(list)
    for node in ast.walk(function):
        for target, value in _bound(node):
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    found[part.id].append(value)
    return found


def _bound(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
            yield target, value
        case ast.NamedExpr(target=target, value=value):
            yield target, value
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            yield target, value
        case ast.comprehension(target=target, iter=value):
            yield target, value
            yield from ((target, condition) for condition in node.ifs)
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            yield target, value
