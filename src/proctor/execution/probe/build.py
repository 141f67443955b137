"""Turns expressions, the JSON trees in which scenarios are written, into live objects of the target's process.

The same trees are printed as source by `proctor.writing`; what is built here is what a reader of the test sees.
"""

import importlib
import sys


def resolve(path):
    """The object that `module:qualified.name` stands for; a bare `module` is the module itself."""
    module_name, _, qualname = path.partition(":")
    module = sys.modules.get(module_name) or importlib.import_module(module_name)
    found = module
    for part in qualname.split(".") if qualname else ():
        found = getattr(found, part)
    return found


def build(expression, scope):
    """The value of an expression; `scope` holds the names that earlier bindings and fixtures made."""
    return _BUILDERS[expression["t"]](expression, scope)


def _literal(expression, scope):
    value = expression["v"]
    kind = expression.get("k")
    if kind == "bytes":
        return bytes.fromhex(value)
    if kind == "float":
        return float(value)
    if kind == "complex":
        return complex(value)
    return value


def _symbol(expression, scope):
    return resolve(expression["p"])


def _name(expression, scope):
    value = scope[expression["n"]]
    for part in expression["a"].split(".") if expression.get("a") else ():
        value = getattr(value, part)
    return value


def _call(expression, scope):
    function = resolve(expression["f"])
    args = [build(argument, scope) for argument in expression["a"]]
    keywords = {name: build(value, scope) for name, value in expression["k"]}
    return function(*args, **keywords)


_SEQUENCES = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


def _sequence(expression, scope):
    items = [build(item, scope) for item in expression["i"]]
    if expression["k"] == "iter":
        return iter(items)
    return _SEQUENCES[expression["k"]](items)


def _mapping(expression, scope):
    return {build(key, scope): build(value, scope) for key, value in expression["i"]}


def _function(expression, scope):
    body = expression["r"]

    def stand_in(*args, **keywords):
        if body["t"] == "param":
            return args[0] if args else None
        return build(body, scope)

    return stand_in


def _mock(expression, scope):
    from unittest import mock

    specification = resolve(expression["p"])
    return mock.create_autospec(specification, instance=True)


_BUILDERS = {
    "lit": _literal,
    "sym": _symbol,
    "name": _name,
    "call": _call,
    "seq": _sequence,
    "map": _mapping,
    "fn": _function,
    "mock": _mock,
}

