"""Ways to make an exception of a given class, found by trying its constructor."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Final

from .describe import Json, call, literal, path_of

_BY_NAME: Final[dict[str, Json]] = {
    "params": {"t": "map", "i": []},
    "orig": call("builtins:Exception", [literal("simulated")]),
    "code": literal("simulated_code"),
    "status_code": literal(500),
    "response": literal(None),
    "request": literal(None),
    "doc": literal(""),
    "pos": literal(0),
    "encoding": literal("utf-8"),
    "object": literal(b""),
    "start": literal(0),
    "end": literal(1),
}


def raisable(cls: object) -> Json | None:
    """An expression that makes an instance of the exception class, or None where no attempt succeeded."""
    if isinstance(cls, tuple):
        cls = cls[0] if cls else None
    if not (isinstance(cls, type) and issubclass(cls, BaseException)) or "<locals>" in cls.__qualname__:
        return None
    for arguments in ([literal("simulated failure")], _named(cls), []):
        if arguments is not None and _works(cls, arguments):
            return call(path_of(cls), arguments)
    return None


def _named(cls: Any) -> list[Json] | None:  # noqa: ANN401 - a class, whose constructor is asked for as data
    try:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    except (TypeError, ValueError):
        return None
    needed = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return [_BY_NAME.get(parameter.name, literal("simulated failure")) for parameter in needed]


def _works(cls: type[BaseException], arguments: Sequence[Json]) -> bool:
    from .build import build

    try:
        str(cls(*[build(argument, {}) for argument in arguments]))
    except Exception:  # noqa: BLE001 - this way of making it does not work; the next may
        return False
    return True
