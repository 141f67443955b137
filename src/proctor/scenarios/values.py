"""Values for parameters: from the resolved annotation, its limits, and what the name suggests to a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from proctor.execution.expressions import (
    NONE,
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
from proctor.execution.records import ClassReport, ParameterReport, TargetReport, TypeReport
from proctor.scenarios.limits import within
from proctor.scenarios.patterns import matching
from proctor.scenarios.producers import Producers
from proctor.scenarios.unknowns import LISTS, MAPPINGS, NAMESPACE, callables, contents, of_unknown, simple

SESSION_TYPES = frozenset({"sqlalchemy.orm.session:Session", "sqlalchemy.orm.scoping:scoped_session"})
_SESSION_NAMES = frozenset({"db", "session", "db_session"})
_DEEPEST = 3
_T = TypeVar("_T")
_MOST_OPTIONS = 8
UNKNOWN = TypeReport("unknown")

# What a reader expects to see behind a parameter of that name; the first pattern that matches a part of the name wins.
_TEXTS: tuple[tuple[str, str], ...] = (
    (r"e?mail", "ada@example.com"),
    (r"password|passwd|secret", "correct-horse-9"),
    (r"first_?name", "Ada"),
    (r"last_?name|surname", "Lovelace"),
    (r"user_?name|login|handle", "ada"),
    (r"name|author|owner|customer|title", "Ada Lovelace"),
    (r"currency", "USD"),
    (r"country|region|state", "US"),
    (r"url|link|href|endpoint|webhook", "https://example.com/page"),
    (r"host|domain", "example.com"),
    (r"phone|mobile", "+15550100"),
    (r"path|file|folder|dir", "folder/file.txt"),
    (r"date|day", "2024-01-15"),
    (r"time", "12:30:00"),
    (r"sku|code|isbn|token|key|reference", "ABC-123"),
    (r"city", "London"),
    (r"street|address", "12 High Street"),
    (r"zip|postal", "12345"),
    (r"description|text|body|message|content|comment|note|reason", "A short text"),
    (r"colou?r", "red"),
    (r"version", "1.2.3"),
    (r"format|pattern|fmt", "%Y-%m-%d"),
    (r"order|sort", "name"),
    (r"query|search|term|keyword", "lamp"),
)
_ODD_TEXTS = ("", " ", "a", "A b", "0", "12", "-1.5", "abc,def", "not valid", "ÄÖ ß")
_NUMBERS: tuple[tuple[str, int], ...] = (
    (r"page$|page_number", 1),
    (r"per_page|limit|size|count|max", 10),
    (r"year", 2024),
    (r"month", 1),
    (r"day", 15),
    (r"quantity|qty|stock|amount", 3),
    (r"percent|pct|rate", 10),
    (r"age", 30),
    (r"offset|skip|start", 0),
)
_ODD_INTEGERS = (0, 1, -1, 2, 5, 7, 10, 50, 99, 100, 101, 255, 1000, 100_000, -100)
_DECIMALS = ("10.00", "0", "-1.00", "0.01", "1.00", "50.00", "99.99", "100.00", "250.00", "1000.00", "10000.00", "0.5")
_FLOATS = (1.5, 0.0, -1.0, 0.1, 1.0, 10.0, 100.0, 1e6)
# Around the day on which the tests' clock stands still.
_DATES = ((2024, 1, 15), (2024, 1, 10), (2023, 11, 20), (2024, 2, 29), (2099, 12, 31), (1990, 6, 1))
_UTC = (("tzinfo", Symbol("datetime:timezone.utc")),)


def text_for(name: str) -> str:
    """A plausible text for a parameter or column of that name."""
    lowered = name.lower()
    return next((text for pattern, text in _TEXTS if re.search(pattern, lowered)), lowered.replace("_", " ") or "text")


def other_text(text: str) -> str:
    """Another text of the same sort as a plausible one."""
    head, at, tail = text.partition("@")
    if at:
        return f"grace@{tail}"
    return "Grace Hopper" if text == "Ada Lovelace" else f"Other {head}"


def number_for(name: str) -> int:
    """A plausible whole number for a parameter or column of that name."""
    lowered = name.lower()
    return next((number for pattern, number in _NUMBERS if re.search(pattern, lowered)), 3)


def literals(values: Sequence[bool | int | float | str | bytes | None]) -> tuple[Expression, ...]:
    """Literal expressions."""
    return tuple(Literal(value) for value in values)


def unique(values: Sequence[Expression] | Iterator[Expression]) -> tuple[Expression, ...]:
    """The values without repetitions, in order."""
    return tuple(dict.fromkeys(values))


def alternating(*pools: Iterator[_T]) -> Iterator[_T]:
    """One of each in turn, until all have ended."""
    waiting = list(pools)
    while waiting:
        for pool in tuple(waiting):
            for item in islice(pool, 1):
                yield item
                break
            else:
                waiting.remove(pool)


class ValueSource:
    """Candidates for one target: deterministic, the most typical value first, edges after it."""

    def __init__(self, report: TargetReport, constants: Mapping[str, tuple[Expression, ...]] | None = None) -> None:
        self._classes = report.classes
        self.producers = Producers(report.module, report.classes)
        self._has_models = bool(report.models)
        self._constants = constants or {}

    def is_session(self, kind: TypeReport, name: str) -> bool:
        """Whether a parameter takes a database session."""
        named = any(part.name in SESSION_TYPES for part in kind.alternatives)
        return named or (kind.kind in ("unknown", "guess") and self._has_models and name in _SESSION_NAMES)

    def candidates(self, kind: TypeReport, name: str, depth: int = 0) -> tuple[Expression, ...]:
        """Values of a type, typical first; empty when none can be made."""
        if self.is_session(kind, name):
            return (Name("db_session"),)
        return unique(self._of_kind(kind, name, depth))

    def typical(self, kind: TypeReport, name: str, depth: int = 0) -> Expression | None:
        """The first candidate."""
        return next(iter(self.candidates(kind, name, depth)), None)

    def _of_kind(self, kind: TypeReport, name: str, depth: int) -> Iterator[Expression]:
        match kind.kind:
            case "none":
                yield NONE
            case "literal" | "constants":
                yield from kind.values
            case "union":
                yield from self._of_union(kind, name, depth)
            case "atom":
                yield from within(self._of_atom(kind, name), kind.limits)
            case "class":
                yield from self._of_class(kind.name, name, depth)
            case "callable":
                yield from self._of_callable(kind, depth)
            case "unknown" | "guess" | "shape" | "keyed":
                yield from self._of_guess(kind, name, depth)
            case "type":
                yield from (Symbol(part.name) for part in kind.of if part.name)
                yield Symbol("builtins:int")
            case _:
                yield from simple(kind.kind, kind.name) or self._of_container(kind, name, depth)

    def _of_callable(self, kind: TypeReport, depth: int) -> Iterator[Expression]:
        result = kind.of[0] if kind.of else TypeReport("unknown")
        is_async = result.kind == "awaitable"
        if is_async:
            result = result.of[-1] if result.of else TypeReport("unknown")
        if result.kind != "unknown":
            yield from (Function(made, is_async) for made in self.candidates(result, "result", depth + 1)[:4])
        elif is_async:
            yield Function(None, is_async)
            yield from (Function(value, is_async) for value in literals((True, False)))
        else:
            yield from callables(str(kind.limits.get("arity", "")))

    def _of_union(self, kind: TypeReport, name: str, depth: int) -> Iterator[Expression]:
        pools = [self.candidates(part, name, depth) for part in kind.alternatives]
        yield from (pool[0] for pool in pools if pool)
        if kind.allows_none:
            yield NONE
        for pool in pools:
            yield from pool[1:]

    def _of_atom(self, kind: TypeReport, name: str) -> Iterator[Expression]:
        match kind.name:
            case "builtins:str":
                yield from self._texts(name, kind.limits)
            case "builtins:int":
                yield from literals((number_for(name), *_ODD_INTEGERS))
            case "builtins:float":
                yield from literals(_FLOATS)
            case "builtins:bool":
                yield from literals((True, False))
            case "builtins:bytes":
                yield from literals((b"abc", b"", b"\x00\xff"))
            case "builtins:complex":
                yield Literal(1 + 2j)
            case "builtins:object":
                yield from literals(("text", 1, None))
            case "decimal:Decimal":
                yield from (Call("decimal:Decimal", (Literal(text),)) for text in _DECIMALS)
            case _:
                yield from temporal(kind.name)

    def _texts(self, name: str, limits: Mapping[str, int | float | str]) -> Iterator[Expression]:
        pattern = limits.get("pattern")
        if isinstance(pattern, str):
            yield from literals(matching(pattern))
        yield Literal(text_for(name))
        yield from literals(_ODD_TEXTS)
        yield Literal("x" * 300)

    def _of_guess(self, kind: TypeReport, name: str, depth: int) -> Iterator[Expression]:
        """The first value of each option, then more of each, and at last everything: a guess may be wrong."""
        if kind.kind in ("shape", "keyed"):
            yield from self._of_shape(kind, name, depth)
            return
        if depth > _DEEPEST:
            return
        pools = [self.candidates(option, name, depth) for option in kind.of[:_MOST_OPTIONS]]
        for position in range(max(map(len, pools), default=0)):
            yield from (pool[position] for pool in pools if position < len(pool))
        if depth == 0 or kind.kind == "unknown":
            yield from of_unknown(name, text_for(name), number_for(name))

    def _of_shape(self, kind: TypeReport, name: str, depth: int) -> Iterator[Expression]:
        """A plain object with the attributes that are used, and a mapping's items with the keys that are asked for."""
        if depth > _DEEPEST:
            return
        if kind.kind == "keyed":
            pairs = tuple((key, self._field(part, part.name)) for key, part in zip(kind.values, kind.of, strict=True))
            yield Pairs(pairs)
            yield from (Pairs(pairs[:size]) for size in range(len(pairs)))
        else:
            yield Call(NAMESPACE, (), tuple((part.name, self._field(part, part.name)) for part in kind.of))

    def _field(self, kind: TypeReport, name: str) -> Expression:
        made = self.typical(replace(kind, name="") if kind.kind != "atom" else kind, name, 1)
        return made if made is not None else Literal(text_for(name))

    def _of_container(self, kind: TypeReport, name: str, depth: int) -> Iterator[Expression]:
        if depth >= _DEEPEST:
            return
        singular = name[:-1] if name.endswith("s") else name
        pools = [self.candidates(part, singular, depth + 1) for part in kind.of]
        if kind.kind == "dict":
            yield from _pairs(pools)
            yield from MAPPINGS if not pools else ()
        elif kind.kind == "context":
            yield Call("contextlib:nullcontext", pools[0][:1] if pools else ())
        elif kind.kind == "awaitable":
            yield Call("asyncio:sleep", (Literal(0), pools[-1][0] if pools and pools[-1] else Literal("result")))
        elif kind.kind == "tuple" and kind.of and not kind.variadic:
            if all(pools):
                yield Items("tuple", tuple(pool[0] for pool in pools))
                yield Items("tuple", tuple(pool[-1] for pool in pools))
        else:
            yield from _sequences(kind.kind, pools[0] if pools else literals((3, 1, 2)))
            if not pools and kind.kind == "list":
                yield from LISTS[1:]

    def _of_class(self, path: str, name: str, depth: int) -> Iterator[Expression]:
        facts = self._classes.get(path)
        if facts is None or facts.local or depth > _DEEPEST:
            return
        if facts.kind == "enum":
            yield from (Symbol(member) for member in facts.members)
        elif facts.kind == "record":
            fields = self._keywords(facts.parameters, depth, everything=True)
            if fields is not None:
                yield Call("types:SimpleNamespace", (), fields)
        elif facts.kind in ("protocol", "abstract"):
            for concrete in self.producers.subclasses(path):
                yield from self._of_class(concrete, name, depth + 1)
            yield Mock(path)
        elif facts.kind == "typeddict":
            fields = self._keywords(facts.parameters, depth, everything=True)
            if fields is not None:
                yield Pairs(tuple((Literal(key), value) for key, value in fields))
        elif facts.kind == "exception":
            yield Call(path, (Literal("simulated failure"),))
        elif facts.kind != "mapped":
            yield from self.producers.of(path)
            yield from self._built(facts, depth)

    def _built(self, facts: ClassReport, depth: int) -> Iterator[Expression]:
        """An object by its constructor: of what is required, with content where it is a container, of everything."""
        yield from self._by_constructor(facts, depth)
        if all(each.kind in ("args", "kwargs") or each.has_default for each in facts.parameters):
            yield from (Call(facts.path, (content,)) for content in contents(facts.attributes))

    def _by_constructor(self, facts: ClassReport, depth: int) -> Iterator[Expression]:
        for everything in (False, True):
            keywords = self._keywords(facts.parameters, depth, everything=everything)
            if keywords is not None:
                by_position = {each.name for each in facts.parameters if each.kind == "positional"}
                args = tuple(value for name, value in keywords if name in by_position)
                yield Call(facts.path, args, tuple(pair for pair in keywords if pair[0] not in by_position))
            elif not everything:
                yield Mock(facts.path)

    def _keywords(
        self, parameters: Sequence[ParameterReport], depth: int, *, everything: bool
    ) -> tuple[tuple[str, Expression], ...] | None:
        made: list[tuple[str, Expression]] = []
        for parameter in parameters:
            if parameter.kind in ("args", "kwargs") or (parameter.has_default and not everything):
                continue
            value = self.typical(parameter.type, parameter.name, depth + 1)
            if value is None:
                if parameter.has_default:
                    continue
                return None
            made.append((parameter.name, value))
        return tuple(made)


def temporal(path: str) -> Iterator[Expression]:
    """Values of the date, time, identifier and path types of the standard library."""
    days = [literals(day) for day in _DATES]
    match path:
        case "datetime:datetime":
            yield from (Call(path, (*day, Literal(12))) for day in days)
            yield from (Call(path, (*day, Literal(12)), _UTC) for day in days)
        case "datetime:date":
            yield from (Call(path, day) for day in days)
        case "datetime:time":
            yield from (Call(path, literals(parts)) for parts in ((12, 30), (0, 0), (23, 59, 59)))
        case "datetime:timedelta":
            yield from (Call(path, (), (("days", Literal(days)),)) for days in (1, 0, 30, -1, 400))
        case "uuid:UUID":
            yield from (Call(path, (), (("int", Literal(number)),)) for number in (1, 2))
        case "pathlib:Path":
            yield Call(path, (Literal("folder/file.txt"),))
        case "fractions:Fraction":
            yield from (Call(path, literals(parts)) for parts in ((1, 2), (0, 1), (-3, 2)))


def _pairs(pools: Sequence[tuple[Expression, ...]]) -> Iterator[Expression]:
    keys = pools[0] if pools else literals(("key",))
    values = pools[1] if len(pools) > 1 else literals(("value",))
    if keys and values:
        yield Pairs(((keys[0], values[0]),))
        yield Pairs()
        yield from (Pairs(((keys[0], value),)) for value in values[1:6])
        if len(keys) > 1:
            yield Pairs(((keys[0], values[0]), (keys[1], values[-1])))


def _sequences(kind: str, pool: tuple[Expression, ...]) -> Iterator[Expression]:
    if not pool:
        return
    if kind in ("set", "frozenset"):
        pool = tuple(value for value in pool if not isinstance(value, Items | Pairs))
    yield Items(kind, pool[:1])
    yield Items(kind)
    yield Items(kind, pool[:3])
    yield from (Items(kind, (value,)) for value in pool[1:6])
