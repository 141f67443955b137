"""An index of a project's calls and definitions, built once, in which names are followed to what they mean."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from proctor.analysis.facts import CallableFacts, ClassFacts
from proctor.analysis.reading import ParsedModule
from proctor.analysis.syntax import FunctionNode, dotted_name, values_bound_to

_LONGEST_IMPORT_CHAIN = 8


@dataclass(frozen=True, slots=True)
class CallSite:
    """One call with what surrounds it."""

    module: ParsedModule
    call: ast.Call
    function: FunctionNode | None
    class_name: str
    function_name: str
    is_in_lambda: bool = False
    caught: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition of the project: module and qualified name."""

    module: str
    qualname: str


@dataclass(frozen=True, slots=True)
class CallIndex:
    """Calls by the last part of the called name, and the definitions that names can mean."""

    modules: Mapping[str, ParsedModule]
    calls: Mapping[str, Sequence[CallSite]]
    classes: Mapping[Symbol, ClassFacts]
    functions: Mapping[Symbol, CallableFacts]

    def resolve(self, module: str, dotted: str) -> Symbol | None:
        """What a dotted name means where it is written in a module, followed through imports and re-exports."""
        return self._follow(module, dotted, _LONGEST_IMPORT_CHAIN)

    def aliased(self, module: str, annotation: ast.expr) -> tuple[str, ast.expr]:
        """The expression that an annotation is a name for, with the module where it is written; else itself."""
        return self._value(module, dotted_name(annotation), _LONGEST_IMPORT_CHAIN) or (module, annotation)

    def method_owner(self, symbol: Symbol, method: str) -> Symbol | None:
        """The class that provides a method: the class itself or the first base of the project that has it."""
        return next((owner for owner in self.lineage(symbol) if self._has_method(owner, method)), None)

    def lineage(self, symbol: Symbol, depth: int = _LONGEST_IMPORT_CHAIN) -> Iterator[Symbol]:
        """The class and those of its bases that the project defines, depth first."""
        facts = self.classes.get(symbol)
        if facts is None or not depth:
            return
        yield symbol
        for base in facts.bases:
            parent = self.resolve(symbol.module, base.partition("[")[0])
            if parent is not None:
                yield from self.lineage(parent, depth - 1)

    def classes_named(self, name: str) -> tuple[Symbol, ...]:
        """All classes of that name, wherever they are."""
        return tuple(symbol for symbol, facts in self.classes.items() if facts.name == name)

    def classes_with_method(self, method: str) -> tuple[Symbol, ...]:
        """All classes that define a method of that name themselves."""
        return tuple(symbol for symbol in self.classes if self._has_method(symbol, method))

    def _has_method(self, symbol: Symbol, method: str) -> bool:
        return any(found.name == method for found in self.classes[symbol].methods)

    def _follow(self, module: str, dotted: str, steps: int) -> Symbol | None:
        own = Symbol(module, dotted)
        if own in self.classes or own in self.functions:
            return own
        root, _, rest = dotted.partition(".")
        targets = self._imports_of(module, root) if steps else ()
        found = (self._absolute(f"{target}.{rest}".rstrip("."), steps - 1) for target in targets)
        return next((symbol for symbol in found if symbol), None)

    def _value(self, module: str, name: str, steps: int) -> tuple[str, ast.expr] | None:
        """The value of a name that is bound once at the top of a module, here or where it is imported from."""
        if module not in self.modules or not name or not steps:
            return None
        values = values_bound_to(self.modules[module].tree.body, name)
        if values:
            return (module, values[0]) if len(values) == 1 else None
        root, _, rest = name.partition(".")
        targets = (f"{target}.{rest}".rstrip(".") for target in self._imports_of(module, root))
        found = (self._value(*_split_last(target), steps - 1) for target in targets)
        return next((value for value in found if value), None)

    def _absolute(self, dotted: str, steps: int) -> Symbol | None:
        """The longest prefix that is a module defines where the rest is looked up."""
        parts = dotted.split(".")
        for length in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:length])
            if module in self.modules:
                return self._follow(module, ".".join(parts[length:]), steps)
        return None

    def _imports_of(self, module: str, root: str) -> Iterator[str]:
        """What the first part of a name stands for; a star import may bring any name."""
        parsed = self.modules.get(module)
        for each in parsed.facts.imports if parsed else ():
            if each.name == root:
                yield root if each.binds_root else each.target
            elif each.name == "*":
                yield each.target.removesuffix("*") + root


def index_calls(modules: Sequence[ParsedModule]) -> CallIndex:
    """Index the project's modules; what tests do is no evidence, so they are left out."""
    kept = [module for module in modules if not _is_test(module.facts.path)]
    calls: dict[str, list[CallSite]] = defaultdict(list)
    for module in kept:
        for site in _call_sites(module):
            calls[_last_name(site.call.func)].append(site)
    return CallIndex(
        modules={module.facts.module: module for module in kept},
        calls={name: tuple(sites) for name, sites in calls.items()},
        classes={Symbol(m.facts.module, each.qualname): each for m in kept for each in m.facts.classes},
        functions={Symbol(m.facts.module, each.qualname): each for m in kept for each in m.facts.callables},
    )


def _split_last(dotted: str) -> tuple[str, str]:
    home, _, name = dotted.rpartition(".")
    return home, name


def _is_test(path: str) -> bool:
    pure = PurePosixPath(path.replace("\\", "/"))
    named = pure.name.startswith("test_") or pure.stem.endswith("_test") or pure.name == "conftest.py"
    return named or bool({"test", "tests"} & set(pure.parts[:-1]))


def _last_name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else dotted_name(function)


def _call_sites(module: ParsedModule) -> Iterator[CallSite]:
    nowhere = CallSite(module, ast.Call(ast.Name("", ast.Load()), [], []), None, "", "<module>")
    for statement in module.tree.body:
        yield from _sites_below(statement, nowhere)


def _sites_below(node: ast.AST, around: CallSite) -> Iterator[CallSite]:
    if isinstance(node, ast.Call):
        yield replace(around, call=node)
    if isinstance(node, ast.Try | ast.TryStar):
        yield from _sites_in_try(node, around)
        return
    inner = _surroundings(node, around)
    for child in ast.iter_child_nodes(node):
        yield from _sites_below(child, inner)


def _sites_in_try(node: ast.Try | ast.TryStar, around: CallSite) -> Iterator[CallSite]:
    names = tuple(ast.unparse(handler.type) if handler.type else "BaseException" for handler in node.handlers)
    for statement in node.body:
        yield from _sites_below(statement, replace(around, caught=(*around.caught, *names)))
    for other in (*node.handlers, *node.orelse, *node.finalbody):
        yield from _sites_below(other, around)


def _surroundings(node: ast.AST, around: CallSite) -> CallSite:
    if isinstance(node, ast.ClassDef):
        name = _nested_name(node, around)
        return replace(around, function=None, class_name=name, function_name=name)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        # A function inside a method has no self of its own.
        owner = "" if around.function else around.class_name
        name = _nested_name(node, around)
        return CallSite(around.module, around.call, node, owner, name)
    if isinstance(node, ast.With | ast.AsyncWith):
        return replace(around, caught=(*around.caught, *_suppressed(node)))
    return replace(around, is_in_lambda=True) if isinstance(node, ast.Lambda) else around


def _suppressed(node: ast.With | ast.AsyncWith) -> Iterator[str]:
    for item in node.items:
        if isinstance(item.context_expr, ast.Call) and _last_name(item.context_expr.func) == "suppress":
            yield from map(ast.unparse, item.context_expr.args)


def _nested_name(node: ast.ClassDef | FunctionNode, around: CallSite) -> str:
    return f"{around.class_name}.{node.name}" if around.class_name and not around.function else node.name
