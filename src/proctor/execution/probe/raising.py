"""Ways to make an exception of a given class, found by trying its constructor."""

import inspect

from .describe import call, literal, path_of

_BY_NAME = {
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


def raisable(cls):
    """An expression that makes an instance of the exception class, or None where no attempt succeeded."""
    if isinstance(cls, tuple):
        cls = cls[0] if cls else None
    if not (isinstance(cls, type) and issubclass(cls, BaseException)) or "<locals>" in cls.__qualname__:
        return None
    for arguments in ([literal("simulated failure")], _named(cls), []):
        if arguments is not None and _works(cls, arguments):
            return call(path_of(cls), arguments)
    return None


def _named(cls):
    try:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    except (TypeError, ValueError):
        return None
    needed = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return [_BY_NAME.get(parameter.name, literal("simulated failure")) for parameter in needed]


def _works(cls, arguments):
    from .build import build

    try:
        str(cls(*[build(argument, {}) for argument in arguments]))
    except Exception:  # this way of making it does not work; the next may
        return False
    return True
