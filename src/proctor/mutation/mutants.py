"""The mutants of a source text: where each stands, what it shows, and the source of the function that it is in."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

from proctor.mutation.catalogue import OPERATORS
from proctor.mutation.operators.operator import Change, Operator

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_TYPE_MAKERS = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType"})


@dataclass(frozen=True, slots=True)
class Unit:
    """What is compiled anew for a mutant: a function in its classes; without a name, the whole module."""

    classes: tuple[str, ...]
    name: str
    first: int
    last: int

    @property
    def qualname(self) -> str:
        """The name as the module says it."""
        return ".".join((*self.classes, self.name))


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong version. `lines` are those that a run must reach to meet it, `defines` the names it is about."""

    operator: str
    unit: Unit
    line: int
    column: int
    lines: tuple[int, int]
    before: str
    after: str
    source: str
    is_default: bool = False
    defines: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[int, int, str, str]:
        """What tells it from the others of its module."""
        return self.line, self.column, self.operator, self.after

    def to_json(self) -> dict[str, Any]:
        """What the probe needs to load it."""
        return {
            "classes": list(self.unit.classes),
            "name": self.unit.name,
            "first": self.unit.first,
            "source": self.source,
            "default": self.is_default,
        }


def mutants_of(source: str, operators: Sequence[Operator] = OPERATORS) -> list[Mutant]:
    """All mutants, in the order of the source; `equivalent` says which of them are none after all."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    text = _Text(source)
    found = {mutant.key: mutant for spot in _spots(tree) for mutant in _mutants_at(spot, text, operators)}
    return sorted(found.values(), key=lambda mutant: mutant.key[:2])


@dataclass(frozen=True, slots=True)
class _Spot:
    """A node with what is around it."""

    node: ast.AST
    unit: Unit
    statement: ast.stmt
    is_default: bool = False


def _mutants_at(spot: _Spot, text: _Text, operators: Sequence[Operator]) -> Iterator[Mutant]:
    for operator in operators:
        if (operator.name == "default") != spot.is_default:
            continue
        for change in operator.changes(spot.node):
            yield Mutant(
                operator.name,
                spot.unit,
                change.node.lineno,
                change.node.col_offset,
                _lines(spot.statement),
                ast.unparse(change.node),
                change.text,
                text.changed(change, spot.unit),
                spot.is_default,
                _defined(spot),
            )


def _lines(statement: ast.stmt) -> tuple[int, int]:
    """The lines of a statement that has no block, or of what stands before its block."""
    body: list[ast.stmt] = getattr(statement, "body", None) or getattr(statement, "cases", None) or []
    if isinstance(statement, ast.Match):
        return statement.lineno, statement.subject.end_lineno or statement.lineno
    end = max(statement.lineno, body[0].lineno - 1) if body else (statement.end_lineno or statement.lineno)
    return statement.lineno, end


def _defined(spot: _Spot) -> frozenset[str]:
    """The names that a statement outside of functions gives a value to."""
    if spot.unit.name:
        return frozenset()
    targets = [node for node in ast.walk(spot.statement) if isinstance(getattr(node, "ctx", None), ast.Store)]
    return frozenset(node.id for node in targets if isinstance(node, ast.Name))


def _spots(tree: ast.Module) -> Iterator[_Spot]:
    module = Unit((), "", 1, 0)
    for statement in tree.body:
        yield from _of_statement(statement, module, ())


def _of_statement(statement: ast.stmt, module: Unit, classes: tuple[str, ...]) -> Iterator[_Spot]:
    """Spots of a statement outside of functions."""
    if isinstance(statement, _Function):
        yield from _of_function(statement, classes)
    elif isinstance(statement, ast.ClassDef):
        for inner in statement.body:
            yield from _of_statement(inner, module, (*classes, statement.name))
    elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
        if not _never_runs(statement):
            for inner in (child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)):
                yield from _of_statement(inner, module, classes)
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and not _is_about_the_module(statement):
        nodes = _walk(statement.value) if statement.value is not None else ()
        yield from (_Spot(node, module, statement) for node in nodes)


def _of_function(function: _Function, classes: tuple[str, ...]) -> Iterator[_Spot]:
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    unit = Unit(classes, function.name, first, function.end_lineno or function.lineno)
    if any(ast.unparse(decorator).rpartition(".")[2] == "overload" for decorator in function.decorator_list):
        return
    yield _Spot(function, unit, function, is_default=True)
    for statement in function.body:
        yield from _inside(statement, unit)


def _inside(statement: ast.stmt, unit: Unit) -> Iterator[_Spot]:
    """Spots of a statement and of those in its blocks."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return
    yield _Spot(statement, unit, statement)
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield from _inside(child, unit)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from _of_branch(child, unit)
        elif isinstance(child, ast.expr | ast.withitem) and not _is_declared(child, statement):
            yield from (_Spot(node, unit, statement) for node in _walk(child))


def _of_branch(branch: ast.ExceptHandler | ast.match_case, unit: Unit) -> Iterator[_Spot]:
    first = branch.body[0]
    yield _Spot(branch, unit, first)
    if isinstance(branch, ast.match_case) and branch.guard is not None:
        yield from (_Spot(node, unit, first) for node in _walk(branch.guard))
    for statement in branch.body:
        yield from _inside(statement, unit)


def _is_declared(child: ast.AST, statement: ast.stmt) -> bool:
    """Types and decorators are no behaviour of the function around them."""
    if isinstance(statement, ast.AnnAssign):
        return child is not statement.value
    return isinstance(statement, _Function | ast.ClassDef)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is in it, except the parts of an f-string, whose places older Pythons get wrong."""
    yield node
    if not isinstance(node, ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from _walk(child)


def _never_runs(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If):
        return False
    test = ast.unparse(statement.test)
    return test.endswith("TYPE_CHECKING") or "__name__" in test


def _is_about_the_module(statement: ast.Assign | ast.AnnAssign) -> bool:
    """Whether it is there for type checkers or for importers: no call of the module shows it."""
    made = statement.value.func if isinstance(statement.value, ast.Call) else None
    if made is not None and ast.unparse(made).rpartition(".")[2] in _TYPE_MAKERS:
        return True
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return all(isinstance(target, ast.Name) and target.id.startswith("__") for target in targets)


class _Text:
    """A source text that pieces can be exchanged in; the lines keep their numbers."""

    def __init__(self, source: str) -> None:
        self._lines = [line.encode() for line in source.splitlines(keepends=True)]

    def changed(self, change: Change, unit: Unit) -> str:
        """The source of the unit with the change in it."""
        end = change.last or change.node
        first, last = change.node.lineno, end.end_lineno or end.lineno
        start = unit.first if unit.name else 1
        lines = self._lines[start - 1 : unit.last] if unit.name else list(self._lines)
        head, tail = lines[first - start], lines[last - start]
        text = _padded(change, last - first).encode()
        changed = head[: change.node.col_offset] + text + tail[end.end_col_offset or 0 :]
        lines[first - start : last - start + 1] = [changed]
        return b"".join(lines).decode()


def _padded(change: Change, lost_lines: int) -> str:
    if isinstance(change.node, ast.stmt):
        return change.text + "\n" * lost_lines
    return f"({change.text}{chr(10) * lost_lines})"


def equivalent(mutant: Mutant, source: str) -> bool:
    """Whether Python makes the same of it as of the original, or nothing at all; only functions are looked at."""
    if not mutant.unit.name:
        return False
    original = "".join(source.splitlines(keepends=True)[mutant.unit.first - 1 : mutant.unit.last])
    made = _meaning(mutant.source)
    return made is None or made == _meaning(original)


def _meaning(source: str) -> object:
    """What a unit compiles to, without the places in the text; None where it is no Python."""
    try:
        code = compile(f"if 1:\n{source}" if source[:1] in (" ", "\t") else source, "", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return _bare(code)


def _bare(code: CodeType) -> tuple[object, ...]:
    constants = tuple(_bare(c) if isinstance(c, CodeType) else (type(c), repr(c)) for c in code.co_consts)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return code.co_code, code.co_exceptiontable, code.co_flags, constants, names


def sampled(mutants: Sequence[Mutant], most: int) -> list[Mutant]:
    """At most so many, taken from the functions in turn and from the operators in turn; in the order of the source.

    Those of no function are at most a quarter: they cost more, and a table of constants has hundreds.
    """
    turns = [_Turns(_by_operator(unit)).taken() for unit in _by_unit(mutants)]
    inside = _Turns([unit for unit in turns if unit[0].unit.name]).taken()
    outside = _Turns([unit for unit in turns if not unit[0].unit.name]).taken()[: most // 4]
    return sorted([*outside, *inside[: most - len(outside)]], key=lambda mutant: mutant.key[:2])


def _by_unit(mutants: Sequence[Mutant]) -> list[list[Mutant]]:
    groups: dict[Unit, list[Mutant]] = {}
    for mutant in mutants:
        groups.setdefault(mutant.unit, []).append(mutant)
    return list(groups.values())


def _by_operator(mutants: Sequence[Mutant]) -> list[list[Mutant]]:
    groups: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        groups.setdefault(mutant.operator, []).append(mutant)
    return [_spread(group) for group in groups.values()]


def _spread(group: list[Mutant]) -> list[Mutant]:
    """The middle first, then the middles of the halves: a few of them stand far apart."""
    if len(group) < 3:
        return group
    middle = len(group) // 2
    halves = [_spread(group[:middle]), _spread(group[middle + 1 :])]
    return [group[middle], *_Turns(halves).taken()]


class _Turns:
    """Several lists that are taken from in turn."""

    def __init__(self, lists: Sequence[Sequence[Mutant]]) -> None:
        self._lists = lists

    def taken(self) -> list[Mutant]:
        """All items, the first ones of every list before the second ones."""
        longest = max(map(len, self._lists), default=0)
        return [items[index] for index in range(longest) for items in self._lists if index < len(items)]
