"""Turns live values of the target's process into expressions, so that the parent can compare, assert and print them."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import pathlib
import re
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
_CONTAINERS: Final = (list, tuple, set, frozenset, dict)


def path_of(item: object) -> str:
    """`module:qualname` of a class or function, through a public module where one shows it under the same name.

    The name of what cannot be imported by it stands in angle brackets, as Python has it for what functions define.
    """
    module = getattr(item, "__module__", None) or "builtins"
    qualname = getattr(item, "__qualname__", type(item).__qualname__)
    if any(part.startswith("_") for part in module.split(".")):
        module = _public_module(item, module, qualname)
    is_known = (
        module == "builtins"
        or module not in sys.modules
        or not isinstance(item, type)
        or _found(module, qualname) is item
    )
    if "<" in qualname or is_known:
        return f"{module}:{qualname}"
    return f"{module}:<{qualname}>"


def _found(module: str, qualname: str) -> object:
    """What an import of that name finds."""
    found: object = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def _public_module(item: object, module: str, qualname: str) -> str:
    if module.startswith("_") and getattr(sys.modules.get(module.lstrip("_")), qualname, None) is item:
        return module.lstrip("_")
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
        if kind is int and abs(value) > 10**60:
            return opaque(value)
        return literal(value)
    if kind in (str, bytes):
        return literal(value) if len(value) <= _TEXT_LIMIT else opaque(value)
    if isinstance(value, enum.Enum) and not isinstance(value, enum.Flag):
        return {"t": "sym", "p": f"{path_of(kind)}.{value.name}"}
    if isinstance(value, type) and not value.__module__.startswith("proctor_probe"):
        path = path_of(value)
        return None if "<" in path else {"t": "sym", "p": path}
    return _based(value)


def _based(value: Any) -> Json | None:  # noqa: ANN401 - see `_plain`
    """A value of a class that adds to a plain one, and compares as that does, as the plain value that it equals."""
    base: Any
    for base in (str, bytes, int, float):
        if isinstance(value, base) and not isinstance(value, enum.Enum) and type(value).__eq__ is base.__eq__:
            plain = base.__str__(value) if base is str else base(value)
            return _plain(plain) if type(plain) is base else None
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
    if kind is re.Pattern and len(value.pattern) <= _TEXT_LIMIT:
        flags = value.flags & ~re.UNICODE if isinstance(value.pattern, str) else value.flags
        return call("re:compile", [literal(value.pattern), *([literal(int(flags))] if flags else [])])
    if kind is bytearray and len(value) <= _TEXT_LIMIT:
        return call("builtins:bytearray", [literal(bytes(value))])
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
    if type(value.tzinfo) is datetime.timezone:
        zone = call("datetime:timezone", [_timedelta(value.tzinfo.utcoffset(None))])
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
    if kind not in _CONTAINERS:
        return _collection(value, names, depth, objects)
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


def _collection(
    value: Any,  # noqa: ANN401 - see `_plain`
    names: Mapping[int, str] | None,
    depth: int,
    objects: bool,
) -> Json | None:
    """A container of the `collections` module by a call that makes an equal one; others by the plain one they equal."""
    kind: Any = type(value)
    for made in (collections.OrderedDict, collections.Counter, collections.deque):
        if kind is made:
            inner = describe(list(value) if made is collections.deque else dict(value), names, depth, objects=objects)
            return call(f"collections:{made.__name__}", [inner])
    base: Any
    for base in (dict, list, set):
        if isinstance(value, base) and kind.__eq__ is base.__eq__:
            return describe(base(value), names, depth, objects=objects)
    return None


def _object(value: object, names: Mapping[int, str] | None, depth: int) -> Json | None:
    kind: Any = type(value)
    fields = fields_of(value)
    if fields is None:
        return None
    shown = [[name, describe(item, names, depth + 1)] for name, item in fields[:_FIELD_LIMIT]]
    made: Json = {"t": "obj", "c": path_of(kind), "f": shown}
    is_record = hasattr(kind, "__dataclass_fields__") or (isinstance(value, tuple) and hasattr(kind, "_fields"))
    if is_record and "<" not in made["c"]:
        made["eq"] = kind.__eq__ is not object.__eq__
    return made


def fields_of(value: object) -> Fields | None:
    """The public data of an object as (name, value) pairs in a stable order, or None where it has none to show."""
    kind: Any = type(value)
    if kind.__module__ == "unittest.mock":
        return None
    mapper = getattr(kind, "__mapper__", None)
    if mapper is not None:
        return _columns(value, mapper)
    if hasattr(kind, "__dataclass_fields__"):
        return [(n, getattr(value, n)) for n in kind.__dataclass_fields__ if hasattr(value, n)]
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        shown = [(name, getattr(value, name)) for name in kind._fields]
        return shown if "<" not in path_of(kind) else [("_fields", kind._fields), *shown]
    model_fields = getattr(kind, "model_fields", None)
    if isinstance(model_fields, dict):
        return [(name, getattr(value, name)) for name in model_fields]
    if isinstance(value, (type, str, bytes, dict, list)) or callable(value) or kind.__module__ == "builtins":
        return None
    state = {**_slots(value), **(getattr(value, "__dict__", None) or {})}
    public = [(name, item) for name, item in state.items() if not name.startswith("_")]
    return public or None


def _slots(value: object) -> dict[str, Any]:
    """What an object keeps in slots."""
    named: list[str] = []
    for cls in reversed(type(value).__mro__):
        slots = vars(cls).get("__slots__", ())
        named += [slots] if isinstance(slots, str) else slots
    return {name: getattr(value, name) for name in named if not name.startswith("_") and hasattr(value, name)}


def _columns(value: object, mapper: Any) -> Fields:  # noqa: ANN401 - SQLAlchemy's, where the project has it
    found = []
    for attribute in mapper.column_attrs:
        try:
            found.append((attribute.key, getattr(value, attribute.key)))
        except Exception:  # noqa: BLE001 - a detached or deleted row cannot load this column any more
            continue
    return found
