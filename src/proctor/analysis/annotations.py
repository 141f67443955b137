"""What the text of an annotation or default says: whether None may come, and which class is meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proctor.analysis.facts import Parameter
from proctor.analysis.syntax import dotted_name

_UNIONS = {"Union", "Optional"}
_WRAPPERS = {"Annotated", "Required", "NotRequired", "Final", "ClassVar", "ReadOnly", "Mapped", "InitVar"}
# The default of these is their first argument: they describe where a web framework takes the value from.
_DESCRIBED_DEFAULTS = {"Query", "Path", "Body", "Form", "Header", "Cookie", "File", "Field", "Param", "field"}


def parsed(text: str | None) -> ast.expr | None:
    """The expression behind a text, or nothing when it is none."""
    try:
        return ast.parse(text, mode="eval").body if text else None
    except SyntaxError:
        return None


def allows_none(annotation: str | None, default: str | None) -> bool:
    """Whether None is a declared value: by the annotation, or because it is the default."""
    node = parsed(annotation)
    return (node is not None and _accepts_none(node)) or _is_none_default(parsed(default))


def declaration(parameter: Parameter) -> str:
    """The parameter as it is written."""
    annotated = f"{parameter.name}: {parameter.annotation}" if parameter.annotation else parameter.name
    return f"{annotated} = {parameter.default}" if parameter.default else annotated


def class_names(annotation: ast.expr | None) -> Iterator[str]:
    """Dotted names of the classes an annotation can mean, through Optional, unions, Annotated and quotes."""
    node = _unquoted(annotation)
    if isinstance(node, ast.BinOp):
        yield from class_names(node.left)
        yield from class_names(node.right)
    elif isinstance(node, ast.Subscript):
        yield from _names_in_subscript(node)
    elif node is not None and dotted_name(node):
        yield dotted_name(node)


def provider_of(annotation: ast.expr | None, default: ast.expr | None) -> str:
    """The name given to `Depends(...)`, as default or inside Annotated; a bare `Depends()` means the annotation."""
    for candidate in (default, *_annotated_parts(annotation)):
        if isinstance(candidate, ast.Call) and _last(candidate.func) in {"Depends", "Security"}:
            given = [*candidate.args, *(keyword.value for keyword in candidate.keywords if keyword.arg == "dependency")]
            return dotted_name(given[0]) if given else next(class_names(annotation), "")
    return ""


def _last(node: ast.expr) -> str:
    return dotted_name(node).rpartition(".")[2]


def _unquoted(node: ast.expr | None) -> ast.expr | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return parsed(node.value)
    return node


def _elements(node: ast.Subscript) -> list[ast.expr]:
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def _accepts_none(annotation: ast.expr) -> bool:
    node = _unquoted(annotation)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _accepts_none(node.left) or _accepts_none(node.right)
    if isinstance(node, ast.Subscript):
        return _subscript_accepts_none(node)
    return isinstance(node, ast.Constant) and node.value is None


def _subscript_accepts_none(node: ast.Subscript) -> bool:
    name = _last(node.value)
    if name == "Optional":
        return True
    if name == "Union":
        return any(map(_accepts_none, _elements(node)))
    return name in _WRAPPERS and _accepts_none(_elements(node)[0])


def _is_none_default(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Call) and _last(node.func) in _DESCRIBED_DEFAULTS:
        given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "default")]
        return bool(given) and _is_none_default(given[0])
    return isinstance(node, ast.Constant) and node.value is None


def _annotated_parts(annotation: ast.expr | None) -> list[ast.expr]:
    node = _unquoted(annotation)
    if isinstance(node, ast.Subscript) and _last(node.value) == "Annotated":
        return _elements(node)[1:]
    return []


def _names_in_subscript(node: ast.Subscript) -> Iterator[str]:
    name = _last(node.value)
    if name in _UNIONS:
        for element in _elements(node):
            yield from class_names(element)
    elif name in _WRAPPERS:
        yield from class_names(_elements(node)[0])
    elif dotted_name(node.value):
        yield dotted_name(node.value)
