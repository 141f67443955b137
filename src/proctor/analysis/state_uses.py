"""Which attributes of `self` a method reads and which it changes, with what the methods it calls do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_MUTATORS = frozenset(
    (
        *(
            "append",
            "appendleft",
            "extend",
            "insert",
            "add",
            "update",
            "setdefault",
            "push",
            "put",
            "remove",
            "discard",
        ),
        *("pop", "popleft", "popitem", "clear", "sort", "reverse", "difference_update", "intersection_update", "set"),
    )
)


@dataclass(frozen=True, slots=True)
class StateUse:
    """What one method does with attributes of its object."""

    reads: frozenset[str]
    writes: frozenset[str]


class StateUses:
    """The uses of one module's methods, by qualified name."""

    def __init__(self, source: str) -> None:
        self._methods = dict(_methods(ast.parse(source), ""))

    def of(self, qualname: str) -> StateUse:
        """What a method does with its object's attributes, alone and through methods of the same class."""
        reads: set[str] = set()
        writes: set[str] = set()
        owner = qualname.rpartition(".")[0]
        for node in self._with_called(owner, qualname):
            own_reads, own_writes = _uses(node)
            reads |= own_reads
            writes |= own_writes
        return StateUse(frozenset(reads), frozenset(writes))

    def _with_called(self, owner: str, qualname: str) -> Iterator[ast.AST]:
        waiting, seen = [qualname], set[str]()
        while waiting:
            name = waiting.pop()
            node = self._methods.get(name)
            if node is None or name in seen:
                continue
            seen.add(name)
            yield node
            waiting += [f"{owner}.{attribute}" for attribute in sorted(_uses(node)[0])]


def _methods(tree: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _methods(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and prefix:
            yield f"{prefix}{node.name}", node


def _uses(method: ast.AST) -> tuple[set[str], set[str]]:
    """Attributes read and attributes changed; a local name that stands for an attribute counts as that attribute."""
    aliases = dict(_aliases(method))
    reads: set[str] = set()
    writes: set[str] = set()
    for node in ast.walk(method):
        name = _attribute(node, aliases)
        if name and isinstance(getattr(node, "ctx", None), ast.Load):
            reads.add(name)
        writes.update(_changed(node, aliases))
    return reads, writes


def _changed(node: ast.AST, aliases: dict[str, str]) -> Iterator[str]:
    match node:
        case ast.Attribute(ctx=ast.Store() | ast.Del()) if name := _attribute(node, {}):
            yield name
        case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()) if name := _attribute(value, aliases):
            yield name
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _MUTATORS:
            if name := _attribute(value, aliases):
                yield name


def _attribute(node: ast.AST, aliases: dict[str, str]) -> str:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=attribute):
            return attribute
        case ast.Name(id=name):
            return aliases.get(name, "")
    return ""


def _aliases(method: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(method):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield from _alias(name, value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for target, value in zip(names, values, strict=False):
                    if isinstance(target, ast.Name):
                        yield from _alias(target.id, value)


def _alias(name: str, value: ast.AST) -> Iterator[tuple[str, str]]:
    if attribute := _attribute(value, {}):
        yield name, attribute
