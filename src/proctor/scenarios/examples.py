"""Calls that docstrings show: doctest sessions, with the objects they make and change, and calls in running text."""

from __future__ import annotations

import ast
import doctest
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from proctor.execution.expressions import Call, Expression, Items, Literal, Pairs, Symbol
from proctor.execution.records import CallableReport, TargetReport
from proctor.scenarios.rows import snake
from proctor.scenarios.scenario import Argument, Binding, Scenario, Step

_LONGEST_CALL = 600
_MOST_SEEDS = 24
_SEQUENCES: Mapping[type, str] = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}
_BUILTINS = frozenset(
    {"range", "set", "frozenset", "list", "tuple", "dict", "bytes", "bytearray", "str", "int", "float"}
)


class _UnreadableError(Exception):
    """An example that says something of which no expression is made."""


@dataclass(slots=True)
class _Thing:
    """What a name stands for in a session: how it was made, and the calls that changed it since."""

    made: Expression
    changes: tuple[Step, ...] = ()


class Examples:
    """The examples of one module's docstrings."""

    def __init__(self, report: TargetReport, source: str) -> None:
        self._report = report
        self._functions = {t.qualname: t for t in report.callables if t.kind in ("function", "static", "class")}
        self._methods = {t.qualname: t for t in report.callables if t.kind == "method"}
        self._classes = {path.partition(":")[2]: path for path in report.classes}
        tree = ast.parse(source)
        self._imports = dict(_imports(tree))
        self._docstrings = [text for text in map(_docstring, ast.walk(tree)) if text]

    def seeds(self, target: CallableReport, base: Scenario) -> list[Scenario]:
        """The calls of a target that examples show, in the order of the source."""
        found = [*self._in_sessions(target, base), *self._in_text(target, base)]
        return list(dict.fromkeys(found))[:_MOST_SEEDS]

    def _in_text(self, target: CallableReport, base: Scenario) -> Iterator[Scenario]:
        if target.qualname not in self._functions or "." in target.qualname:
            return
        for docstring in self._docstrings:
            for text in calls_in(docstring, target.name):
                node = _parsed(text)
                if isinstance(node, ast.Call):
                    yield from self._called(node, target, base, {})

    def _in_sessions(self, target: CallableReport, base: Scenario) -> Iterator[Scenario]:
        for docstring in self._docstrings:
            names: dict[str, _Thing] = {}
            for example in _sessions(docstring):
                for statement in _statements(example):
                    for node in ast.walk(statement):
                        if isinstance(node, ast.Call) and _last_name(node.func) == target.name:
                            yield from self._called(node, target, base, names)
                    self._remember(statement, names)

    def _remember(self, statement: ast.stmt, names: dict[str, _Thing]) -> None:
        """What a statement binds or changes."""
        try:
            match statement:
                case ast.ImportFrom() | ast.Import():
                    names.update((name, _Thing(Symbol(path))) for name, path in _imports(statement))
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    names[name] = _Thing(self._expression(value, names))
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) as call):
                    if name in names:
                        step = Step("method", "", attr, "", self._arguments(call, names))
                        names[name] = replace(names[name], changes=(*names[name].changes, step))
        except _UnreadableError:
            names.pop(getattr(getattr(statement, "targets", [None])[0], "id", ""), None)

    def _called(
        self, node: ast.Call, target: CallableReport, base: Scenario, names: Mapping[str, _Thing]
    ) -> Iterator[Scenario]:
        try:
            arguments = _named(self._arguments(node, names), target)
            if target.qualname in self._methods:
                if isinstance(node.func, ast.Attribute):
                    yield from self._on_object(node.func.value, target, replace(base.act, arguments=arguments), names)
            elif target.kind == "function" or isinstance(node.func, ast.Attribute):
                yield replace(base, act=replace(base.act, arguments=arguments))
        except _UnreadableError:
            return

    def _on_object(
        self, node: ast.expr, target: CallableReport, act: Step, names: Mapping[str, _Thing]
    ) -> Iterator[Scenario]:
        thing = names.get(node.id) if isinstance(node, ast.Name) else _Thing(self._expression(node, names))
        if thing is None or not isinstance(thing.made, Call) or thing.made.function != target.owner:
            return
        name = snake(thing.made.function.partition(":")[2].rpartition(".")[2])
        prefix = target.qualname.rpartition(".")[0]
        before = tuple(
            replace(step, receiver=name, target=f"{self._report.module}:{prefix}.{step.member}")
            for step in thing.changes
        )
        yield Scenario(
            target.qualname, replace(act, receiver=name), bindings=(Binding(name, thing.made),), before=before
        )

    def _arguments(self, node: ast.Call, names: Mapping[str, _Thing]) -> tuple[Argument, ...]:
        positional = [
            Argument(f"arg{i}", self._expression(arg, names), keyword=False) for i, arg in enumerate(node.args)
        ]
        named = [Argument(k.arg or "", self._expression(k.value, names), keyword=True) for k in node.keywords]
        if any(not argument.name for argument in named):
            raise _UnreadableError
        return (*positional, *named)

    def _expression(self, node: ast.expr, names: Mapping[str, _Thing]) -> Expression:
        match node:
            case ast.Constant(value=value) if value is not Ellipsis:
                return Literal(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return Literal(-number)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return Items(_SEQUENCES[type(node)], tuple(self._expression(item, names) for item in elements))
            case ast.Dict(keys=keys, values=values) if None not in keys:
                pairs = [(key, value) for key, value in zip(keys, values, strict=True) if key is not None]
                return Pairs(tuple((self._expression(k, names), self._expression(v, names)) for k, v in pairs))
            case ast.Name(id=name) if name in names and not names[name].changes:
                return names[name].made
            case ast.Call(func=function, keywords=[]):
                return Call(self._path(function, names), tuple(self._expression(arg, names) for arg in node.args))
            case ast.Call(func=function):
                arguments = self._arguments(node, names)
                args = tuple(each.value for each in arguments if not each.keyword)
                return Call(self._path(function, names), args, tuple((a.name, a.value) for a in arguments if a.keyword))
            case ast.Name() | ast.Attribute():
                return Symbol(self._path(node, names))
        raise _UnreadableError

    def _path(self, node: ast.expr, names: Mapping[str, _Thing]) -> str:
        """Where something that is called or named comes from."""
        if isinstance(node, ast.Attribute):
            path = self._path(node.value, names)
            return f"{path}.{node.attr}" if ":" in path else f"{path}:{node.attr}"
        if not isinstance(node, ast.Name):
            raise _UnreadableError
        known = names.get(node.id)
        if known is not None and isinstance(known.made, Symbol):
            return known.made.path
        if node.id in self._classes or node.id in self._functions:
            return self._classes.get(node.id, f"{self._report.module}:{node.id}")
        if node.id in _BUILTINS:
            return f"builtins:{node.id}"
        if node.id in self._imports:
            return self._imports[node.id]
        raise _UnreadableError


def _named(arguments: tuple[Argument, ...], target: CallableReport) -> tuple[Argument, ...]:
    """The arguments under the names of the parameters that take them."""
    names = [each.name for each in target.parameters]
    return tuple(
        replace(argument, name=names[min(position, len(names) - 1)]) if names and not argument.keyword else argument
        for position, argument in enumerate(arguments)
    )


def calls_in(text: str, name: str) -> Iterator[str]:
    """The texts of calls of a name, up to the bracket that closes each."""
    for match in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", text):
        depth = 0
        for position, char in enumerate(text[match.end() - 1 : match.end() + _LONGEST_CALL]):
            depth += (char in "([{") - (char in ")]}")
            if depth == 0:
                yield text[match.start() : match.end() + position]
                break


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _docstring(node: ast.AST) -> str | None:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return ast.get_docstring(node)
    return None


def _sessions(docstring: str) -> list[str]:
    try:
        return [example.source for example in doctest.DocTestParser().get_examples(docstring)]
    except ValueError:
        return []


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError):
        return []


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that absolute imports bind, each with its path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((alias.asname or alias.name, f"{node.module}:{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names if "." not in alias.name)
