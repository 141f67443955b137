"""Finds the environment variables that a module asks for by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from proctor.analysis.facts import ConstantFact, EnvironmentRead
from proctor.analysis.syntax import dotted_name, in_source_order, unique

_MAPPING = "os.environ"
_LOOKUPS = {"os.getenv", "os.environ.get", "os.environ.setdefault", "os.environ.pop"}


def read_environment(tree: ast.Module, constants: Sequence[ConstantFact]) -> tuple[EnvironmentRead, ...]:
    """Reads of `os.environ` and `os.getenv` under any import name; required means that absence raises."""
    strings = {constant.name: ast.literal_eval(constant.text) for constant in constants}
    aliases = dict(_aliases(tree))
    found = (_read(node, aliases, strings) for node in in_source_order(tree))
    return unique(read for read in found if read)


def _aliases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or "os", "os") for alias in node.names if alias.name == "os")
        elif isinstance(node, ast.ImportFrom) and node.module == "os" and not node.level:
            yield from ((alias.asname or alias.name, f"os.{alias.name}") for alias in node.names)


def _read(node: ast.AST, aliases: dict[str, str], strings: dict[str, object]) -> EnvironmentRead | None:
    key, required = _key(node, aliases)
    name = _string(key, strings)
    return EnvironmentRead(name, key.lineno, required) if key is not None and name else None


def _key(node: ast.AST, aliases: dict[str, str]) -> tuple[ast.expr | None, bool]:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return (node.slice, True) if _origin(node.value, aliases) == _MAPPING else (None, False)
    if isinstance(node, ast.Call) and node.args:
        return (node.args[0], _must_exist(node, aliases)) if _origin(node.func, aliases) in _LOOKUPS else (None, False)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        return (node.left, False) if _origin(node.comparators[0], aliases) == _MAPPING else (None, False)
    return None, False


def _must_exist(node: ast.Call, aliases: dict[str, str]) -> bool:
    return _origin(node.func, aliases).endswith(".pop") and len(node.args) == 1


def _origin(node: ast.AST, aliases: dict[str, str]) -> str:
    root, dot, rest = dotted_name(node).partition(".")
    return aliases.get(root, "?") + dot + rest


def _string(key: ast.expr | None, strings: dict[str, object]) -> str:
    value = strings.get(key.id) if isinstance(key, ast.Name) else getattr(key, "value", None)
    return value if isinstance(value, str) else ""
