"""How functions use their parameters: what an annotation would have said, read from the body instead."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from proctor.analysis.docstrings import documented_types
from proctor.analysis.syntax import FunctionNode, dotted_name

Constant = str | int | float | bytes

# What is done to the arguments of well-known calls: the position of the argument is the first.
_CALLS: Mapping[str, str] = {
    **dict.fromkeys(("list", "tuple", "set", "frozenset", "sorted", "sum", "enumerate", "zip", "iter"), "iterated"),
    **dict.fromkeys(("min", "max", "any", "all", "reversed"), "iterated"),
    **dict.fromkeys(("len",), "sized"),
    **dict.fromkeys(
        ("abs", "round", "divmod", "pow", "range", "float", "math.floor", "math.ceil", "math.sqrt"), "number"
    ),
    **dict.fromkeys(("open", "io.open", "Path", "pathlib.Path"), "path"),
    **dict.fromkeys(("ord", "json.loads", "ast.parse", "re.compile", "re.escape", "shlex.split"), "text"),
    **dict.fromkeys(("callable", "functools.wraps", "wraps", "inspect.signature", "signature"), "callable"),
    **dict.fromkeys(("next",), "iterator"),
    **dict.fromkeys(("json.load",), "stream"),
    **dict.fromkeys(("dict",), "mapping"),
}
_SECOND: Mapping[str, str] = {
    **dict.fromkeys(("re.match", "re.search", "re.fullmatch", "re.findall", "re.finditer", "re.split"), "text"),
    **dict.fromkeys(
        ("map", "filter", "itertools.chain", "zip", "isinstance", "enumerate", "functools.reduce"), "iterated"
    ),
    **dict.fromkeys(("re.sub",), "text"),
}
# Methods whose argument, at that position, is a text whatever they belong to.
_TEXT_METHODS: Mapping[str, int] = {
    **dict.fromkeys(("match", "search", "fullmatch", "findall", "finditer", "startswith", "endswith"), 0),
    "sub": 1,
}
_ARITHMETIC = (ast.Sub, ast.Div, ast.FloorDiv, ast.Pow, ast.LShift, ast.RShift)


@dataclass(slots=True)
class Use:
    """What is done to one parameter (or to the elements of one): filled while a body is read, then only looked at."""

    attributes: dict[str, bool] = field(default_factory=dict)
    keys: dict[Constant, None] = field(default_factory=dict)
    classes: dict[str, None] = field(default_factory=dict)
    constants: dict[Constant | None, None] = field(default_factory=dict)
    kinds: dict[str, None] = field(default_factory=dict)
    passed: dict[tuple[str, int | str], None] = field(default_factory=dict)
    documented: str = ""
    element: Use | None = None
    inside: dict[str, Use] = field(default_factory=dict)

    def of_elements(self) -> Use:
        """The use of what iterating gives."""
        self.element = self.element or Use()
        return self.element

    def of(self, name: str) -> Use:
        """The use of an attribute, or of an item when the name is that of a key in brackets."""
        return self.inside.setdefault(name, Use())

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not (self.attributes or self.keys or self.classes or self.constants or self.kinds or self.passed)


def in_brackets(key: object) -> str:
    """The name under which the use of an item is kept."""
    return f"[{key!r}]"


def uses_of_parameters(source: str) -> dict[str, dict[str, Use]]:
    """For each function or method, by qualified name, how each of its parameters is used."""
    found: dict[str, dict[str, Use]] = {}
    for node in _scopes(ast.parse(source).body, "", found):
        _merge_stored(node, found)
    return found


def _scopes(
    body: Iterable[ast.stmt], prefix: str, found: dict[str, dict[str, Use]]
) -> Iterator[tuple[str, ast.ClassDef, dict[str, Use]]]:
    """Read the functions of a body; its classes are handed on, with how the attributes of their objects are used."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[prefix + node.name] = _Reader(node).uses
        elif isinstance(node, ast.ClassDef):
            inner = f"{prefix}{node.name}."
            yield from _scopes(node.body, inner, found)
            yield inner, node, _uses_of_attributes(node)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _scopes(node.body, prefix, found)


def _uses_of_attributes(node: ast.ClassDef) -> dict[str, Use]:
    """How the methods of a class use `self.name`, by name."""
    merged: dict[str, Use] = {}
    for method in node.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and method.args.args:
            reader = _Reader(method, merged)
            merged = reader.stored
    return merged


def _merge_stored(owner: tuple[str, ast.ClassDef, dict[str, Use]], found: dict[str, dict[str, Use]]) -> None:
    """A constructor's parameter that is kept in an attribute is used as the attribute is."""
    prefix, node, attributes = owner
    for method in node.body:
        if not isinstance(method, ast.FunctionDef) or method.name != "__init__":
            continue
        for name, use in found.get(f"{prefix}__init__", {}).items():
            for attribute in _kept_in(method, name):
                _merge(use, attributes.get(attribute, Use()))


def _kept_in(method: ast.FunctionDef, parameter: str) -> Iterator[str]:
    owner = method.args.args[0].arg if method.args.args else ""
    for node in ast.walk(method):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == parameter:
            for target in node.targets:
                if isinstance(target, ast.Attribute) and dotted_name(target.value) == owner:
                    yield target.attr


def _merge(use: Use, other: Use) -> None:
    for name in ("attributes", "keys", "classes", "constants", "kinds", "passed"):
        mine: dict[object, object] = getattr(use, name)
        mine.update(getattr(other, name))
    for name, inner in other.inside.items():
        if inner is not use:
            _merge(use.of(name), inner)
    if other.element is not None:
        _merge(use.of_elements(), other.element)


class _Reader(ast.NodeVisitor):
    """Reads one function's body; functions inside it see its parameters, so they are read along."""

    def __init__(self, node: FunctionNode, stored: dict[str, Use] | None = None) -> None:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        arguments += [each for each in (node.args.vararg, node.args.kwarg) if each is not None]
        types = documented_types(ast.get_docstring(node))
        self.uses = {each.arg: Use(documented=types.get(each.arg, "")) for each in arguments}
        self.stored = stored if stored is not None else {}
        self._own = arguments[0].arg if arguments and stored is not None else ""
        self._aliases: dict[str, Use] = dict(self.uses)
        for statement in node.body:
            self.visit(statement)

    def _use(self, node: ast.expr | None) -> Use | None:
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id)
        if isinstance(node, ast.Attribute) and self._own and dotted_name(node.value) == self._own:
            return self.stored.setdefault(node.attr, Use())
        if isinstance(node, ast.Attribute):
            holder = self._use(node.value)
            return holder.of(node.attr) if holder is not None else None
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            holder = self._use(node.value)
            return holder.of(in_brackets(node.slice.value)) if holder is not None else None
        return None

    def _mark(self, node: ast.expr | None, kind: str) -> None:
        use = self._use(node)
        if use is not None:
            use.kinds[kind] = None

    def visit_Assign(self, node: ast.Assign) -> None:
        """Another name for a parameter, if it had none: what it is later made from is not the parameter."""
        use = self._use(node.value)
        self.generic_visit(node)
        for target in node.targets:
            if isinstance(target, ast.Name) and use is not None:
                self._aliases[target.id] = use
            if isinstance(target, ast.Subscript):
                self._mark(target.value, "assigned")
            if isinstance(target, ast.Tuple) and use is not None:
                use.kinds[f"unpacked{len(target.elts)}"] = None

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """`parameter.name`, read or written."""
        use = self._use(node.value)
        if use is not None:
            use.attributes.setdefault(node.attr, False)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """A method of a parameter, a call of it, or a call that it is handed to."""
        if isinstance(node.func, ast.Attribute):
            use = self._use(node.func.value)
            if use is not None:
                use.attributes[node.func.attr] = True
                if (
                    node.func.attr in ("get", "pop", "setdefault")
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    use.keys.update(dict.fromkeys(_constants(node.args[:1])))  # type: ignore[arg-type]  # never None
        self._mark(node.func, f"called{len(node.args)}")
        self._handed(node)
        self.generic_visit(node)

    def _handed(self, node: ast.Call) -> None:
        """The arguments of a call, each by what the call does to it, or as passed on."""
        name = dotted_name(node.func)
        for position, argument in enumerate(node.args):
            inner = argument.value if isinstance(argument, ast.Starred) else argument
            use = self._use(inner)
            if use is None:
                continue
            kind = (_CALLS if position == 0 else _SECOND).get(name)
            kind = "iterated" if isinstance(argument, ast.Starred) else kind
            if isinstance(node.func, ast.Attribute) and _TEXT_METHODS.get(node.func.attr) == position:
                kind = kind or "text"
            if name in ("isinstance", "issubclass") and position == 0 and len(node.args) == 2:
                use.classes.update(dict.fromkeys(_class_names(node.args[1])))
            elif name in ("getattr", "hasattr") and position == 0 and isinstance(node.args[1], ast.Constant):
                use.attributes.setdefault(str(node.args[1].value), False)
            elif kind is not None:
                use.kinds[kind] = None
            elif name in ("map", "filter", "functools.reduce", "reduce") and position == 0:
                use.kinds["called2" if name.endswith("reduce") else "called1"] = None
            elif name:
                use.passed[name, position] = None
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "join":
                use.kinds["texts"] = None
        for keyword in node.keywords:
            use = self._use(keyword.value)
            if use is not None and keyword.arg is None:
                use.kinds["mapping"] = None
            elif use is not None and keyword.arg is not None:
                use.passed[name, keyword.arg] = None

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """An item or a slice of a parameter."""
        use = self._use(node.value)
        if use is not None:
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                use.keys[node.slice.value] = None
            elif isinstance(node.slice, ast.Slice) or _is_number(node.slice):
                use.kinds["sequence"] = None
            else:
                use.kinds["indexed"] = None
        self.generic_visit(node)

    def _iterated(self, target: ast.expr, iterable: ast.expr) -> None:
        use = self._use(iterable)
        if use is None:
            return
        use.kinds["iterated"] = None
        if isinstance(target, ast.Name):
            self._aliases[target.id] = use.of_elements()
        elif isinstance(target, ast.Tuple):
            use.of_elements().kinds[f"unpacked{len(target.elts)}"] = None

    def visit_For(self, node: ast.For) -> None:
        """A loop over a parameter: its variable stands for the elements."""
        self._iterated(node.target, node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """As for a loop."""
        self._iterated(node.target, node.iter)
        self.generic_visit(node)

    def _comprehended(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        """The loops come first, or the element would not be known in what is made of it."""
        for generator in node.generators:
            self.visit(generator)
        self.generic_visit(node)

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehended

    def visit_Compare(self, node: ast.Compare) -> None:
        """Constants that a parameter is compared with, and containers that are asked for a member."""
        sides = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if isinstance(op, ast.In | ast.NotIn):
                self._mark(right, "container")
                use = self._use(left)
                if use is not None and isinstance(right, ast.Tuple | ast.List | ast.Set):
                    use.constants.update(dict.fromkeys(_constants(right.elts)))
                continue
            for here, there in ((left, right), (right, left)):
                use = self._use(here)
                if use is not None:
                    use.constants.update(dict.fromkeys(_constants([there])))
                    if isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) and not isinstance(there, ast.Constant):
                        use.kinds["ordered"] = None
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Arithmetic."""
        for here, there in ((node.left, node.right), (node.right, node.left)):
            if isinstance(node.op, _ARITHMETIC) or _is_number(there):
                self._mark(here, "number")
            elif isinstance(node.op, ast.Add) and isinstance(there, ast.Constant | ast.JoinedStr):
                self._mark(here, "text")
            elif isinstance(node.op, ast.Add) and isinstance(there, ast.List | ast.ListComp):
                self._mark(here, "sequence")
        self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        """A context manager."""
        for item in node.items:
            self._mark(item.context_expr, "entered")
        self.generic_visit(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        """Iterated on behalf of the caller."""
        self._mark(node.value, "iterated")
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Raised as it is: an exception, or a class of one."""
        self._mark(node.exc, "exception")
        self.generic_visit(node)


def _class_names(node: ast.expr) -> Iterator[str]:
    options = node.elts if isinstance(node, ast.Tuple) else [node]
    yield from (name for option in options if (name := dotted_name(option)))


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _constants(nodes: Iterable[ast.expr]) -> Iterator[Constant | None]:
    for node in nodes:
        sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
        inner = node.operand if isinstance(node, ast.UnaryOp) else node
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str | int | float | bytes):
            value = inner.value
            yield value if sign > 0 or isinstance(value, str | bytes) else -value
