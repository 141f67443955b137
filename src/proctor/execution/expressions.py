"""Expressions: values written down as trees, the one language in which scenarios are built, observed and printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]
Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A plain value: None, bool, int, float, complex, str or bytes; `kind` keeps 1, True and 1.0 apart."""

    value: bool | int | float | complex | str | bytes | None
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", type(self.value).__name__)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; floats travel as text so that nan and inf arrive."""
        if isinstance(self.value, bytes):
            return {"t": "lit", "k": "bytes", "v": self.value.hex()}
        if isinstance(self.value, float | complex):
            return {"t": "lit", "k": self.kind, "v": repr(self.value)}
        return {"t": "lit", "v": self.value}


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something importable, as `module:qualified.name`: an enum member, a class, a function."""

    path: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"t": "sym", "p": self.path}


@dataclass(frozen=True, slots=True)
class Name:
    """A name that an earlier binding or a fixture made, or an attribute of it."""

    name: str
    attribute: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"t": "name", "n": self.name, "a": self.attribute}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of something importable: a constructor, mostly."""

    function: str
    args: tuple[Expression, ...] = ()
    keywords: tuple[tuple[str, Expression], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        keywords = [[name, value.to_json()] for name, value in self.keywords]
        return {"t": "call", "f": self.function, "a": [a.to_json() for a in self.args], "k": keywords}


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple, set, frozenset or iterator (kind "iter")."""

    kind: str
    items: tuple[Expression, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"t": "seq", "k": self.kind, "i": [item.to_json() for item in self.items]}


@dataclass(frozen=True, slots=True)
class Pairs:
    """A dict."""

    items: tuple[tuple[Expression, Expression], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"t": "map", "i": [[key.to_json(), value.to_json()] for key, value in self.items]}


@dataclass(frozen=True, slots=True)
class Function:
    """A callable of any arguments that answers one value, or its first argument where `result` is None."""

    result: Expression | None
    is_async: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        made = {"t": "fn", "r": {"t": "param"} if self.result is None else self.result.to_json()}
        return {**made, "async": True} if self.is_async else made


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock with the specification of a class."""

    path: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"t": "mock", "p": self.path}


@dataclass(frozen=True, slots=True)
class StandIn:
    """An object that notes how it is used; only a search builds it, no test shows it."""

    name: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"t": "standin", "n": self.name}


@dataclass(frozen=True, slots=True)
class Fields:
    """An object that was seen, by its public data; `comparable` when == compares exactly these."""

    cls: str
    fields: tuple[tuple[str, Expression], ...]
    comparable: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        shown = [[name, value.to_json()] for name, value in self.fields]
        return {"t": "obj", "c": self.cls, "f": shown, "eq": self.comparable}


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that was seen and cannot be written down; `size` is known for long containers."""

    cls: str
    size: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        if self.size is not None:
            return {"t": "sized", "c": self.cls, "n": self.size}
        return {"t": "opaque", "c": self.cls}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled regular expression that was seen."""

    text: str
    flags: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"t": "pattern", "v": self.text, "f": self.flags}


Expression = Literal | Symbol | Name | Call | Items | Pairs | Function | Mock | StandIn | Fields | Opaque | Pattern
NONE = Literal(None)


def expression_from_json(data: Json) -> Expression:
    """The expression that `to_json` described."""
    return _READERS[data["t"]](data)


def _literal(data: Json) -> Expression:
    value, kind = data["v"], data.get("k")
    if kind == "bytes":
        return Literal(bytes.fromhex(value))
    if kind == "float":
        return Literal(float(value))
    if kind == "complex":
        return Literal(complex(value))
    return Literal(value)


def _call(data: Json) -> Expression:
    args = tuple(expression_from_json(item) for item in data["a"])
    return Call(data["f"], args, tuple((name, expression_from_json(value)) for name, value in data["k"]))


def _pairs(data: Json) -> Expression:
    return Pairs(tuple((expression_from_json(key), expression_from_json(value)) for key, value in data["i"]))


def _fields(data: Json) -> Expression:
    shown = tuple((name, expression_from_json(value)) for name, value in data["f"])
    return Fields(data["c"], shown, bool(data.get("eq")))


_READERS: Mapping[str, Callable[[Json], Expression]] = {
    "lit": _literal,
    "sym": lambda data: Symbol(data["p"]),
    "name": lambda data: Name(data["n"], data.get("a", "")),
    "call": _call,
    "seq": lambda data: Items(data["k"], tuple(expression_from_json(item) for item in data["i"])),
    "map": _pairs,
    "fn": lambda data: Function(
        None if data["r"]["t"] == "param" else expression_from_json(data["r"]), bool(data.get("async"))
    ),
    "mock": lambda data: Mock(data["p"]),
    "standin": lambda data: StandIn(data["n"]),
    "obj": _fields,
    "opaque": lambda data: Opaque(data["c"]),
    "sized": lambda data: Opaque(data["c"], data["n"]),
    "pattern": lambda data: Pattern(data["v"], data["f"]),
}


def parts(expression: Expression) -> Iterator[tuple[int | str, Expression]]:
    """The direct parts of an expression with the step that leads to each."""
    if isinstance(expression, Call):
        yield from enumerate(expression.args)
        yield from expression.keywords
    elif isinstance(expression, Items):
        yield from enumerate(expression.items)
    elif isinstance(expression, Pairs):
        for index, (key, value) in enumerate(expression.items):
            yield f"key{index}", key
            yield index, value


def walk(expression: Expression, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
    """Every expression in a tree with its path, outer ones first."""
    yield path, expression
    for step, part in parts(expression):
        yield from walk(part, (*path, step))


def replace_at(expression: Expression, path: Path, new: Expression) -> Expression:
    """The tree with the part at `path` exchanged."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(expression, Call):
        args = tuple(replace_at(a, rest, new) if i == step else a for i, a in enumerate(expression.args))
        keywords = tuple((n, replace_at(v, rest, new) if n == step else v) for n, v in expression.keywords)
        return Call(expression.function, args, keywords)
    if isinstance(expression, Items):
        items = tuple(replace_at(a, rest, new) if i == step else a for i, a in enumerate(expression.items))
        return Items(expression.kind, items)
    if isinstance(expression, Pairs):
        return Pairs(tuple(_replaced_pair(i, pair, step, rest, new) for i, pair in enumerate(expression.items)))
    return expression


def _replaced_pair(
    index: int, pair: tuple[Expression, Expression], step: int | str, rest: Path, new: Expression
) -> tuple[Expression, Expression]:
    key, value = pair
    if step == f"key{index}":
        return replace_at(key, rest, new), value
    return (key, replace_at(value, rest, new)) if step == index else pair


def is_printable(expression: Expression) -> bool:
    """Whether the expression can be written as source that makes an equal value."""
    unwritable = (Fields, Opaque, Pattern, StandIn)
    return all(not isinstance(part, unwritable) and _is_named(part) for _, part in walk(expression))


def _is_named(expression: Expression) -> bool:
    path = expression.path if isinstance(expression, Symbol) else ""
    return "<" not in path
