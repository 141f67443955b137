"""Small questions about syntax trees that several readers ask."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeGuard, TypeVar

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_T = TypeVar("_T")


def is_definition(node: ast.AST) -> TypeGuard[Definition]:
    """Whether the node is a `def` or a `class`."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def is_for_type_checkers(test: ast.expr) -> bool:
    """Whether the test is `TYPE_CHECKING`, from wherever it was imported."""
    return dotted_name(test).rpartition(".")[2] == "TYPE_CHECKING"


def is_docstring(node: ast.AST) -> bool:
    """Whether the statement is a string that stands alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def text_of(node: ast.expr | None) -> str | None:
    """The expression as text, or nothing for nothing."""
    return None if node is None else ast.unparse(node)


def dotted_name(node: ast.AST | None) -> str:
    """`a.b.c` for names and attributes of names, else the empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted_name(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def in_source_order(node: ast.AST) -> Iterator[ast.AST]:
    """Like `ast.walk`, but depth first, as the text is read."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from in_source_order(child)


def unique(items: Iterable[_T]) -> tuple[_T, ...]:
    """Without repetitions, in the order of first appearance; 1, 1.0 and True are different."""
    return tuple({(type(item), item): item for item in items}.values())


def values_bound_to(body: Iterable[ast.stmt], name: str) -> list[ast.expr]:
    """The values that assignments and `with` of one scope give a name or dotted attribute."""
    found: list[ast.expr] = []
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop(0)
        targets, value = _binding(node)
        if value is not None and any(dotted_name(target) == name for target in targets):
            found.append(value)
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.withitem | ast.match_case) and not is_definition(node):
            waiting.extend(ast.iter_child_nodes(node))
    return found


def _binding(node: ast.AST) -> tuple[list[ast.expr], ast.expr | None]:
    if isinstance(node, ast.Assign):
        return node.targets, node.value
    if isinstance(node, ast.AnnAssign):
        return [node.target], node.value
    if isinstance(node, ast.withitem) and node.optional_vars is not None:
        return [node.optional_vars], node.context_expr
    return [], None
