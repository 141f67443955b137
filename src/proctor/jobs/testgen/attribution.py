"""Which test a line of a test file belongs to, by the node ids that pytest gives to its tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def tests_at(source: str, line: int) -> tuple[str, ...]:
    """The node id, without the file, of the test that the line belongs to; a line of one parameter is that one's."""
    found = _tests_at(ast.parse(source).body, line, ())
    return tuple("::".join(parts) for parts in found)


def _tests_at(body: list[ast.stmt], line: int, outer: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and _covers(node, line):
            yield from _tests_at(node.body, line, (*outer, node.name))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _holds(node, line):
            yield (*outer, node.name + _parameter_at(node, line))


def _holds(function: ast.FunctionDef | ast.AsyncFunctionDef, line: int) -> bool:
    """Whether the line is one of a test, its decorators included."""
    parts = (function, *function.decorator_list)
    return function.name.startswith("test") and any(_covers(part, line) for part in parts)


def _parameter_at(test: ast.FunctionDef | ast.AsyncFunctionDef, line: int) -> str:
    for decorator in test.decorator_list:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Call) and _covers(node, line):
                identity = next((item.value for item in node.keywords if item.arg == "id"), None)
                if isinstance(identity, ast.Constant) and isinstance(identity.value, str):
                    return f"[{identity.value}]"
    return ""


def _covers(node: ast.stmt | ast.expr, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)
