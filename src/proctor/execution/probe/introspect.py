"""What the imported target says about itself: callables with resolved types, classes and how to build them, models."""

from __future__ import annotations

import abc
import collections.abc
import contextlib
import dataclasses
import dis
import enum
import inspect
import sys
import typing
from collections.abc import Iterable, Iterator
from types import CodeType, ModuleType
from typing import Any, Callable, Final

from .describe import Json, describe, path_of
from .operators import OPERATORS

_EMPTY: Final = inspect.Parameter.empty
_KINDS: Final = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "either",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_POSITIONAL: "args",
    inspect.Parameter.VAR_KEYWORD: "kwargs",
}
_GENERICS: Final[dict[Any, str]] = {
    list: "list",
    set: "set",
    frozenset: "frozenset",
    tuple: "tuple",
    dict: "dict",
    type: "type",
    collections.abc.Sequence: "list",
    collections.abc.MutableSequence: "list",
    collections.abc.Collection: "list",
    collections.abc.Iterable: "list",
    collections.abc.Iterator: "iter",
    collections.abc.Generator: "iter",
    collections.abc.AsyncIterable: "aiter",
    collections.abc.AsyncIterator: "aiter",
    collections.abc.AsyncGenerator: "aiter",
    collections.abc.Awaitable: "awaitable",
    collections.abc.Coroutine: "awaitable",
    contextlib.AbstractContextManager: "context",
    contextlib.AbstractAsyncContextManager: "context",
    collections.abc.Set: "set",
    collections.abc.MutableSet: "set",
    collections.abc.Mapping: "dict",
    collections.abc.MutableMapping: "dict",
    collections.abc.Callable: "callable",
}
_ATOMS: Final = {
    "builtins:str",
    "builtins:int",
    "builtins:float",
    "builtins:bool",
    "builtins:bytes",
    "builtins:complex",
    "builtins:object",
    "decimal:Decimal",
    "datetime:datetime",
    "datetime:date",
    "datetime:time",
    "datetime:timedelta",
    "uuid:UUID",
    "pathlib:Path",
    "fractions:Fraction",
}
_BARE: Final = {"list": list, "dict": dict, "set": set, "tuple": tuple, "frozenset": frozenset}


class Introspection:
    """Collects descriptions; classes met on the way are described once, in `classes`."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.classes: dict[str, Json] = {}

    def report(self) -> Json:
        """Everything a search needs to know about the module."""
        callables = [found for found in self._callables() if found is not None]
        return {"module": self.module.__name__, "callables": callables, "classes": self.classes}

    def _callables(self) -> Iterator[Json | None]:
        for name, member in sorted(vars(self.module).items(), key=lambda pair: _line_of(pair[1])):
            if getattr(member, "__module__", None) != self.module.__name__:
                self._neighbour(member)
                continue
            if inspect.isclass(member):
                self.type_of(member)
                if not issubclass(member, BaseException):
                    yield from self._methods(member)
            elif callable(member) and inspect.isfunction(inspect.unwrap(member)) and not name.startswith("_"):
                yield self._callable(name, member, None, "function")

    def _neighbour(self, member: object) -> None:
        """A class of the same package that the module imports may be what its parameters want."""
        package = self.module.__name__.partition(".")[0]
        if inspect.isclass(member) and (getattr(member, "__module__", None) or "").partition(".")[0] == package:
            self.type_of(member)

    def _methods(self, cls: type) -> Iterator[Json]:
        for name, raw in vars(cls).items():
            kind, function = _unwrapped(raw)
            if name.startswith("_") and not self._is_written_operator(name, function):
                continue
            if function is not None and getattr(function, "__module__", None) == self.module.__name__:
                found = self._callable(name, function, cls, kind)
                if found is not None:
                    yield found
            if isinstance(raw, property) and raw.fset is not None and not name.startswith("_"):
                yield from self._setter(name, raw.fset, cls)

    def _setter(self, name: str, function: Callable[..., object], cls: type) -> Iterator[Json]:
        found = self._callable(name, function, cls, "setter")
        if found is not None and len(found["parameters"]) == 1:
            yield {**found, "qualname": f"{cls.__qualname__}.set_{name}"}

    def _is_written_operator(self, name: str, function: object) -> bool:
        code = getattr(function, "__code__", None)
        return name in _DUNDERS and code is not None and code.co_filename == getattr(self.module, "__file__", "")

    def _callable(self, name: str, function: Callable[..., object], cls: type | None, kind: str) -> Json | None:
        if name == "__init__":
            kind = "constructor"
        parameters = self._parameters(function, skip_first=cls is not None and kind != "static")
        if parameters is None:
            return None
        plain = inspect.unwrap(function)
        return {
            "name": name,
            "qualname": f"{cls.__qualname__}.{name}" if cls is not None else name,
            "owner": path_of(cls) if cls is not None else None,
            "kind": kind,
            "parameters": parameters,
            "returns": self._return_type(function),
            "is_async": inspect.iscoroutinefunction(plain),
            "is_generator": inspect.isgeneratorfunction(plain),
            "is_async_generator": inspect.isasyncgenfunction(plain),
            "is_context_manager": _makes_context(function, plain),
            "line": _line_of(plain),
        }

    def _parameters(self, function: Callable[..., object], *, skip_first: bool) -> list[Json] | None:
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            return None
        hints = _hints(function)
        found = []
        for position, (name, parameter) in enumerate(signature.parameters.items()):
            if position == 0 and skip_first:
                continue
            found.append(self._parameter(name, parameter, hints))
        return found

    def _parameter(self, name: str, parameter: inspect.Parameter, hints: dict[str, Any]) -> Json:
        default = parameter.default
        annotation = hints.get(name, parameter.annotation)
        return {
            "name": name,
            "kind": _KINDS[parameter.kind],
            "type": self.type_of(annotation) if annotation is not _EMPTY else {"k": "unknown"},
            "has_default": default is not _EMPTY,
            "default": describe(default) if default is not _EMPTY else None,
        }

    def _return_type(self, function: Callable[..., object]) -> Json:
        hints = _hints(function)
        return self.type_of(hints["return"]) if "return" in hints else {"k": "unknown"}

    def type_of(self, annotation: object) -> Json:
        """The description of a type annotation."""
        if annotation is None or annotation is type(None):
            return {"k": "none"}
        if isinstance(annotation, str) or annotation is typing.Any:
            return {"k": "unknown"}
        if isinstance(annotation, typing.TypeVar):
            bound = annotation.__bound__ or (annotation.__constraints__ or (None,))[0]
            return self.type_of(bound) if bound is not None else {"k": "unknown"}
        origin = typing.get_origin(annotation)
        if origin is not None:
            return self._generic(annotation, origin)
        supertype = getattr(annotation, "__supertype__", None)
        if supertype is not None:
            return self.type_of(supertype)
        if inspect.isclass(annotation):
            return self._class(annotation)
        return {"k": "unknown"}

    def _generic(self, annotation: Any, origin: Any) -> Json:  # noqa: ANN401 - typing's own forms have no common class
        args = typing.get_args(annotation)
        if origin is typing.Union or type(annotation).__name__ == "UnionType":
            return {"k": "union", "of": [self.type_of(arg) for arg in args]}
        if origin is typing.Literal:
            return {"k": "literal", "of": [describe(arg) for arg in args]}
        if hasattr(annotation, "__metadata__"):
            made = dict(self.type_of(args[0]))
            made["limits"] = _limits(annotation.__metadata__)
            return made
        if origin is collections.abc.Callable:
            result = args[1] if len(args) == 2 else None
            return {"k": "callable", "returns": self.type_of(result) if len(args) == 2 else {"k": "unknown"}}
        kind = _GENERICS.get(origin)
        if kind is not None:
            variadic = len(args) == 2 and args[1] is Ellipsis
            inner = [self.type_of(arg) for arg in args if arg is not Ellipsis]
            return {"k": kind, "of": inner, "variadic": variadic}
        return self.type_of(origin) if inspect.isclass(origin) else {"k": "unknown"}

    def _class(self, cls: type) -> Json:
        path = path_of(cls)
        if path in _ATOMS:
            return {"k": "atom", "n": path}
        if cls in _BARE.values() or cls in _GENERICS:
            return {"k": _GENERICS.get(cls, cls.__name__), "of": [], "variadic": False}
        if path not in self.classes:
            self.classes[path] = {"path": path, "kind": "plain", "parameters": [], "members": []}
            self.classes[path] = self._class_facts(cls, path)
        return {"k": "class", "n": path}

    def _class_facts(self, cls: Any, path: str) -> Json:  # noqa: ANN401 - a class, asked for what only some have
        kind = _class_kind(cls)
        facts: Json = {
            "path": path,
            "kind": kind,
            "bases": [path_of(base) for base in cls.__mro__[1:-1]],
            "abstract": sorted(getattr(cls, "__abstractmethods__", ())),
            "members": [f"{path}.{name}" for name in getattr(cls, "__members__", ())] if kind == "enum" else [],
            "values": [describe(m.value) for m in cls] if kind == "enum" else [],
            "parameters": [],
            "local": "<" in path,
            "attributes": _attributes(cls) if cls.__module__ != "builtins" else [],
        }
        if kind == "typeddict":
            facts["parameters"] = self._typed_dict(cls)
        elif kind == "pydantic":
            facts["parameters"] = self._pydantic(cls)
        elif kind == "record":
            facts["parameters"] = self._typed_dict(cls)
        elif kind not in ("enum", "mapped", "protocol", "foreign"):
            facts["parameters"] = self._constructor(cls)
        if kind in ("protocol", "abstract"):
            facts["methods"] = {name: self._return_type(method) for name, method in _public_methods(cls).items()}
        return facts

    def _constructor(self, cls: Any) -> list[Json]:  # noqa: ANN401 - a class, whose constructor is asked for as data
        if cls.__init__ is object.__init__ and cls.__new__ is object.__new__:
            return []
        if cls.__init__ is not object.__init__:
            return self._parameters(cls.__init__, skip_first=True) or []
        return self._parameters(cls.__new__, skip_first=True) or []

    def _typed_dict(self, cls: type) -> list[Json]:
        required: frozenset[str] = getattr(cls, "__required_keys__", frozenset(_hints(cls)))
        hints = _hints(cls)
        return [
            {"name": n, "kind": "keyword", "type": self.type_of(t), "has_default": n not in required, "default": None}
            for n, t in hints.items()
        ]

    def _pydantic(self, cls: Any) -> list[Json]:  # noqa: ANN401 - pydantic's model class, where the project has it
        found = []
        for name, field in cls.model_fields.items():
            annotation = self.type_of(field.annotation)
            limits = _limits(field.metadata)
            if limits:
                annotation = dict(annotation, limits=limits)
            required = field.is_required()
            facts = {"name": name, "kind": "keyword", "type": annotation}
            found.append({**facts, "has_default": not required, "default": None})
        return found


# Those that a test calls by name, beside those that have an operator.
_DUNDERS: Final = frozenset(
    (
        *("__init__", "__missing__", "__aiter__", "__anext__", "__await__", "__getattr__", "__fspath__", "__copy__"),
        *("__enter__", "__aenter__", "__exit__", "__aexit__", "__reduce__", "__getstate__", "__dir__", *OPERATORS),
    )
)


def _makes_context(function: Any, plain: object) -> bool:  # noqa: ANN401 - a function, wrapped in whatever way
    """Whether a decorator of contextlib stands around a generator function."""
    code = getattr(function, "__code__", None)
    return plain is not function and code is not None and code.co_filename == contextlib.__file__


def _attributes(cls: type) -> list[str]:
    """What its objects have: what the class says, and what constructors of it store."""
    stored = {
        instruction.argval
        for base in cls.__mro__
        if inspect.isfunction(vars(base).get("__init__"))
        for instruction in dis.get_instructions(vars(base)["__init__"])
        if instruction.opname == "STORE_ATTR"
    }
    return sorted({*dir(cls), *stored, *getattr(cls, "__annotations__", {})})


def _class_kind(cls: type) -> str:
    if issubclass(cls, enum.Enum):
        return "enum"
    if hasattr(cls, "__mapper__"):
        return "mapped"
    if issubclass(cls, BaseException):
        return "exception"
    if hasattr(cls, "__total__") and issubclass(cls, dict):
        return "typeddict"
    if isinstance(getattr(cls, "model_fields", None), dict) and hasattr(cls, "model_validate"):
        return "pydantic"
    if getattr(cls, "_is_protocol", False):
        return "protocol" if _public_methods(cls) else "record"
    if dataclasses.is_dataclass(cls):
        return "dataclass"
    if (isinstance(cls, abc.ABCMeta) and getattr(cls, "__abstractmethods__", None)) or _is_left_to_others(cls):
        return "abstract"
    if cls.__module__ == "builtins":
        return "foreign"
    return "plain"


def _public_methods(cls: type) -> dict[str, Callable[..., object]]:
    found = {name: getattr(cls, name) for name in dir(cls) if not name.startswith("_")}
    return {name: method for name, method in found.items() if inspect.isfunction(method)}


def _is_left_to_others(cls: type) -> bool:
    """Whether a class is an interface by convention: its own methods say that they are not implemented."""
    own = [item for name, item in vars(cls).items() if inspect.isfunction(item) and not name.startswith("_")]
    left = [method for method in own if "NotImplementedError" in method.__code__.co_names]
    return len(left) > 1 and len(left) * 2 > len(own)


def _limits(metadata: Iterable[object]) -> dict[str, int | float | str]:
    limits: dict[str, int | float | str] = {}
    for item in metadata:
        for name in ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern"):
            value = getattr(item, name, None)
            if value is not None and isinstance(value, (int, float, str)):
                limits[name] = value
        if type(item).__name__ == "_PydanticGeneralMetadata":
            for name, value in vars(item).items():
                if isinstance(value, (int, float, str)):
                    limits[name] = value
    return limits


def _hints(item: Any) -> dict[str, Any]:  # noqa: ANN401 - a class or a function, wrapped in whatever way
    try:
        return typing.get_type_hints(item, include_extras=True)
    except Exception:  # noqa: BLE001 - a name that only type checkers see: fall back to the annotations that resolve by themselves
        return _partial_hints(item)


def _partial_hints(item: object) -> dict[str, Any]:
    found: dict[str, Any] = {}
    scope: dict[str, Any] = dict(vars(typing))
    scope.update(getattr(item, "__globals__", None) or vars(sys.modules.get(getattr(item, "__module__", ""), typing)))
    for name, annotation in getattr(item, "__annotations__", {}).items():
        try:  # what is evaluated is the target's own code
            found[name] = eval(annotation, scope) if isinstance(annotation, str) else annotation
        except Exception:  # noqa: BLE001 - this annotation cannot be resolved; the others may
            continue
    return found


def _unwrapped(raw: object) -> tuple[str, Any]:
    if isinstance(raw, staticmethod):
        return "static", raw.__func__
    if isinstance(raw, classmethod):
        return "class", raw.__func__
    if isinstance(raw, property):
        return "property", raw.fget
    wrapped = getattr(raw, "func", None)
    if type(raw).__name__ == "cached_property":
        return "property", wrapped
    if inspect.isfunction(raw):
        return "method", raw
    return "", None


def _line_of(item: object) -> int:
    code = getattr(inspect.unwrap(item) if callable(item) else item, "__code__", None)
    if isinstance(code, CodeType):
        return code.co_firstlineno
    return getattr(item, "__firstlineno__", 0) or _class_line(item)


def _class_line(item: object) -> int:
    if not inspect.isclass(item):
        return 0
    lines = [m.__code__.co_firstlineno for m in vars(item).values() if inspect.isfunction(m)]
    return min(lines) if lines else 0
