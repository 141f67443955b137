"""Prints expressions as source and remembers which imports the source needs."""

from __future__ import annotations

import builtins
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
_BUILTINS = frozenset(dir(builtins))
_WORDS_OF_TESTS = frozenset(
    {"self", "result", "expected", "message", "request", "monkeypatch", "tmp_path", "capsys", "generator"}
)
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

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._reserved = frozenset(reserved) | _WORDS_OF_TESTS
        self._origins: dict[str, tuple[str, str]] = {}
        self._modules: dict[str, str] = {}
        self._lines: set[str] = set()
        self._definitions: dict[str, str] = {}

    def take(self, module: str, name: str) -> str:
        """Import `name` from `module` and return what it is called here."""
        if module == "builtins":
            return name
        local = self._plain(module, name)
        while not self._is_free(local, (module, name)):
            local = _qualified(module, local)
        self._origins[local] = (module, name)
        return local

    def _plain(self, module: str, name: str) -> str:
        """The name itself, unless it reads as something else inside a test class or to pytest."""
        if name.startswith("__") and not name.endswith("__"):
            name = name.lstrip("_")  # a class would put its own name before it
        hides = name in self._reserved or name in _BUILTINS
        return _qualified(module, name) if hides or name.lower().startswith("test") else name

    def _is_free(self, local: str, origin: tuple[str, str]) -> bool:
        if self._origins.get(local, origin) != origin:
            return False
        return all(shown.partition(".")[0] != local for shown in self._modules.values())

    @property
    def names(self) -> frozenset[str]:
        """All names that the imports and definitions give to the file."""
        return frozenset({*self._origins, *(shown.partition(".")[0] for shown in self._modules.values())})

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
        """Import a module under its full name, or under another where the file knows its first part as something."""
        if name not in self._modules:
            is_known = name.partition(".")[0] in self._origins
            self._modules[name] = f"{name.replace('.', '_')}_module" if is_known else name
        return self._modules[name]

    def add_lines(self, lines: Iterable[str]) -> None:
        """Take over import statements that were printed elsewhere."""
        self._lines.update(lines)

    def source(self) -> str:
        """The import statements, one a line; the formatter sorts them."""
        lines = [*sorted(self._lines), *(_import_line(name, shown) for name, shown in sorted(self._modules.items()))]
        for local, (module, name) in sorted(self._origins.items()):
            if not module:
                continue
            suffix = f" as {local}" if local != name else ""
            lines.append(f"from {module} import {name}{suffix}")
        return "\n".join(dict.fromkeys(lines))


def _import_line(name: str, shown: str) -> str:
    return f"import {name}" + (f" as {shown}" if shown != name else "")


def _qualified(module: str, local: str) -> str:
    """The name with the module's before it, in the style of the name."""
    parts = [part for part in module.split(".") if part.strip("_") and part not in ("builtins", local)]
    first = (parts or [module])[-1].strip("_")
    if local[:1].isupper():
        return first.title().replace("_", "") + local
    return f"{first}_{local}"


class Printer:
    """Prints expressions; `renamed` says under which names fixtures and bindings appear."""

    def __init__(self, imports: Imports, renamed: Mapping[str, str] | None = None) -> None:
        self._imports = imports
        self._renamed = renamed or {}

    def path(self, path: str) -> str:
        """The source for something importable: a class, an enum member, a function."""
        module, _, qualname = path.partition(":")
        if not qualname:
            return self._imports.module(module)
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
                return "lambda value=None, *others: value"
            case Function(result=result) if result is not None:
                return f"lambda *args, **kwargs: {self.value(result)}"
            case Mock(path=path):
                autospec = self._imports.take("unittest.mock", "create_autospec")
                return f"{autospec}({self.path(path)}, instance=True)"
        raise ValueError(f"{type(expression).__name__} cannot be written as source")

    def compared(self, expression: Expression) -> str:
        """The source of a value to compare with: floats in it need not be the same to the last bit."""
        match expression:
            case Literal(value=float()):
                return f"{self._imports.module('pytest')}.approx({self.value(expression)})"
            case Items(kind="list" | "tuple" as kind, items=items):
                printed = [self.compared(item) for item in items]
                plain = [self.value(item) for item in items]
                return self._items(kind, printed) if printed != plain else self.value(expression)
            case Pairs(items=items):
                return "{" + ", ".join(f"{self.value(key)}: {self.compared(value)}" for key, value in items) + "}"
        return self.value(expression)

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
