"""Turns live values of the target's process into expressions, so that the parent can compare, assert and print them."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import pathlib
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

Json = dict[str, Any]
Names = dict[int, str]
Fields = list[tuple[str, Any]]

_TEXT_LIMIT: Final = 4000
_ITEM_LIMIT: Final = 40
_DEPTH_LIMIT: Final = 6
_FIELD_LIMIT: Final = 40


def path_of(item: object) -> str:
    """`module:qualname` of a class or function, through a public module where one shows it under the same name."""
    module = getattr(item, "__module__", None) or "builtins"
    qualname = getattr(item, "__qualname__", type(item).__qualname__)
    if any(part.startswith("_") for part in module.split(".")):
        module = _public_module(item, module, qualname)
    return f"{module}:{qualname}"


def _public_module(item: object, module: str, qualname: str) -> str:
    parts = module.split(".")
    for length in range(1, len(parts)):
        name = ".".join(parts[:length])
        if parts[length - 1].startswith("_"):
            break
        if getattr(sys.modules.get(name), qualname, None) is item:
            return name
    return module


def literal(value: object) -> Json:
    """A literal expression of a plain value."""
    if isinstance(value, bytes):
        return {"t": "lit", "k": "bytes", "v": value.hex()}
    if isinstance(value, float):
        return {"t": "lit", "k": "float", "v": repr(value)}
    if isinstance(value, complex):
        return {"t": "lit", "k": "complex", "v": repr(value)}
    return {"t": "lit", "v": value}


def call(path: str, args: Sequence[Json] = (), keywords: Iterable[tuple[str, Json]] = ()) -> Json:
    """A call expression."""
    return {"t": "call", "f": path, "a": list(args), "k": [list(pair) for pair in keywords]}


def describe(value: object, names: Mapping[int, str] | None = None, depth: int = 0, *, objects: bool = True) -> Json:
    """The expression for a value; `names` maps id() of objects that scenario names stand for to those names.

    Without `objects`, nothing is told of an object but its class.
    """
    if names and id(value) in names and not isinstance(value, (int, str, float, bool, type(None))):
        return {"t": "name", "n": names[id(value)], "a": ""}
    if type(value).__name__ == "StandIn":
        value = str(value)
    plain = _plain(value)
    if plain is not None:
        return plain
    if depth >= _DEPTH_LIMIT:
        return opaque(value)
    made = _constructed(value) or _container(value, names, depth, objects)
    if made is None and objects:
        made = _object(value, names, depth)
    return made or opaque(value)


def opaque(value: object) -> Json:
    """What is known of a value that cannot be written down: its class."""
    return {"t": "opaque", "c": path_of(type(value))}


def _plain(value: Any) -> Json | None:  # noqa: ANN401 - its class is compared exactly, which no checker narrows by
    kind = type(value)
    if value is None or kind in (bool, int, float, complex):
        if kind is int and abs(value) > 10**30:
            return opaque(value)
        return literal(value)
    if kind in (str, bytes):
        return literal(value) if len(value) <= _TEXT_LIMIT else opaque(value)
    if isinstance(value, enum.Enum) and not isinstance(value, enum.Flag):
        return {"t": "sym", "p": f"{path_of(kind)}.{value.name}"}
    if isinstance(value, type) and "<" not in value.__qualname__ and not value.__module__.startswith("proctor_probe"):
        return {"t": "sym", "p": path_of(value)}
    return None


def _constructed(value: Any) -> Json | None:  # noqa: ANN401 - see `_plain`
    kind = type(value)
    if kind is decimal.Decimal:
        return call("decimal:Decimal", [literal(str(value))])
    if kind is datetime.datetime:
        return _datetime(value)
    if kind is datetime.date:
        return call("datetime:date", [literal(part) for part in (value.year, value.month, value.day)])
    if kind is datetime.time and value.tzinfo is None:
        return call("datetime:time", [literal(p) for p in (value.hour, value.minute, value.second, value.microsecond)])
    if kind is datetime.timedelta:
        return _timedelta(value)
    if kind is uuid.UUID:
        return call("uuid:UUID", [literal(str(value))])
    if kind is fractions.Fraction:
        return call("fractions:Fraction", [literal(value.numerator), literal(value.denominator)])
    if kind is range:
        return call("builtins:range", [literal(part) for part in (value.start, value.stop, value.step)])
    if isinstance(value, pathlib.PurePath):
        return call("pathlib:Path", [literal(str(value))])
    return None


def _datetime(value: datetime.datetime) -> Json | None:
    parts = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
    while len(parts) > 3 and parts[-1] == 0:
        parts.pop()
    if value.tzinfo is None:
        return call("datetime:datetime", [literal(part) for part in parts])
    if value.tzinfo is datetime.timezone.utc:
        zone = {"t": "sym", "p": "datetime:timezone.utc"}
        return call("datetime:datetime", [literal(part) for part in parts], [("tzinfo", zone)])
    return None


def _timedelta(value: datetime.timedelta) -> Json:
    fields = (("days", value.days), ("seconds", value.seconds), ("microseconds", value.microseconds))
    return call("datetime:timedelta", [], [(name, literal(part)) for name, part in fields if part])


def _container(
    value: Any,  # noqa: ANN401 - see `_plain`
    names: Mapping[int, str] | None,
    depth: int,
    objects: bool,
) -> Json | None:
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        if len(value) > _ITEM_LIMIT:
            return {"t": "sized", "c": path_of(kind), "n": len(value)}
        items = [describe(item, names, depth + 1, objects=objects) for item in value]
        if kind in (set, frozenset):
            items.sort(key=repr)
        return {"t": "seq", "k": kind.__name__, "i": items}
    if kind is dict:
        if len(value) > _ITEM_LIMIT:
            return {"t": "sized", "c": "builtins:dict", "n": len(value)}
        pairs = [[describe(part, names, depth + 1, objects=objects) for part in pair] for pair in value.items()]
        return {"t": "map", "i": pairs}
    return None


def _object(value: object, names: Mapping[int, str] | None, depth: int) -> Json | None:
    kind: Any = type(value)
    fields = fields_of(value)
    if fields is None:
        return None
    shown = [[name, describe(item, names, depth + 1)] for name, item in fields[:_FIELD_LIMIT]]
    made: Json = {"t": "obj", "c": path_of(kind), "f": shown}
    if hasattr(kind, "__dataclass_fields__") or (isinstance(value, tuple) and hasattr(kind, "_fields")):
        made["eq"] = kind.__eq__ is not object.__eq__
    return made


def fields_of(value: object) -> Fields | None:
    """The public data of an object as (name, value) pairs in a stable order, or None where it has none to show."""
    kind: Any = type(value)
    mapper = getattr(kind, "__mapper__", None)
    if mapper is not None:
        return _columns(value, mapper)
    if hasattr(kind, "__dataclass_fields__"):
        return [(n, getattr(value, n)) for n in kind.__dataclass_fields__ if hasattr(value, n)]
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return [(name, getattr(value, name)) for name in kind._fields]
    model_fields = getattr(kind, "model_fields", None)
    if isinstance(model_fields, dict):
        return [(name, getattr(value, name)) for name in model_fields]
    if isinstance(value, (type, str, bytes, dict, list)) or callable(value) or kind.__module__ == "builtins":
        return None
    state = getattr(value, "__dict__", None)
    if not isinstance(state, dict):
        return None
    public = [(name, item) for name, item in state.items() if not name.startswith("_")]
    return public or None


def _columns(value: object, mapper: Any) -> Fields:  # noqa: ANN401 - SQLAlchemy's, where the project has it
    found = []
    for attribute in mapper.column_attrs:
        try:
            found.append((attribute.key, getattr(value, attribute.key)))
        except Exception:  # noqa: BLE001 - a detached or deleted row cannot load this column any more
            continue
    return found
