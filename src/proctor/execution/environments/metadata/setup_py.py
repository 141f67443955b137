"""setup.py, read as text: it is never run, so what it computes is not known."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from proctor.execution.environments.metadata.needs import Kind, Stated, kind_of, python_bound, stated

_FILE: Final = "setup.py"
_ASKED: Final = ("name", "version", "python_requires", "install_requires", "tests_require", "extras_require")


def read_setup_py(root: Path) -> Stated:
    """What the call of `setup()` states in plain literals or in names that hold some."""
    try:
        tree = ast.parse((root / _FILE).read_bytes())
    except FileNotFoundError:
        return Stated()
    except (OSError, SyntaxError, ValueError, RecursionError) as error:
        return Stated(notes=(f"{_FILE} cannot be read, so what it requires is not known: {error}",))
    values = _arguments(tree)
    notes = tuple(f"{_FILE}: {name} is computed, and so not known" for name in values if values[name] is None)
    return _stated({name: value for name, value in values.items() if value is not None}) + Stated(notes=notes)


def _arguments(tree: ast.Module) -> dict[str, object]:
    """The arguments of the call that are of interest; None for one that is no literal."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_setup(node.func)]
    names = _constants(tree)
    keywords = [keyword for call in calls[:1] for keyword in call.keywords if keyword.arg in _ASKED]
    return {str(keyword.arg): _value(keyword.value, names) for keyword in keywords}


def _is_setup(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name == "setup"


def _constants(tree: ast.Module) -> dict[str, object]:
    """The names of the module that hold a literal and are bound once."""
    names: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            names[name] = None if name in names else _value(node.value, names)
    return names


def _value(node: ast.expr, names: Mapping[str, object]) -> object:
    """The value of a literal, of a name that holds one, or of a sum or a collection of such; None for all else."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _value(left, names), _value(right, names)
            return first + second if isinstance(first, list) and isinstance(second, list) else None
        case ast.List(elts=items) | ast.Tuple(elts=items):
            values = [_value(item, names) for item in items]
            return None if None in values else values
        case ast.Dict(keys=keys, values=entries):
            pairs = zip(keys, entries, strict=True)
            read = [(_value(key, names), _value(value, names)) for key, value in pairs if key is not None]
            return {key: value for key, value in read if isinstance(key, str) and value is not None}
        case ast.Constant(value=str() as text):
            return text
    return None


def _stated(values: Mapping[str, object]) -> Stated:
    everything = Stated(name=str(values.get("name", "")), version=str(values.get("version", "")))
    everything += _all(values.get("install_requires"), _FILE, "runtime")
    everything += _all(values.get("tests_require"), _FILE, "test")
    extras = values.get("extras_require")
    for extra, requirements in extras.items() if isinstance(extras, dict) else []:
        if kind := kind_of(str(extra)):
            everything += _all(requirements, f"{_FILE}, extra {extra}", kind)
    python = values.get("python_requires")
    return everything + (python_bound(python, _FILE) if isinstance(python, str) else Stated())


def _all(requirements: object, source: str, kind: Kind) -> Stated:
    items = requirements.split("\n") if isinstance(requirements, str) else requirements
    everything = Stated()
    for item in items if isinstance(items, list) else []:
        everything += stated(str(item), source, kind) if str(item).strip() else Stated()
    return everything
