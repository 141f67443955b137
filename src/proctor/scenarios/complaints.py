"""What a crash complains of: Python's own messages name the type that was wrong and often what was wanted instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from proctor.execution.expressions import NONE, Call, Expression, Function, Items, Literal, Pairs
from proctor.execution.records import Observation
from proctor.scenarios.scenario import Scenario, Slot, with_value
from proctor.scenarios.unknowns import LISTS, MAPPINGS, NAMESPACE

_MOST_PLACES = 20
_TEXT, _NUMBER = Literal("text"), Literal(3)
_SAMPLES: dict[str, tuple[Expression, ...]] = {
    "str": (_TEXT, Literal("")),
    "int": (_NUMBER, Literal(0)),
    "float": (Literal(1.5),),
    "bytes": (Literal(b"abc"),),
    "bool": (Literal(True),),
    "dict": MAPPINGS[:2],
    "list": LISTS[:3],
    "tuple": (Items("tuple", (Literal(1), Literal(2))),),
    "set": (Items("set", (Literal(1), Literal(2))),),
    "NoneType": (NONE,),
}
_HOLDERS: tuple[tuple[type, str], ...] = ((str, "str"), (dict, "dict"), (list, "list"), (set, "set"), (bytes, "bytes"))


def _with_attribute(match: re.Match[str]) -> tuple[Expression, ...]:
    return having(match.group("name"))


def having(name: str) -> tuple[Expression, ...]:
    """Built-in values that have an attribute, then plain objects made with it."""
    builtin = tuple(sample for cls, kind in _HOLDERS if hasattr(cls, name) for sample in _SAMPLES[kind])
    made = tuple(Call(NAMESPACE, (), ((name, value),)) for value in (_TEXT, Function(NONE)))
    return (*builtin, *made) if not name.startswith("_") else builtin


def _sample(match: re.Match[str]) -> tuple[Expression, ...]:
    return _SAMPLES.get(match.group("wanted"), ())


_COLLECTIONS = (*LISTS[:2], *MAPPINGS[:2], Items("list", (MAPPINGS[0],)), _TEXT)
_COMPLAINTS: tuple[tuple[str, Callable[[re.Match[str]], tuple[Expression, ...]]], ...] = (
    (r"'(?P<is>\w+)' object has no attribute '(?P<name>\w+)'", _with_attribute),
    (r"'(?P<is>\w+)' object is not iterable", lambda _: _COLLECTIONS),
    (r"argument of type '(?P<is>\w+)' is not (?:iterable|a container)", lambda _: _COLLECTIONS),
    (r"object of type '(?P<is>\w+)' has no len\(\)", lambda _: _COLLECTIONS),
    (r"'(?P<is>\w+)' object is not subscriptable", lambda _: (*MAPPINGS[:2], *LISTS[:2], _TEXT)),
    (r"(?P<is>string) indices must be", lambda _: MAPPINGS[:2]),
    (r"(?P<is>list|tuple) indices must be", lambda _: (*MAPPINGS[:2], _TEXT)),
    (r"'(?P<is>\w+)' object is not a mapping", lambda _: MAPPINGS[:3]),
    (r"argument after \*\* must be a mapping, not (?P<is>\w+)", lambda _: MAPPINGS[:3]),
    (r"'(?P<is>\w+)' object does not support item", lambda _: (*MAPPINGS[:2], *LISTS[:2])),
    (r"'(?P<is>\w+)' object is not callable", lambda _: (Function(None), Function(Literal(True)), Function(NONE))),
    (r"'(?P<is>\w+)' object is not an iterator", lambda _: (Items("iter", (Literal(1), Literal(2))),)),
    (r"'(?P<is>\w+)' object does not support the context", lambda _: (Call("contextlib:nullcontext"),)),
    (r"'(?P<is>\w+)' object cannot be interpreted as an integer", lambda _: (_NUMBER, Literal(0))),
    (r"unsupported operand type\(s\) for [^:]+: '(?P<is>\w+)' and '(?P<wanted>\w+)'", _sample),
    (r"unsupported operand type\(s\) for [^:]+: '(?P<wanted>\w+)' and '(?P<is>\w+)'", _sample),
    (r"between instances of '(?P<is>\w+)' and '(?P<wanted>\w+)'", _sample),
    (r"between instances of '(?P<wanted>\w+)' and '(?P<is>\w+)'", _sample),
    (r"can only concatenate (?P<wanted>\w+) \(not \"(?P<is>\w+)\"\)", _sample),
    (r"must be (?:a )?(?P<wanted>str|int|bytes|dict|list|tuple|float)\w*,? not '?(?P<is>\w+)", _sample),
    (r"expected (?P<wanted>str|bytes|int)\b.*(?:not|got) '?(?P<is>\w+)", _sample),
    (r"expected (?P<wanted>str) instance, (?P<is>\w+) found", _sample),
    (r"invalid literal for int\(\).*'(?P<text>.*)'", lambda _: (Literal("12"), _NUMBER)),
    (r"could not convert string to float: '(?P<text>.*)'", lambda _: (Literal("1.5"), _NUMBER)),
    (r"unhashable type: '(?P<is>\w+)'", lambda _: (_TEXT, _NUMBER)),
)


def answered(scenario: Scenario, seen: Observation, places: list[Slot]) -> Iterator[Scenario]:
    """Variations that give what the run complained of not having, at each place that holds the wrong type."""
    message = seen.raised.message if seen.raised is not None else seen.reason
    for pattern, wanted in _COMPLAINTS:
        match = re.search(pattern, message)
        if match is None:
            continue
        fitting = [slot for slot in places if _is_meant(slot.value, match)]
        for value in wanted(match):
            yield from (with_value(scenario, slot, value) for slot in fitting[:_MOST_PLACES] if slot.value != value)


def _is_meant(value: Expression, match: re.Match[str]) -> bool:
    """Whether a value is of the type, or has the text, that the message names."""
    named = match.groupdict()
    if "text" in named:
        return isinstance(value, Literal) and str(value.value) == named["text"]
    return _type_name(value) == {"string": "str"}.get(named["is"], named["is"])


def _type_name(value: Expression) -> str:
    match value:
        case Literal(kind=kind):
            return kind
        case Items(kind=kind):
            return kind
        case Pairs():
            return "dict"
        case Function():
            return "function"
        case Call(function=path):
            return path.partition(":")[2].rpartition(".")[2] or path.partition(":")[2]
    return ""
