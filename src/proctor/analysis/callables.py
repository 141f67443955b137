"""Reads one function or method: its signature, size, and what its body refers to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from proctor.analysis.docstrings import documented_exceptions
from proctor.analysis.facts import CallableFacts, ExceptionFact, Parameter
from proctor.analysis.syntax import FunctionNode, dotted_name, in_source_order, is_docstring, text_of, unique


def read_callable(node: FunctionNode, prefix: str) -> CallableFacts:
    """The facts of a function; prefix is the qualified name of its class with a dot."""
    decorators = tuple(ast.unparse(decorator) for decorator in node.decorator_list)
    docstring = ast.get_docstring(node)
    inside = list(_body_nodes(node))
    owner = _own_name(node, prefix, decorators)
    calls = [dotted_name(found.func) for found in inside if isinstance(found, ast.Call)]
    attributes = [found for found in inside if isinstance(found, ast.Attribute) and dotted_name(found.value) == owner]
    self_calls = unique(name.removeprefix(f"{owner}.") for name in calls if owner and _is_member(name, owner))
    return CallableFacts(
        name=node.name,
        qualname=prefix + node.name,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        is_async=isinstance(node, ast.AsyncFunctionDef),
        is_generator=_is_generator(node),
        is_property=any(_is_property(decorator) for decorator in decorators),
        is_static="staticmethod" in decorators,
        is_classmethod="classmethod" in decorators,
        decorators=decorators,
        parameters=read_parameters(node.args),
        returns=text_of(node.returns),
        docstring=docstring,
        statements=count_statements(node),
        branches=sum(map(_arcs, inside)),
        complexity=1 + sum(map(_choices, inside)),
        self_calls=self_calls,
        self_reads=unique(
            found.attr for found in attributes if isinstance(found.ctx, ast.Load) and found.attr not in self_calls
        ),
        self_writes=unique(_written(attributes, inside, owner)),
        names=_names(node, inside),
        calls=unique(name for name in calls if name),
        raises=tuple(_raises(inside)),
        handlers=tuple(_handlers(inside)),
        literals=unique(_literals(node.body)),
        documented_raises=documented_exceptions(docstring),
    )


def read_parameters(arguments: ast.arguments) -> tuple[Parameter, ...]:
    """All parameters in the order of the signature."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + [*arguments.defaults]
    kinds = ["positional-only"] * len(arguments.posonlyargs) + ["positional"] * len(arguments.args)
    found = [_parameter(*each) for each in zip(plain, kinds, defaults, strict=True)]
    if arguments.vararg:
        found.append(_parameter(arguments.vararg, "var-positional", None))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_parameter(argument, "keyword-only", default))
    if arguments.kwarg:
        found.append(_parameter(arguments.kwarg, "var-keyword", None))
    return tuple(found)


def count_statements(node: ast.AST) -> int:
    """Statements below the node, docstrings left out."""
    return sum(isinstance(found, ast.stmt) and not is_docstring(found) for found in ast.walk(node)) - isinstance(
        node, ast.stmt
    )


def _parameter(argument: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
    return Parameter(argument.arg, kind, text_of(argument.annotation), text_of(default))


def _body_nodes(node: FunctionNode) -> Iterator[ast.AST]:
    for statement in node.body:
        yield from in_source_order(statement)


def _own_name(node: FunctionNode, prefix: str, decorators: tuple[str, ...]) -> str:
    """What the method calls its object: usually self."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    return arguments[0].arg if prefix and arguments and "staticmethod" not in decorators else ""


def _is_member(name: str, owner: str) -> bool:
    return name.startswith(f"{owner}.") and name.count(".") == 1


def _is_property(decorator: str) -> bool:
    last = decorator.rpartition(".")[2]
    return last in {"property", "cached_property", "setter", "getter", "deleter", "hybrid_property"}


def _is_generator(node: FunctionNode) -> bool:
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        found = waiting.pop()
        if isinstance(found, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(found))
    return False


def _arcs(node: ast.AST) -> int:
    """Ways out of a statement that has more than one, counted as coverage.py counts them."""
    if isinstance(node, ast.If | ast.For | ast.AsyncFor):
        return 2
    if isinstance(node, ast.While):
        return 0 if isinstance(node.test, ast.Constant) else 2
    if isinstance(node, ast.Match):
        return len(node.cases) + (not _ends_in_wildcard(node))
    return 0


def _ends_in_wildcard(node: ast.Match) -> bool:
    last = node.cases[-1]
    return last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None


def _choices(node: ast.AST) -> int:
    """What a node adds to the cyclomatic complexity."""
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    if isinstance(node, ast.Match):
        return len(node.cases) - _ends_in_wildcard(node)
    return isinstance(node, ast.If | ast.IfExp | ast.While | ast.For | ast.AsyncFor | ast.ExceptHandler | ast.Assert)


def _written(attributes: Iterable[ast.Attribute], inside: Iterable[ast.AST], owner: str) -> Iterator[str]:
    """Attributes that are bound, deleted, or whose item is: `self.rows[k] = v` changes `rows`."""
    yield from (found.attr for found in attributes if not isinstance(found.ctx, ast.Load))
    for found in inside:
        if isinstance(found, ast.Subscript) and not isinstance(found.ctx, ast.Load):
            name = dotted_name(found.value)
            if owner and _is_member(name, owner):
                yield name.removeprefix(f"{owner}.")


def _names(node: FunctionNode, inside: Iterable[ast.AST]) -> tuple[str, ...]:
    """Names that come from outside the function."""
    found = [name for name in inside if isinstance(name, ast.Name)]
    own = {name.id for name in found if not isinstance(name.ctx, ast.Load)}
    own |= {argument.arg for argument in ast.walk(node) if isinstance(argument, ast.arg)}
    return unique(name.id for name in found if name.id not in own)


def _raises(inside: Iterable[ast.AST]) -> Iterator[ExceptionFact]:
    for found in inside:
        if isinstance(found, ast.Raise):
            yield ExceptionFact(text_of(found.exc) or "", found.lineno)


def _handlers(inside: Iterable[ast.AST]) -> Iterator[ExceptionFact]:
    for found in inside:
        if isinstance(found, ast.ExceptHandler):
            yield ExceptionFact(text_of(found.type) or "BaseException", found.lineno)


def _literals(nodes: Iterable[ast.AST]) -> Iterator[str | int | float]:
    """Strings and numbers, without docstrings and the fixed parts of f-strings."""
    for node in nodes:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str | int | float) and not isinstance(node.value, bool):
                yield node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            yield from (-value for value in _literals([node.operand]) if not isinstance(value, str))
        elif not is_docstring(node) and not isinstance(node, ast.JoinedStr):
            yield from _literals(ast.iter_child_nodes(node))
