"""Prints expressions as source and remembers which imports the source needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from proctor.execution.expressions import (
    Call,
    Expression,
    Function,
    Items,
    Literal,
    Mock,
    Name,
    Pairs,
    Symbol,
)

_MOST_REPEATED = 4
_SAME_LATER = """\
async def same_later(value, *others):
    return value
"""
_ANSWERING_LATER = """\
def answering_later(value):
    async def answer(*args, **kwargs):
        return value

    return answer
"""
_ASYNC_ITEMS = """\
async def async_items(*items):
    for item in items:
        yield item
"""


class Imports:
    """The imports of one file: a name stands for one thing, whatever modules it comes from."""

    def __init__(self) -> None:
        self._origins: dict[str, tuple[str, str]] = {}
        self._modules: set[str] = set()
        self._lines: set[str] = set()
        self._definitions: dict[str, str] = {}

    def take(self, module: str, name: str) -> str:
        """Import `name` from `module` and return what it is called here."""
        if module == "builtins":
            return name
        local = name
        while self._origins.get(local, (module, name)) != (module, name):
            local = f"{module.rpartition('.')[2].title().replace('_', '')}{local}"
        self._origins[local] = (module, name)
        return local

    def define(self, name: str, source: str) -> str:
        """Define a function in the file itself and return what it is called here."""
        local = name
        while self._origins.get(local, ("", name)) != ("", name):
            local = f"{local}_here"
        self._origins[local] = ("", name)
        self._definitions[local] = source.replace(f"def {name}(", f"def {local}(").rstrip()
        return local

    def definitions(self) -> list[str]:
        """The functions that the file defines for itself."""
        return [source for _, source in sorted(self._definitions.items())]

    def module(self, name: str) -> str:
        """Import a module under its full name."""
        self._modules.add(name)
        return name

    def add_lines(self, lines: Iterable[str]) -> None:
        """Take over import statements that were printed elsewhere."""
        self._lines.update(lines)

    def source(self) -> str:
        """The import statements, one a line; the formatter sorts them."""
        lines = [*sorted(self._lines), *(f"import {name}" for name in sorted(self._modules))]
        for local, (module, name) in sorted(self._origins.items()):
            if not module:
                continue
            suffix = f" as {local}" if local != name else ""
            lines.append(f"from {module} import {name}{suffix}")
        return "\n".join(dict.fromkeys(lines))


class Printer:
    """Prints expressions; `renamed` says under which names fixtures and bindings appear."""

    def __init__(self, imports: Imports, renamed: Mapping[str, str] | None = None) -> None:
        self._imports = imports
        self._renamed = renamed or {}

    def path(self, path: str) -> str:
        """The source for something importable: a class, an enum member, a function."""
        module, _, qualname = path.partition(":")
        first, dot, rest = qualname.partition(".")
        return f"{self._imports.take(module, first)}{dot}{rest}"

    def value(self, expression: Expression) -> str:
        """The source of an expression.

        Raises ValueError for one that cannot be written down.
        """
        match expression:
            case Literal():
                return _literal(expression)
            case Symbol(path=path):
                return self.path(path)
            case Name(name=name, attribute=attribute):
                return self._renamed.get(name, name) + (f".{attribute}" if attribute else "")
            case Call():
                return self.call(expression)
            case Items(kind=kind, items=items):
                if kind == "list" and len(items) > _MOST_REPEATED and len(set(items)) == 1:
                    return f"[{self.value(items[0])}] * {len(items)}"
                return self._items(kind, [self.value(item) for item in items])
            case Pairs(items=items):
                return "{" + ", ".join(f"{self.value(key)}: {self.value(value)}" for key, value in items) + "}"
            case Function(result=None, is_async=True):
                return self._imports.define("same_later", _SAME_LATER)
            case Function(result=result, is_async=True) if result is not None:
                return f"{self._imports.define('answering_later', _ANSWERING_LATER)}({self.value(result)})"
            case Function(result=None):
                return "lambda value: value"
            case Function(result=result) if result is not None:
                return f"lambda *args, **kwargs: {self.value(result)}"
            case Mock(path=path):
                autospec = self._imports.take("unittest.mock", "create_autospec")
                return f"{autospec}({self.path(path)}, instance=True)"
        raise ValueError(f"{type(expression).__name__} cannot be written as source")

    def call(self, expression: Call) -> str:
        """The source of a call."""
        return f"{self.path(expression.function)}({self.arguments(expression.args, expression.keywords)})"

    def arguments(self, args: tuple[Expression, ...], keywords: tuple[tuple[str, Expression], ...]) -> str:
        """The source between the parentheses of a call."""
        printed = [self.value(argument) for argument in args]
        return ", ".join([*printed, *(f"{name}={self.value(value)}" for name, value in keywords)])

    def _items(self, kind: str, printed: list[str]) -> str:
        joined = ", ".join(printed)
        match kind:
            case "list":
                return f"[{joined}]"
            case "tuple":
                return f"({joined},)" if len(printed) == 1 else f"({joined})"
            case "set":
                return f"{{{joined}}}" if printed else "set()"
            case "frozenset":
                return f"frozenset({{{joined}}})" if printed else "frozenset()"
        if kind == "aiter":
            return f"{self._imports.define('async_items', _ASYNC_ITEMS)}({joined})"
        return f"iter([{joined}])"


def _literal(expression: Literal) -> str:
    value = expression.value
    if isinstance(value, str) and len(value) > 40 and len(set(value)) == 1:
        return f"{value[0]!r} * {len(value)}"
    if isinstance(value, float) and str(value) in ("nan", "inf", "-inf"):
        return f'float("{value}")'
    return repr(value)
