"""Rewrites a module's syntax tree so that a recorder sees its decisions and their operands; behaviour stays as it was.

Runs in the user's interpreter: standard library only, Python 3.9 or newer. Who records, and when, is left to others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    # Not in the oldest Python that runs this file.
    _Place = ast.stmt | ast.expr | ast.excepthandler | ast.pattern

_COMPARE_OPS: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_PREDICATE_METHODS: frozenset[str] = frozenset(
    [method for method in dir(str) if method.startswith("is")]
    + ["startswith", "endswith", "match", "fullmatch", "search", "get", "findall", "finditer", "split", "partition"]
    + ["rsplit", "rpartition", "find", "index"]
)
_PREDICATE_FUNCTIONS: frozenset[str] = frozenset({"isinstance", "issubclass", "hasattr"})
# These look at the frame they are called from, which a lambda would change.
_FRAME_READERS: frozenset[str] = frozenset({"super", "locals", "vars", "dir", "eval", "exec"})
# A compiler behind the decorator reads the body and would not know the recorder.
_COMPILING_DECORATORS: frozenset[str] = frozenset({"jit", "njit", "vectorize", "guvectorize"})
_LONGEST_TEXT = 120


class Site(NamedTuple):
    """One place that the recorder hears about (or, for kind "raise", a place to know of).

    kind: if, while, assert, ternary, comprehension, guard (decisions); operand, compare, chain, call, item (values);
    loop, handler, function, case (places entered); raise (listed only).
    """

    id: int
    kind: str
    line: int
    end_line: int
    col: int
    text: str
    function: str
    detail: str = ""
    decision: int | None = None
    in_try_handlers: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values only."""
        return dict(self._asdict(), in_try_handlers=list(self.in_try_handlers))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Site:
        """The site that `to_json` described."""
        return cls(**dict(data, in_try_handlers=tuple(data["in_try_handlers"])))


class SiteTable(NamedTuple):
    """All sites of one file; a site's id is its index."""

    filename: str
    sites: tuple[Site, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values only."""
        return {"filename": self.filename, "sites": [site.to_json() for site in self.sites]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SiteTable:
        """The table that `to_json` described."""
        return cls(data["filename"], tuple(Site.from_json(site) for site in data["sites"]))


def instrument(source: str, filename: str, recorder_name: str = "__proctor__") -> tuple[CodeType, SiteTable]:
    """Compile the source with calls to the recorder, a global of the module, at every site."""
    instrumenter = _Instrumenter(recorder_name)
    try:
        changed = ast.fix_missing_locations(instrumenter.visit(ast.parse(source, filename)))
        # dont_inherit, or this file's own __future__ import would apply to the user's module
        code: CodeType = compile(changed, filename, "exec", dont_inherit=True)
    except RecursionError:
        # An expression nested deeper than Python's own stack: the module still has to run, only unobserved.
        return compile(source, filename, "exec", dont_inherit=True), SiteTable(filename, ())
    return code, SiteTable(filename, tuple(instrumenter.sites))


class _Scope(NamedTuple):
    """Where the walk is: the kind of scope, its qualified name, and the handlers of the try blocks around."""

    kind: str
    qualname: str
    handlers: tuple[str, ...] = ()

    def child_name(self, name: str) -> str:
        separators = {"module": "", "class": self.qualname + ".", "function": self.qualname + ".<locals>."}
        return separators[self.kind] + name


class _Instrumenter(ast.NodeTransformer):
    """Sites are numbered in source order: a site is noted before its children are visited."""

    def __init__(self, recorder_name: str) -> None:
        self.sites: list[Site] = []
        self._recorder_name = recorder_name
        self._scope = _Scope("module", "<module>")
        self._decision: int | None = None

    def _note(self, kind: str, node: _Place, text: str, detail: str = "") -> int:
        site = Site(
            id=len(self.sites),
            kind=kind,
            line=node.lineno,
            end_line=node.end_lineno or node.lineno,
            col=node.col_offset,
            text=_shortened(text),
            function=self._scope.qualname,
            detail=detail,
            decision=self._decision,
            in_try_handlers=self._scope.handlers,
        )
        self.sites.append(site)
        return site.id

    def _report(self, method: str, site: int, *args: ast.expr, at: ast.AST) -> ast.Call:
        recorder = ast.Attribute(ast.Name(self._recorder_name, ast.Load()), method, ast.Load())
        return ast.copy_location(ast.Call(recorder, [ast.Constant(site), *args], []), at)

    def _enter(self, site: int, body: list[ast.stmt]) -> list[ast.stmt]:
        """The body with its first report; a docstring stays first, and no line is added to the line table."""
        start = 1 if _is_docstring(body[0]) else 0
        place = body[min(start, len(body) - 1)]
        # Its first line alone: Python looks a method up on the last line of a call, which may be one that never runs.
        at = place.col_offset
        narrow = ast.Pass(lineno=place.lineno, col_offset=at, end_lineno=place.lineno, end_col_offset=at)
        report = ast.copy_location(ast.Expr(self._report("enter", site, at=narrow)), narrow)
        return [*body[:start], report, *body[start:]]

    @contextmanager
    def _inside(self, scope: _Scope) -> Iterator[None]:
        outer, self._scope = self._scope, scope
        decision, self._decision = self._decision, None
        yield
        self._scope, self._decision = outer, decision

    def _statements(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(statement) for statement in statements]

    def _expression(self, node: ast.expr | None) -> ast.expr | None:
        changed: ast.expr | None = None if node is None else self.visit(node)
        return changed

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        """Only the body: decorators, defaults and annotations belong to the scope around it, and stay as they are."""
        if any(_last_name(decorator) in _COMPILING_DECORATORS for decorator in node.decorator_list):
            return node
        with self._inside(_Scope("function", self._scope.child_name(node.name))):
            site = self._note("function", node, node.name)
            node.body = self._enter(site, self._statements(node.body))
        return node

    visit_FunctionDef = _function
    visit_AsyncFunctionDef = _function

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        with self._inside(_Scope("class", self._scope.child_name(node.name))):
            node.body = self._statements(node.body)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        with self._inside(_Scope("function", self._scope.qualname)):
            node.body = self.visit(node.body)
        return node

    def _untouched(self, node: ast.AST) -> ast.AST:
        return node

    visit_JoinedStr = _untouched
    visit_TemplateStr = _untouched
    visit_TypeAlias = _untouched

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.target = self.visit(node.target)
        node.value = self._expression(node.value)
        return node

    def _decided(self, kind: str, test: ast.expr) -> ast.expr:
        if isinstance(test, ast.Constant):
            return test
        site = self._note(kind, test, ast.unparse(test))
        outer, self._decision = self._decision, site
        changed = self._tested(test)
        self._decision = outer
        return self._report("decide", site, changed, at=test)

    def _tested(self, node: ast.expr) -> ast.expr:
        """An expression of which only the truth is asked for."""
        if isinstance(node, ast.BoolOp):
            return ast.copy_location(ast.BoolOp(node.op, [self._operand(value) for value in node.values]), node)
        changed: ast.expr = self.visit(node)
        return changed

    def _operand(self, node: ast.expr) -> ast.expr:
        if isinstance(node, (ast.BoolOp, ast.Constant)) or _is_negation(node):
            return self._tested(node)
        site = self._note("operand", node, ast.unparse(node), "compare" if isinstance(node, ast.Compare) else "value")
        return self._report("test", site, self._tested(node), at=node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Used for its value: Python asks all operands but the last for their truth, and so do we."""
        node.values = [*map(self._operand, node.values[:-1]), self.visit(node.values[-1])]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        node.operand = self._operand(node.operand) if isinstance(node.op, ast.Not) else self.visit(node.operand)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        if _never_tested(node.test):
            node.orelse = self._statements(node.orelse)
            return node
        node.test = self._decided("if", node.test)
        node.body = self._statements(node.body)
        node.orelse = self._statements(node.orelse)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        node.test = self._decided("while", node.test)
        node.body = self._statements(node.body)
        node.orelse = self._statements(node.orelse)
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.test = self._decided("assert", node.test)
        node.msg = self._expression(node.msg)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        node.test = self._decided("ternary", node.test)
        node.body = self.visit(node.body)
        node.orelse = self.visit(node.orelse)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.iter = self.visit(node.iter)
        node.ifs = [self._decided("comprehension", test) for test in node.ifs]
        return node

    def _loop(self, node: ast.For | ast.AsyncFor, method: str) -> ast.AST:
        site = self._note("loop", node.iter, ast.unparse(node.iter), "async" if method == "aloop" else "")
        node.target = self.visit(node.target)
        node.iter = self._report(method, site, self.visit(node.iter), at=node.iter)
        node.body = self._statements(node.body)
        node.orelse = self._statements(node.orelse)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        return self._loop(node, "loop")

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self._loop(node, "aloop")

    def visit_Try(self, node: ast.Try | ast.TryStar) -> ast.AST:
        outer = self._scope
        caught = tuple(_caught(handler) for handler in node.handlers)
        self._scope = outer._replace(handlers=(*caught, *outer.handlers))
        node.body = self._statements(node.body)
        self._scope = outer
        node.handlers = [self.visit(handler) for handler in node.handlers]
        node.orelse = self._statements(node.orelse)
        node.finalbody = self._statements(node.finalbody)
        return node

    visit_TryStar = visit_Try

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        site = self._note("handler", node, _caught(node))
        node.body = self._enter(site, self._statements(node.body))
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        """The pattern is left alone: its names and values are not expressions."""
        site = self._note("case", node.pattern, ast.unparse(node.pattern))
        if node.guard is not None:
            node.guard = self._decided("guard", node.guard)
        node.body = self._enter(site, self._statements(node.body))
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        self._note("raise", node, "" if node.exc is None else ast.unparse(node.exc))
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        operators = [_COMPARE_OPS[type(op)] for op in node.ops]
        if len(operators) > 1:
            return self._chained(node, operators)
        site = self._note("compare", node, ast.unparse(node), operators[0])
        left, right = self.visit(node.left), self.visit(node.comparators[0])
        return self._report("cmp", site, ast.Constant(operators[0]), left, right, at=node)

    def _chained(self, node: ast.Compare, operators: list[str]) -> ast.AST:
        """Each operand becomes a lambda, so that it is asked for at most once and only when it is its turn."""
        if self._scope.kind == "class" or not _may_move_to_lambda(node):
            return self.generic_visit(node)
        site = self._note("chain", node, ast.unparse(node), " ".join(operators))
        operands = [_delayed(self.visit(operand)) for operand in (node.left, *node.comparators)]
        symbols = ast.Tuple([ast.Constant(operator) for operator in operators], ast.Load())
        return self._report("chain", site, symbols, ast.Tuple(operands, ast.Load()), at=node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = _predicate(node)
        if not name:
            return self.generic_visit(node)
        site = self._note("call", node, ast.unparse(node), name)
        self.generic_visit(node)
        args = ast.Tuple(node.args, ast.Load())
        keywords = ast.Dict([ast.Constant(k.arg) for k in node.keywords], [k.value for k in node.keywords])
        return self._report("call", site, ast.Constant(name), node.func, args, keywords, at=node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Loads inside functions only: outside of them subscripts are mostly types."""
        wanted = isinstance(node.ctx, ast.Load) and self._scope.kind == "function" and not _has_slice(node.slice)
        if not wanted:
            return self.generic_visit(node)
        site = self._note("item", node, ast.unparse(node))
        return self._report("item", site, self.visit(node.value), self.visit(node.slice), at=node)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _caught(handler: ast.ExceptHandler) -> str:
    return "BaseException" if handler.type is None else ast.unparse(handler.type)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_negation(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _never_tested(test: ast.expr) -> bool:
    """A block that no test can reach by calling the module: for type checkers, or for running it as a script."""
    if isinstance(test, ast.Compare):
        sides = {ast.unparse(test.left), *map(ast.unparse, test.comparators)}
        return sides == {"__name__", "'__main__'"}
    return _last_name(test) == "TYPE_CHECKING"


def _may_move_to_lambda(node: ast.expr) -> bool:
    return not any(_is_bound_to_frame(part) for part in ast.walk(node))


def _is_bound_to_frame(node: ast.AST) -> bool:
    if isinstance(node, ast.comprehension):
        return bool(node.is_async)
    if isinstance(node, ast.Name):
        return node.id in _FRAME_READERS
    return isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr))


def _delayed(value: ast.expr) -> ast.expr:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.copy_location(ast.Lambda(nothing, value), value)


def _predicate(node: ast.Call) -> str:
    """The name under which a call is reported, or nothing; `**kwargs` could hide a clash that Python would report."""
    if any(keyword.arg is None or keyword.arg.startswith("__") for keyword in node.keywords):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr if node.func.attr in _PREDICATE_METHODS else ""
    return node.func.id if isinstance(node.func, ast.Name) and node.func.id in _PREDICATE_FUNCTIONS else ""


def _has_slice(index: ast.expr) -> bool:
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return any(isinstance(part, ast.Slice) for part in parts)
