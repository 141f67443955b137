"""The border between the project and the outside: which call of the project's own code led to a denied act, and a
stand-in for what that call would have returned, which notes how it is used."""

from __future__ import annotations

import ast
import functools
import inspect
import os
import types
from typing import Literal, SupportsIndex

from .describe import Json, path_of


def call_site(traceback: types.TracebackType | None, root: str) -> Json | None:
    """The call in the project's own code that reached the outside, as {holder, name, file, line, text}, or None.

    The deepest frame in the project is the border; the callee is evaluated in that frame, without calling anything.
    """
    border = None
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if filename.startswith(root) and "site-packages" not in filename and os.path.exists(filename):
            border = traceback
        traceback = traceback.tb_next
    if border is None:
        return None
    frame = border.tb_frame
    for node in _calls_at(frame.f_code.co_filename, border.tb_lineno):
        found = _replaceable(node, frame, root)
        if found is not None:
            found.update(file=os.path.relpath(frame.f_code.co_filename, root), line=border.tb_lineno)
            return found
    return None


def frames(traceback: types.TracebackType | None, root: str) -> list[Json]:
    """The frames of a traceback without those of the probe, as {file, line, function, own}."""
    here = os.path.dirname(os.path.abspath(__file__))
    found: list[Json] = []
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if not os.path.abspath(filename).startswith(here):
            own = filename.startswith(root) and "site-packages" not in filename
            shown = os.path.relpath(filename, root) if own else filename
            found.append(
                {"file": shown, "line": traceback.tb_lineno, "function": traceback.tb_frame.f_code.co_name, "own": own}
            )
        traceback = traceback.tb_next
    return found


@functools.lru_cache(maxsize=64)
def _tree(filename: str) -> ast.Module:
    with open(filename, "rb") as stream:
        return ast.parse(stream.read())


def _calls_at(filename: str, line: int) -> list[ast.Call]:
    calls = [
        node
        for node in ast.walk(_tree(filename))
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return sorted(calls, key=lambda node: ((node.end_lineno or node.lineno) - node.lineno, -node.col_offset))


def _replaceable(node: ast.Call, frame: types.FrameType, root: str) -> Json | None:
    parts = _dotted(node.func)
    if parts is None:
        return None
    scope = dict(frame.f_globals)
    scope.update(frame.f_locals)
    if parts[0] not in scope:
        return None
    holder: object = None
    value: object = scope[parts[0]]
    for part in parts[1:]:
        holder, value = value, _member(value, part)
        if value is None:
            return None
    if _is_of_project(value, root) or getattr(value, "__module__", "") == "builtins":
        return None
    place = _place(holder, parts, frame)
    if place is None:
        return None
    return {"holder": place, "name": parts[-1], "text": ".".join(parts), "is_class": isinstance(value, type)}


def _member(holder: object, name: str) -> object:
    """An attribute; on an instance only one that is there without running a property."""
    if isinstance(holder, (types.ModuleType, type)) or inspect.getattr_static(holder, name, None) is not None:
        return getattr(holder, name, None)
    return None


def _place(holder: object, parts: list[str], frame: types.FrameType) -> str | None:
    root = frame.f_globals.get(parts[0])
    if isinstance(root, types.ModuleType) and len(parts) > 2 and isinstance(holder, type):
        return f"{root.__name__}:{'.'.join(parts[1:-1])}"
    if holder is None:
        return frame.f_globals.get("__name__") if parts[0] in frame.f_globals else None
    if isinstance(holder, types.ModuleType):
        return holder.__name__
    if isinstance(holder, type):
        return path_of(holder)
    return path_of(type(holder))


def _dotted(node: ast.expr) -> list[str] | None:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return [node.id, *parts[::-1]]


def _is_of_project(value: object, root: str) -> bool:
    code = getattr(inspect.unwrap(value) if callable(value) else value, "__code__", None)
    if isinstance(code, types.CodeType):
        return code.co_filename.startswith(root) and "site-packages" not in code.co_filename
    module = inspect.getmodule(value)
    file = getattr(module, "__file__", "") or ""
    return file.startswith(root) and "site-packages" not in file


class StandIn(str):
    """What a replaced call returns until its shape is known: text that can be called, indexed, iterated and entered.

    Every use is noted in `shape`, a tree of {"attributes", "items", "called", "entered", "iterated", "numeric"}.
    """

    shape: Json

    def __new__(cls, name: str, shape: Json | None = None) -> StandIn:
        """Make one of a name; its uses are noted in the given tree."""
        made = str.__new__(cls, name)
        made.shape = {} if shape is None else shape
        return made

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._child("attributes", name)

    def __getitem__(self, key: SupportsIndex | slice | str) -> str:
        if isinstance(key, str):
            return self._child("items", key)
        return str.__getitem__(self, key)

    def __call__(self, *args: object, **keywords: object) -> StandIn:
        """Answer with what a call of it would return."""
        return self._child("called", "result")

    def __enter__(self) -> StandIn:
        return self._child("entered", "entered")

    def __exit__(self, *args: object) -> Literal[False]:
        return False

    def get(self, key: str, default: object = None) -> StandIn:
        """A mapping's get: the item, which a stand-in always has."""
        return self._child("items", key)

    def _child(self, use: str, name: str) -> StandIn:
        branch = self.shape.setdefault(use, {})
        return StandIn(name, branch.setdefault(name, {}))

    def _number(self) -> int:
        self.shape["numeric"] = True
        return 1

    def __int__(self) -> int:
        return self._number()

    def __float__(self) -> float:
        return float(self._number())

    def __index__(self) -> int:
        return self._number()

    def __sub__(self, other: float) -> float:
        return self._number() - other

    def __rsub__(self, other: float) -> float:
        return other - self._number()

    def __truediv__(self, other: float) -> float:
        return self._number() / other

    def __hash__(self) -> int:
        return str.__hash__(self)
