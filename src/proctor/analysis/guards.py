"""Judges whether a value can still be None where it is passed on; in doubt it cannot."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from proctor.analysis.annotations import class_names
from proctor.analysis.call_index import CallIndex, CallSite, Symbol
from proctor.analysis.facts import ClassFacts, FieldFact
from proctor.analysis.syntax import FunctionNode, dotted_name

_CATCH_ALL = {"BaseException", "Exception", "TypeError", "AttributeError"}
_LOG_ROOTS = {"log", "logger", "logging", "print", "_log", "_logger", "LOG", "LOGGER"}


def why_guarded(site: CallSite, argument: ast.expr) -> str:
    """What may keep None away from this argument, as the end of a sentence; empty when nothing does."""
    text = ast.unparse(argument)
    root = text.partition(".")[0]
    if site.function is None or site.is_in_lambda:
        return "is passed where its declaration does not reach"
    if any(_catches(names) for names in site.caught):
        return f"is passed inside a try that catches {', '.join(site.caught)}"
    if _is_rebound(site.function, {text, root}):
        return "is assigned again in the same function"
    line = _first_use(site, argument, text, root)
    return f"is used on line {line} before the call" if line else ""


def find_field(index: CallIndex, module: str, annotation: ast.expr | None, name: str) -> FieldFact | None:
    """The field of a class of the project that an annotated value has, unless a validator looks at it."""
    for dotted in class_names(annotation):
        resolved = index.resolve(module, dotted)
        candidates = (resolved,) if resolved else index.classes_named(dotted.rpartition(".")[2])
        if len(candidates) == 1:
            return _field_of(index, candidates[0], name)
    return None


def _field_of(index: CallIndex, symbol: Symbol, name: str) -> FieldFact | None:
    found: FieldFact | None = None
    for owner in index.lineage(symbol):
        facts = index.classes[owner]
        if _is_validated(facts, name):
            return None
        found = found or next((field for field in facts.fields if field.name == name), None)
    return found


def _is_validated(facts: ClassFacts, name: str) -> bool:
    decorators = [decorator for method in facts.methods for decorator in method.decorators]
    checks_all = any("model_validator" in each or "root_validator" in each for each in decorators)
    checks_one = any("validator" in each and (f"'{name}'" in each or "'*'" in each) for each in decorators)
    return checks_all or checks_one or any(method.name == "__post_init__" for method in facts.methods)


def _catches(names: str) -> bool:
    parts = (part.strip(" ()").rpartition(".")[2] for part in names.split(","))
    return any(part in _CATCH_ALL for part in parts)


def _is_rebound(function: FunctionNode, names: set[str]) -> bool:
    for node in ast.walk(function):
        is_binding = isinstance(node, ast.Name | ast.Attribute) and not isinstance(node.ctx, ast.Load)
        if is_binding and dotted_name(node) in names:
            return True
        if isinstance(node, ast.Global | ast.Nonlocal) and names & set(node.names):
            return True
        if isinstance(node, ast.MatchAs | ast.MatchStar | ast.ExceptHandler) and node.name in names:
            return True
    return False


def _first_use(site: CallSite, argument: ast.expr, text: str, root: str) -> int:
    """The first line on which the value is looked at before it is passed, or 0.

    Every mention counts that is not a message, also a plain argument of another call: that call may check it.
    """
    assert site.function is not None  # asked for by the caller
    place = (argument.lineno, argument.col_offset)
    before = [found for found in _mentions(site.function.body, text, root) if _position(found) < place]
    around = _mentions(_conditions_around(site.function, site.call), text, root)
    return min((found.lineno for found in (*before, *around)), default=0)


def _position(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _mentions(nodes: Iterable[ast.AST], text: str, root: str) -> Iterator[ast.expr]:
    waiting: list[ast.AST] = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.expr) and dotted_name(node) in {text, root}:
            yield node
        elif isinstance(node, ast.Attribute) and dotted_name(node).startswith(f"{root}."):
            # Another attribute of the same object says nothing; something of the value itself does.
            if dotted_name(node).startswith(f"{text}."):
                yield node
        elif isinstance(node, ast.Call) and dotted_name(node.func).startswith(f"{root}."):
            # A method of the object may check its fields.
            yield node
        elif not _is_message(node):
            waiting.extend(ast.iter_child_nodes(node))


def _conditions_around(function: FunctionNode, call: ast.Call) -> Iterator[ast.expr]:
    """Conditions that stand after what they decide: `f(q) if q else None` and `[f(q) for x in y if q]`."""
    for node in ast.walk(function):
        if isinstance(node, ast.IfExp) and call in ast.walk(node):
            yield node.test
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) and call in ast.walk(node):
            yield from (test for generator in node.generators for test in generator.ifs)


def _is_message(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return dotted_name(node.func).partition(".")[0] in _LOG_ROOTS
    return isinstance(node, ast.JoinedStr)
