"""Input-to-state correspondence: which value of a scenario an operand is, and what to write there to turn the test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from proctor.execution.expressions import (
    NONE,
    Call,
    Expression,
    Fields,
    Items,
    Literal,
    Mock,
    Name,
    Opaque,
    Pairs,
    Pattern,
    Symbol,
)
from proctor.execution.records import text_of
from proctor.scenarios.numbers import like, neighbours, number_of, shifted_days
from proctor.scenarios.patterns import matching, near_misses
from proctor.scenarios.values import literals

_LONGEST_TEXT = 2000
_LONGEST_LIST = 24
_MOST_MATCHES = 16
_TEXT_CASTS = (str, str.lower, str.upper, str.strip, str.title)


def corresponds(value: Expression, operand: Expression) -> bool:
    """Whether an operand is a scenario's value, or the value cast, trimmed, measured or taken as a number."""
    if value == operand or (isinstance(operand, Opaque | Fields) and class_of(value) == operand.cls):
        return True
    number, other = number_of(value), number_of(operand)
    if number is not None and other is not None:
        return number == other
    text, seen = text_of(value), text_of(operand)
    if text is not None and seen is not None:
        return any(cast(text) == seen for cast in _TEXT_CASTS)
    if isinstance(operand, Literal) and operand.kind == "int":
        return length_of(value) == operand.value
    return False


def class_of(value: Expression) -> str:
    """The class that a construction or a mock is of, as far as its text says."""
    if isinstance(value, Mock):
        return value.path
    return value.function if isinstance(value, Call) else ""


def length_of(value: Expression) -> int | None:
    """The length of a text or container expression."""
    if isinstance(value, Literal) and isinstance(value.value, str | bytes):
        return len(value.value)
    return len(value.items) if isinstance(value, Items | Pairs) else None


def towards(value: Expression, here: Expression, op: str, there: Expression) -> tuple[Expression, ...]:
    """Values for a place that corresponds to `here`, such that `here OP there` comes out both ways."""
    if op in ("in", "not in"):
        return members(there)
    if op == "contains":
        return _containing(value, there)
    wanted = number_of(there)
    if wanted is not None:
        return _numeric(value, here, wanted)
    days = [shifted for days in (0, 1, -1) if (shifted := shifted_days(there, days)) is not None]
    if days:
        return tuple(days)
    if isinstance(there, Opaque | Fields | Pattern):
        return ()
    return (there,)


def members(container: Expression) -> tuple[Expression, ...]:
    """What is found in a container by `in`."""
    if isinstance(container, Items):
        return container.items
    if isinstance(container, Pairs):
        return tuple(key for key, _ in container.items)
    text = text_of(container)
    return literals((text[:1], text)) if text else ()


def _containing(value: Expression, member: Expression) -> tuple[Expression, ...]:
    text, part = text_of(value), text_of(member)
    if text is not None and part is not None:
        return literals((text + part, part + text, part, text.replace(part, "")))
    if isinstance(value, Items):
        return (Items(value.kind, (*value.items, member)), Items(value.kind, (member,)))
    if isinstance(value, Pairs):
        return (Pairs((*value.items, (member, Literal("value")))), Pairs(((member, Literal(1)),)))
    return ()


def _numeric(value: Expression, here: Expression, wanted: Decimal) -> tuple[Expression, ...]:
    if number_of(value) is not None:
        return tuple(like(value, number) for number in neighbours(wanted))
    size = length_of(value)
    if size is not None and isinstance(here, Literal) and here.kind == "int":
        longest = _LONGEST_TEXT if isinstance(value, Literal) else _LONGEST_LIST
        return tuple(resized(value, int(wanted) + step) for step in (0, 1, -1) if 0 <= int(wanted) + step <= longest)
    return (like(here, wanted),)


def resized(value: Expression, size: int) -> Expression:
    """A text or container of that length."""
    if isinstance(value, Literal) and isinstance(value.value, str):
        text = value.value
        return Literal((text * (size // max(1, len(text)) + 1))[:size] if text else "x" * size)
    if isinstance(value, Items) and value.items:
        return Items(value.kind, (value.items * (size // len(value.items) + 1))[:size])
    return value


def mirrored(op: str) -> str:
    """The operator of the same comparison with its sides exchanged."""
    return {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "in": "contains", "not in": "contains"}.get(op, op)


def falsy(value: Expression) -> tuple[Expression, ...]:
    """Values of the same kind that turn a truth test."""
    match value:
        case Literal(kind="str"):
            return literals(("",))
        case Literal(kind="int"):
            return literals((0, 1))
        case Literal(kind="bool"):
            return (Literal(not value.value),)
        case Items():
            return (Items(value.kind),)
        case Pairs():
            return (Pairs(),)
    return ()


def texts_wanted(
    op: str, receiver: Expression, args: list[Expression]
) -> Iterator[tuple[Expression, tuple[Expression, ...]]]:
    """For a predicate on texts: which text was asked about, and texts that answer it both ways."""
    subject = text_of(receiver)
    if op in ("match", "fullmatch", "search", "findall", "finditer"):
        yield from _matching_texts(receiver, args)
    elif subject is not None and op in ("split", "rsplit", "partition", "rpartition", "find", "index") and args:
        part = text_of(args[0])
        if part:
            yield receiver, literals((subject + part, f"{subject}{part}{subject}", part + subject, part * 2))
    elif subject is not None and op in ("startswith", "endswith") and args:
        options = args[0].items if isinstance(args[0], Items) else (args[0],)
        for option in options:
            part = text_of(option)
            if part is not None:
                joined = part + subject if op == "startswith" else subject + part
                yield receiver, literals((joined, part, subject.removeprefix(part).removesuffix(part)))
    elif subject is not None and op.startswith("is"):
        yield receiver, literals(("abc", "ABC", "Abc", "123", "a1", " ", "", "-", "Ab Cd", "name_1"))


def _matching_texts(
    receiver: Expression, args: list[Expression]
) -> Iterator[tuple[Expression, tuple[Expression, ...]]]:
    pattern, flags, subject = "", 0, None
    if isinstance(receiver, Pattern) and args:
        pattern, flags, subject = receiver.text, receiver.flags, args[0]
    elif len(args) >= 2:
        first = args[0]
        pattern = first.text if isinstance(first, Pattern) else text_of(first) or ""
        flags, subject = (first.flags if isinstance(first, Pattern) else 0), args[1]
    if pattern and subject is not None:
        yield subject, literals((*matching(pattern, flags, _MOST_MATCHES), *near_misses(pattern, flags)))


_SAMPLES: Mapping[str, tuple[Expression, ...]] = {
    "builtins:str": literals(("text",)),
    "builtins:int": literals((3,)),
    "builtins:float": literals((1.5,)),
    "builtins:bool": literals((True,)),
    "builtins:bytes": literals((b"abc",)),
    "builtins:list": (Items("list", literals((1, 2))),),
    "builtins:tuple": (Items("tuple", literals((1, 2))),),
    "builtins:set": (Items("set", literals((1, 2))),),
    "builtins:dict": (Pairs(((Literal("key"), Literal("value")),)),),
    "decimal:Decimal": (Call("decimal:Decimal", literals(("10.00",))),),
    "builtins:NoneType": (NONE,),
    "datetime:datetime": (Call("datetime:datetime", literals((2024, 1, 15))),),
    "datetime:date": (Call("datetime:date", literals((2024, 1, 15))),),
}


def samples(path: str) -> tuple[Expression, ...]:
    """Instances of a class of the standard library."""
    return _SAMPLES.get(path, ())


def nearby(value: Expression) -> tuple[Expression, ...]:
    """Other values of the same kind."""
    match value:
        case Literal(kind="bool"):
            return (Literal(not value.value),)
        case Literal(kind="int"):
            return literals((0, 1, -1, 2, int(str(value.value)) + 1, int(str(value.value)) * 10, 100))
        case Literal(kind="float"):
            return literals((0.0, 1.0, -1.0, 0.5, 100.0))
        case Literal(kind="str"):
            return literals(("", "a", "other text", "12", "Not Valid!"))
        case Call(function="decimal:Decimal"):
            return tuple(Call("decimal:Decimal", literals((text,))) for text in ("0", "-1", "0.01", "1", "100", "1000"))
        case Items():
            return (Items(value.kind), Items(value.kind, value.items[:1] * 2))
        case Pairs():
            return (Pairs(),)
        case Symbol() | Call() | Name():
            return ()
    return ()
