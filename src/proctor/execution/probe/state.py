"""What a scenario may leave behind in its process and the next one must not find: module globals, environment, folder.

Containers and objects are put back shallowly, a few levels deep; what cannot be put back spends the worker.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from collections import OrderedDict, defaultdict, deque
from typing import Any, Final

_DEEPEST: Final = 3
_MOST_HOLDERS: Final = 4000
_LISTS: Final = (list, deque, bytearray)
_MAPPINGS: Final = (dict, OrderedDict, defaultdict)


class State:
    """The state of the project's modules as it was when this was made."""

    def __init__(self, root: str) -> None:
        self._environment = dict(os.environ)
        self._folder = os.getcwd()
        self._kept: dict[int, _Kept] = {}
        self._caches: list[Any] = []
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if file and file.startswith(root) and "site-packages" not in file:
                self._keep_module(module)

    def put_back(self) -> bool:
        """Undo what is undone in place and say whether the process is as good as new."""
        if os.environ != self._environment:
            os.environ.clear()
            os.environ.update(self._environment)
        for cache in self._caches:
            cache.cache_clear()
        with contextlib.suppress(OSError):  # the scenario may have removed the folder that was its own
            os.chdir(self._folder)
        restored = [kept.restore() for kept in self._kept.values()]
        return all(restored) and threading.active_count() == 1

    def _keep_module(self, module: Any) -> None:  # noqa: ANN401 - a module, whose names are anybody's
        names = vars(module)
        self._keep(names, 0)
        for value in list(names.values()):
            if isinstance(value, type) and type(value) is type and value.__module__ == module.__name__:
                self._keep_class(value)

    def _keep_class(self, cls: type) -> None:
        for value in list(vars(cls).values()):
            if isinstance(value, (*_LISTS, *_MAPPINGS, set)):
                self._keep(value, 1)

    def _keep(self, value: Any, depth: int) -> None:  # noqa: ANN401 - whatever a module holds
        if isinstance(value, functools._lru_cache_wrapper):
            self._caches.append(value)
            return
        content = _content(value)
        if content is None or id(value) in self._kept or len(self._kept) >= _MOST_HOLDERS:
            return
        self._kept[id(value)] = _Kept(value, content)
        if depth < _DEEPEST:
            for item in _inner(content):
                self._keep(item, depth + 1)


def _content(value: Any) -> Any:  # noqa: ANN401 - a shallow copy of any container, or nothing
    kind = type(value)
    if kind in _MAPPINGS:
        return dict(value)
    if kind in _LISTS or kind is set:
        return list(value)
    attributes = getattr(value, "__dict__", None)
    if type(attributes) is not dict or isinstance(value, (type, type(sys))) or callable(value):
        return None
    return dict(attributes) if _is_of_project(kind) else None


def _is_of_project(kind: type) -> bool:
    """Whether a class is ordinary code with a file of its own, and no library keeps books on its instances."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    return bool(file) and "site-packages" not in file and not hasattr(kind, "__mapper__")


def _inner(content: Any) -> list[Any]:  # noqa: ANN401 - see `_content`
    """What is in a container; `__builtins__` and its like, which every module has, belong to no scenario."""
    if isinstance(content, dict):
        return [value for name, value in content.items() if not (isinstance(name, str) and name.startswith("__"))]
    return list(content)


class _Kept:
    """One container or object of the project, with what was in it."""

    def __init__(self, holder: Any, content: Any) -> None:  # noqa: ANN401 - see `_content`
        self._holder = holder
        self._content = content
        self._seen = _identities(self._place())

    def restore(self) -> bool:
        """Put the content back if it changed; an object that refuses says no."""
        try:
            place = self._place()
            if _identities(place) != self._seen:
                place.clear()
                (place.extend if isinstance(place, _LISTS) else place.update)(self._content)
        except Exception:  # noqa: BLE001 - an object of the project's may refuse with anything: the process is spent
            return False
        return True

    def _place(self) -> Any:  # noqa: ANN401 - a container
        is_object = isinstance(self._content, dict) and type(self._holder) not in _MAPPINGS
        return vars(self._holder) if is_object else self._holder


def _identities(place: Any) -> Any:  # noqa: ANN401 - something to compare at the speed of C
    if isinstance(place, _MAPPINGS):
        return list(place), list(map(id, place.values()))
    return list(map(id, place))
