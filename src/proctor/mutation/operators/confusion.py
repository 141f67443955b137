"""Names that are easily mixed up: `lower` and `upper`, `min` and `max`, `any` and `all`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from proctor.mutation.operators.operator import Change, Example, changed

_PAIRS = (
    ("lower", "upper"),
    ("startswith", "endswith"),
    ("lstrip", "rstrip"),
    ("find", "rfind"),
    ("index", "rindex"),
    ("split", "rsplit"),
    ("partition", "rpartition"),
    ("ljust", "rjust"),
    ("removeprefix", "removesuffix"),
    ("append", "extend"),
    ("union", "intersection"),
)
_METHODS: Mapping[str, str] = dict(_PAIRS) | {second: first for first, second in _PAIRS} | {"strip": "lstrip"}
_FUNCTIONS: Mapping[str, str] = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


class Confusion:
    """Calls the neighbour of what should be called; a text that is put together becomes empty."""

    name = "confusion"

    def changes(self, node: ast.AST) -> Iterator[Change]:
        """The neighbour of a method or a function, and an empty text for an f-string."""
        if isinstance(node, ast.JoinedStr):
            yield Change(node, "''")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
            yield Change(node, changed(node, func=_renamed(node.func)))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
            yield Change(node, changed(node, func=ast.Name(_FUNCTIONS[node.func.id])))

    def examples(self) -> tuple[Example, ...]:
        """A method, a function, an f-string and a call that nothing is mixed up with."""
        return (
            Example("a.lower()", ("a.upper()",)),
            Example("max(a, b)", ("min(a, b)",)),
            Example("a = f'{b}!'", ("a = ''",)),
            Example("a.copy()", ()),
        )


def _renamed(function: ast.Attribute) -> ast.Attribute:
    return ast.Attribute(function.value, _METHODS[function.attr], ast.Load())
