"""Turns expressions, the JSON trees in which scenarios are written, into live objects of the target's process.

The same trees are printed as source by `proctor.writing`; what is built here is what a reader of the test sees.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Iterable
from typing import Any, Callable, Final

from .describe import Json

Scope = dict[str, Any]

# In a scope with this name nothing is asserted about what is built; no binding can have it.
SEARCHING: Final = "<searching>"


def resolve(path: str) -> Any:  # noqa: ANN401 - whatever the project keeps under that name
    """The object that `module:qualified.name` stands for; a bare `module` is the module itself."""
    module_name, _, qualname = path.partition(":")
    module = sys.modules.get(module_name) or importlib.import_module(module_name)
    found: Any = module
    for part in qualname.split(".") if qualname else ():
        found = getattr(found, part)
    return found


def build(expression: Json, scope: Scope) -> Any:  # noqa: ANN401 - a value of any class
    """The value of an expression; `scope` holds the names that earlier bindings and fixtures made."""
    return _BUILDERS[expression["t"]](expression, scope)


def _literal(expression: Json, scope: Scope) -> object:
    value: Any = expression["v"]
    kind = expression.get("k")
    if kind == "bytes":
        return bytes.fromhex(value)
    if kind == "float":
        return float(value)
    if kind == "complex":
        return complex(value)
    return value


def _symbol(expression: Json, scope: Scope) -> object:
    return resolve(expression["p"])


def _name(expression: Json, scope: Scope) -> object:
    value: object = scope[expression["n"]]
    for part in expression["a"].split(".") if expression.get("a") else ():
        value = getattr(value, part)
    return value


def _call(expression: Json, scope: Scope) -> object:
    function = resolve(expression["f"])
    args = [build(argument, scope) for argument in expression["a"]]
    keywords = {name: build(value, scope) for name, value in expression["k"]}
    return function(*args, **keywords)


_SEQUENCES: Final[dict[str, Callable[[Iterable[object]], object]]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}


def _sequence(expression: Json, scope: Scope) -> object:
    items = [build(item, scope) for item in expression["i"]]
    if expression["k"] == "iter":
        return iter(items)
    if expression["k"] == "aiter":
        return _async_items(items)
    return _SEQUENCES[expression["k"]](items)


async def _async_items(items: list[object]) -> AsyncIterator[object]:
    for item in items:
        yield item


def _mapping(expression: Json, scope: Scope) -> object:
    return {build(key, scope): build(value, scope) for key, value in expression["i"]}


def _function(expression: Json, scope: Scope) -> object:
    body: Json = expression["r"]

    def same(value: object) -> object:
        return value

    def stand_in(*args: object, **keywords: object) -> object:
        return build(body, scope)

    async def later(*args: object, **keywords: object) -> object:
        return called(*args, **keywords)

    # One argument, as in the lambda that a test shows.
    called = same if body["t"] == "param" else stand_in
    return later if expression.get("async") else called


def _mock(expression: Json, scope: Scope) -> object:
    from unittest import mock

    specification = resolve(expression["p"])
    if SEARCHING in scope:  # a hundred times faster, and only the arguments of its methods go unchecked
        return mock.NonCallableMagicMock(spec=specification)
    return mock.create_autospec(specification, instance=True)


_BUILDERS: Final[dict[str, Callable[[Json, Scope], object]]] = {
    "lit": _literal,
    "sym": _symbol,
    "name": _name,
    "call": _call,
    "seq": _sequence,
    "map": _mapping,
    "fn": _function,
    "mock": _mock,
}
