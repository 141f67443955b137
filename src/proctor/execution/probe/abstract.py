"""A coarse view of an object's state: per attribute whether it is unset, true, zero, of which class, and how long.

Two objects with the same view are in the same state as far as a search for states goes.
"""

from __future__ import annotations

from typing import Any, Final

from .describe import path_of

_MOST_ATTRIBUTES: Final = 24
_PLAIN: Final = (str, bytes, int, float, type(None))
_LENGTHS: Final = (0, 1, 2, 3, 9, 33)


def state(value: object) -> str:
    """The view as text, or nothing for a value of a class that Python itself brings."""
    kind = type(value)
    if kind.__module__ == "builtins" or isinstance(value, type) or callable(value):
        return ""
    shown = [f"{name}={_kind_of(item, 1)}" for name, item in sorted(_attributes(value).items())[:_MOST_ATTRIBUTES]]
    return f"{path_of(kind)}({', '.join([*shown, *_size(value)])})"


def _attributes(value: object) -> dict[str, Any]:
    found = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            try:
                found[name] = object.__getattribute__(value, name)
            except AttributeError:  # a slot that is not set, or whose name is mangled
                continue
    return found


def _size(value: object) -> list[str]:
    """The length of containers that are subclasses of built-in ones, whose content is no attribute."""
    return [_length(len(value))] if isinstance(value, (list, dict, set, tuple, str)) else []


def _kind_of(item: Any, depth: int) -> str:  # noqa: ANN401 - whatever an attribute holds
    if item is None or isinstance(item, bool):
        return str(item)
    if isinstance(item, (int, float)):
        return "negative" if item < 0 else "zero" if item == 0 else "one" if item == 1 else "many"
    if isinstance(item, (str, bytes, list, tuple, dict, set, frozenset)) or type(item).__name__ == "deque":
        return f"{type(item).__name__}{_length(len(item))}{_content(item, depth)}"
    if depth and type(item).__module__ != "builtins" and not callable(item):
        inner = sorted(getattr(item, "__dict__", {}).items())[:8]
        return f"{type(item).__name__}({', '.join(f'{name}={_kind_of(part, 0)}' for name, part in inner)})"
    return type(item).__name__


def _content(item: Any, depth: int) -> str:  # noqa: ANN401 - see `_kind_of`
    """Whether a list holds more than plain values: lists of lists and lists with holes are states of their own."""
    if not depth or not isinstance(item, (list, tuple)):
        return ""
    kinds = {_kind_of(part, 0) for part in item if not isinstance(part, _PLAIN)}
    return f"[{', '.join(sorted(kinds)[:4])}]" if kinds else ""


def _length(length: int) -> str:
    return f":{max(limit for limit in _LENGTHS if limit <= length)}"
