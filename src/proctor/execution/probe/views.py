"""What an object shows of itself through its public face: properties, items and text, as a reader of a test would ask.

Each view is a pair: how it is asked for, with `{}` for the object, and what it answered. Nothing is asked that uses an
object up, and what cannot be written down is left out.
"""

from __future__ import annotations

import contextlib
import itertools
import signal
import sys
from collections.abc import Iterator
from typing import Any, Final

from .describe import Json, Names, describe

_MOST_PROPERTIES: Final = 6
_MOST_ITEMS: Final = 20
_LONGEST_TEXT: Final = 160
_SECONDS: Final = 0.5
_STREAMS: Final = {("_io", "StringIO"), ("_io", "BytesIO")}
_UNWRITABLE: Final = {"opaque", "obj", "sized", "pattern", "name"}


def views_of(value: object, names: Names) -> list[list[Any]]:
    """The views of an object of a class that is no part of the language; of others, the contents of streams."""
    shown: list[list[Any]] = []
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    # the code behind a view is the project's: it may raise anything, or not come back
    with contextlib.suppress(BaseException):
        for form, answer in _answers(value):
            described = describe(answer, names, 4, objects=False)
            if _is_writable(described):
                shown.append([form, described])
    signal.setitimer(signal.ITIMER_REAL, 0)
    return shown


def _answers(value: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - a value of any class
    kind = type(value)
    if (kind.__module__, kind.__name__) in _STREAMS and not value.closed:
        yield "{}.getvalue()", value.getvalue()
    if _is_of_language(kind) or isinstance(value, (tuple, BaseException, type)) or hasattr(kind, "__mapper__"):
        return
    yield from _properties(value)
    yield from _items(value)
    yield from _text(value)


def _is_of_language(kind: type) -> bool:
    top = kind.__module__.partition(".")[0]
    return top in ("builtins", *getattr(sys, "stdlib_module_names", ("unittest", "collections", "types")))


def _own(kind: type, name: str) -> Any:  # noqa: ANN401 - whatever a class keeps under that name
    """The member that a class outside the language defines under that name."""
    return next((vars(cls)[name] for cls in kind.__mro__ if name in vars(cls) and not _is_of_language(cls)), None)


def _properties(value: object) -> Iterator[tuple[str, object]]:
    kind = type(value)
    members = dict.fromkeys(name for cls in kind.__mro__ if not _is_of_language(cls) for name in vars(cls))
    public = (name for name in members if not name.startswith("_") and isinstance(_own(kind, name), property))
    for name in itertools.islice(public, _MOST_PROPERTIES):
        with contextlib.suppress(Exception):
            yield f"{{}}.{name}", getattr(value, name)


def _items(value: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - see `_answers`
    kind = type(value)
    if _own(kind, "__len__") is None:
        return
    size = len(value)
    if size <= _MOST_ITEMS and _own(kind, "__iter__") is not None:
        with contextlib.suppress(Exception):
            yield "list({})", list(itertools.islice(value, _MOST_ITEMS))
    yield "len({})", size


def _text(value: object) -> Iterator[tuple[str, object]]:
    for name, form in (("__str__", "str({})"), ("__repr__", "repr({})")):
        written = _own(type(value), name)
        if written is None or getattr(written, "__qualname__", "").startswith("__create_fn__") or _is_generated(value):
            continue
        text = str(value) if name == "__str__" else repr(value)
        if text and len(text) <= _LONGEST_TEXT and " at 0x" not in text and "object at" not in text:
            yield form, text
            return


def _is_generated(value: object) -> bool:
    """Whether the text repeats the fields, which are looked at one by one anyway."""
    kind: Any = type(value)
    return hasattr(kind, "__dataclass_fields__") or hasattr(kind, "model_fields") or hasattr(kind, "__attrs_attrs__")


def _is_writable(described: Json) -> bool:
    """Whether all of a description can be written as source."""
    if described["t"] in _UNWRITABLE:
        return False
    inner = [*described.get("a", ()), *(pair[1] for pair in described.get("k", ()) if isinstance(pair, list))]
    for item in described.get("i", ()):
        inner += item if isinstance(item, list) else [item]
    return all(_is_writable(part) for part in inner)
