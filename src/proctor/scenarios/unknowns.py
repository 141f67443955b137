"""Values for parameters of which little is known: what a guess names, and a broad, ordered set of everything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proctor.execution.expressions import NONE, Call, Expression, Function, Items, Literal, Pairs, Symbol

_Plain = bool | int | float | str | bytes | None

_BY_NAME: tuple[tuple[str, str], ...] = (
    (r"^(fn|func|function|callback|predicate|mapper|folder|key|handler|f)$", "callable"),
    (r"items|values|list|elements|rows|lines|seq|iterable|args|names|others?$", "list"),
    (r"dict|mapping|config|options|data|params|payload|headers|kwargs", "mapping"),
)
NAMESPACE = "types:SimpleNamespace"


def _all(*values: _Plain) -> tuple[Expression, ...]:
    return tuple(map(Literal, values))


LISTS: tuple[Expression, ...] = (
    Items("list", _all(3, 1, 2)),
    Items("list", _all("b", "a")),
    Items("list"),
    Items("list", _all(1)),
    Items("list", _all(1, 1, 2, 3, 5, 8)),
    Items("list", (Items("list", _all(1, 2)), Items("list", _all(3)))),
    Items("list", (Items("tuple", _all("key", 1)),)),
    Items("list", (NONE,)),
    Items("list", _all("text", 1, 1.5)),
)
MAPPINGS: tuple[Expression, ...] = (
    Pairs(((Literal("key"), Literal("value")),)),
    Pairs(),
    Pairs(((Literal("a"), Literal(1)), (Literal("b"), Literal(2)))),
    Pairs(((Literal("a"), Pairs(((Literal("b"), Literal(1)),))), (Literal("c"), Items("list", _all(1, 2))))),
    Pairs(((Literal(1), Literal("one")),)),
)
_ANYTHING: tuple[Expression, ...] = (
    *_all("", 0, 1, -1, 2, 10, 1000),
    *_all(None, True, False, 1.5, -0.5),
    LISTS[0],
    MAPPINGS[0],
    Items("tuple", _all(1, 2)),
    Items("set", _all(1, 2)),
    *_all("word", "two words", "123", "Ünï", " ", "a,b", "line\nother line", b"abc"),
    *LISTS[1:5],
    *MAPPINGS[1:4],
    Items("tuple"),
    Items("set"),
    Items("frozenset", _all(1)),
    Items("iter", _all(1, 2, 3)),
    Function(None),
    Call("datetime:date", _all(2024, 1, 15)),
    Call("datetime:datetime", _all(2024, 1, 15, 12)),
    Call("io:StringIO", _all("first line\nsecond line\n")),
    Call("pathlib:Path", _all("folder/file.txt")),
    Call("collections:OrderedDict", (Pairs(((Literal("b"), Literal(1)), (Literal("a"), Literal(2)))),)),
    Call(NAMESPACE, (), (("name", Literal("name")), ("value", Literal(1)))),
    Call("difflib:Match", _all(1, 2, 3)),
    Call("builtins:range", _all(3)),
    Call("builtins:ValueError", _all("simulated failure")),
    Symbol("builtins:int"),
    *_all(float("inf"), float("nan")),
    *LISTS[5:],
    Items("set", _all("b", "a")),
)


def named_kinds(name: str) -> Iterator[str]:
    """The kinds that a parameter's name suggests."""
    lowered = name.lower()
    yield from (kind for pattern, kind in _BY_NAME if re.search(pattern, lowered))


def is_count(name: str) -> bool:
    """Whether a name stands for a number."""
    return bool(re.search(r"(_id|count|size|length|index|number|num|qty|quantity|^n|^i|^k)$", name.lower()))


def of_unknown(name: str, text: str, number: int) -> Iterator[Expression]:
    """A broad set: what the name suggests first, then every kind of value with its edges."""
    for kind in named_kinds(name):
        yield from {"callable": callables(""), "list": LISTS[:2], "mapping": MAPPINGS[:1]}[kind]
    if is_count(name):
        yield Literal(number)
    yield Literal(text)
    yield Literal(3)
    yield from _ANYTHING


def callables(arity: str) -> tuple[Expression, ...]:
    """Functions of so many arguments, any number where it is unknown."""
    constant = (Function(Literal(True)), Function(Literal(False)))
    if arity == "0":
        return (Function(Literal(1)), *constant, Function(NONE))
    if arity == "2":
        return (Symbol("operator:add"), Symbol("operator:lt"), *constant, Symbol("operator:truediv"), Function(NONE))
    return (Function(None), *constant, Symbol("builtins:str"), Function(NONE), Symbol("operator:add"))


def contents(attributes: tuple[str, ...]) -> tuple[Expression, ...]:
    """What a container with these methods may be filled from."""
    if {"keys", "__getitem__"} <= set(attributes):
        return (Pairs(((Literal("name"), Literal("value")),)), MAPPINGS[2])
    if {"__iter__", "__len__"} <= set(attributes):
        return LISTS[:2]
    return ()


def streams(path: str) -> tuple[Expression, ...]:
    """Open files that live in memory."""
    if path == "io:BytesIO":
        return tuple(Call(path, _all(content)) for content in (b"first line\nsecond line\n", b""))
    return tuple(Call(path, _all(content)) for content in ("first line\nsecond line\n", "", "{}", "name = value\n"))


def simple(kind: str, path: str = "") -> tuple[Expression, ...]:
    """Values of the kinds that have no types inside."""
    match kind:
        case "stream":
            return streams(path)
        case "pattern":
            return tuple(Call("re:compile", _all(text)) for text in (r"\w+", r"(\d+)-(\d+)", "$^"))
        case "context":
            return (Call("contextlib:nullcontext"), Call("contextlib:nullcontext", _all(1)))
        case "exception":
            return (Call("builtins:ValueError", _all("simulated failure")), Symbol("builtins:ValueError"))
        case "ordered":
            return tuple(Call("collections:OrderedDict", (pairs,)) for pairs in MAPPINGS[:3])
        case "numeral":
            return _all("12", 3, "-1", "0", "text", "1.5")
        case "file":
            return _all("folder/file.txt", "missing.txt", "")
    return ()
