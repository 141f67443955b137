"""Types for parameters that have none: guessed from use, defaults, docstrings and the functions they are handed to.

A guess never excludes: it says what to try first, and everything that an unknown parameter gets comes after it.
"""

from __future__ import annotations

import datetime
import decimal
import io
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from proctor.analysis.usage import Use, in_brackets
from proctor.execution.expressions import Call, Items, Literal, Pairs
from proctor.execution.records import CallableReport, ParameterReport, TargetReport, TypeReport
from proctor.scenarios.values import UNKNOWN

_DEEPEST = 3

# Whose attributes are compared with those that are used; the first that has all of them wins.
_BUILTINS: tuple[tuple[type, TypeReport], ...] = (
    (str, TypeReport("atom", "builtins:str")),
    (dict, TypeReport("dict")),
    (list, TypeReport("list")),
    (set, TypeReport("set")),
    (datetime.datetime, TypeReport("atom", "datetime:datetime")),
    (datetime.timedelta, TypeReport("atom", "datetime:timedelta")),
    (pathlib.Path, TypeReport("atom", "pathlib:Path")),
    (io.StringIO, TypeReport("stream", "io:StringIO")),
    (bytes, TypeReport("atom", "builtins:bytes")),
    (decimal.Decimal, TypeReport("atom", "decimal:Decimal")),
    (float, TypeReport("atom", "builtins:float")),
    (type(re.compile("")), TypeReport("pattern")),
)
_CLASSES: Mapping[str, TypeReport] = {
    **{cls.__name__: kind for cls, kind in _BUILTINS},
    "int": TypeReport("atom", "builtins:int"),
    "bool": TypeReport("atom", "builtins:bool"),
    "tuple": TypeReport("tuple"),
    "frozenset": TypeReport("frozenset"),
    "Mapping": TypeReport("dict"),
    "Sequence": TypeReport("list"),
    "Iterable": TypeReport("list"),
    "Iterator": TypeReport("iter"),
    "Set": TypeReport("set"),
    "OrderedDict": TypeReport("ordered"),
    "date": TypeReport("atom", "datetime:date"),
    "time": TypeReport("atom", "datetime:time"),
    "UUID": TypeReport("atom", "uuid:UUID"),
    "Number": TypeReport("atom", "builtins:int"),
    "type": TypeReport("type"),
    "complex": TypeReport("atom", "builtins:complex"),
}
_DOCUMENTED: Mapping[str, str] = {
    **dict.fromkeys(("str", "string", "text", "unicode"), "str"),
    **dict.fromkeys(("int", "integer", "number"), "int"),
    **dict.fromkeys(("float", "double"), "float"),
    **dict.fromkeys(("bool", "boolean"), "bool"),
    **dict.fromkeys(("dict", "dictionary", "mapping"), "dict"),
    **dict.fromkeys(("list", "sequence", "iterable", "array", "lists"), "list"),
    **{
        name: name for name in ("tuple", "set", "frozenset", "bytes", "datetime", "date", "iterator", "Path", "Decimal")
    },
}
_KINDS: tuple[tuple[str, TypeReport], ...] = (
    ("text", _CLASSES["str"]),
    ("texts", TypeReport("list", of=(_CLASSES["str"],))),
    ("path", TypeReport("file")),
    ("stream", TypeReport("stream", "io:StringIO")),
    ("number", _CLASSES["int"]),
    ("mapping", TypeReport("dict", of=(_CLASSES["str"], UNKNOWN))),
    ("iterator", TypeReport("iter")),
    ("entered", TypeReport("context")),
    ("exception", TypeReport("exception")),
    ("callable", TypeReport("callable", of=(UNKNOWN,))),
)


class Inference:
    """Guesses for the parameters of one module's callables."""

    def __init__(self, report: TargetReport, uses: Mapping[str, Mapping[str, Use]]) -> None:
        self._report = report
        self._uses = uses
        self._callables = {target.qualname: target for target in report.callables}
        self._by_class = {path.partition(":")[2]: facts for path, facts in report.classes.items()}

    def applied(self) -> TargetReport:
        """The report with a guess at each parameter of which nothing was known."""
        callables = tuple(self._with_guesses(target) for target in self._report.callables)
        classes = {
            path: replace(facts, parameters=self._guessed(f"{path.partition(':')[2]}.__init__", facts.parameters))
            for path, facts in self._report.classes.items()
        }
        return replace(self._report, callables=callables, classes=classes)

    def _with_guesses(self, target: CallableReport) -> CallableReport:
        return replace(target, parameters=self._guessed(target.qualname, target.parameters))

    def _guessed(self, qualname: str, parameters: tuple[ParameterReport, ...]) -> tuple[ParameterReport, ...]:
        return tuple(
            replace(each, type=self._guess(qualname, each)) if each.type.kind == "unknown" else each
            for each in parameters
        )

    def _guess(self, qualname: str, parameter: ParameterReport) -> TypeReport:
        use = self._uses.get(qualname, {}).get(parameter.name, Use())
        options = [*self._of_use(use, qualname, 0), *_of_default(parameter)]
        distinct = _distinct(options)
        return TypeReport("guess", of=distinct) if distinct else parameter.type

    def _of_use(self, use: Use, qualname: str, depth: int) -> Iterator[TypeReport]:
        if depth > _DEEPEST:
            return
        if use.constants and not use.kinds.keys() & {"iterated", "number", "ordered"}:
            yield TypeReport("constants", values=tuple(Literal(value) for value in use.constants))
        yield from self._of_document(use.documented)
        yield from (kind for name in use.classes for kind in self._of_class(name))
        if use.keys:
            fields = (self._field(use, in_brackets(key), UNKNOWN, qualname, depth) for key in use.keys)
            yield TypeReport("keyed", of=tuple(fields), values=tuple(Literal(key) for key in use.keys))
        yield from self._of_attributes(use, qualname, depth)
        yield from (kind for name, kind in _KINDS if name in use.kinds)
        yield from self._of_calls(use)
        yield from self._of_items(use, qualname, depth)
        if use.constants or "ordered" in use.kinds:
            yield from _of_constants(use)
        for callee, place in use.passed:
            yield from self._of_callee(callee, place, qualname, depth)

    def _of_document(self, text: str) -> Iterator[TypeReport]:
        """The words of a documented type, outermost first: `list of str, optional`."""
        if not text:
            return
        words = re.findall(r"[A-Za-z_]\w*", text)
        known = [_DOCUMENTED.get(word) or _DOCUMENTED.get(word.lower()) for word in words]
        names = [name for name in known if name]
        if names[:1] == ["list"] and len(names) > 1:
            yield TypeReport("list", of=(_CLASSES[names[1]],))
        yield from (_CLASSES[name] for name in names if name in _CLASSES)
        if "callable" in text.lower() or "function" in words:
            yield TypeReport("callable", of=(UNKNOWN,))
        yield from (kind for word in words if word not in _CLASSES for kind in self._of_class(word))

    def _of_class(self, name: str) -> Iterator[TypeReport]:
        last = name.rpartition(".")[2]
        if last in _CLASSES:
            yield _CLASSES[last]
        yield from (TypeReport("class", path) for path in self._report.classes if path.partition(":")[2] == last)

    def _of_attributes(self, use: Use, qualname: str, depth: int) -> Iterator[TypeReport]:
        """What has all the attributes that are used: a built-in type, a known class, else an object made so."""
        if not use.attributes:
            return
        own = [
            TypeReport("class", path)
            for path, facts in self._report.classes.items()
            if facts.attributes and use.attributes.keys() <= set(facts.attributes)
        ]
        public = [name for name in use.attributes if not name.startswith("__")]
        builtin = [kind for cls, kind in _BUILTINS if all(hasattr(cls, name) for name in use.attributes)]
        yield from (*builtin[:2], *own[:4]) if builtin else own[:4]
        if not own and not builtin and public:
            yield from (kind for cls, kind in _BUILTINS if sum(hasattr(cls, name) for name in public) * 2 > len(public))
            fields = (
                self._field(use, name, _CALLED if use.attributes[name] else UNKNOWN, qualname, depth) for name in public
            )
            yield TypeReport("shape", of=tuple(fields))

    def _field(self, use: Use, name: str, otherwise: TypeReport, qualname: str, depth: int) -> TypeReport:
        """What an attribute or item of a parameter may be."""
        inner = use.inside.get(name)
        if otherwise.kind == "callable" and inner is not None:
            otherwise = next(self._of_calls(inner), otherwise)
        elif inner is not None and not inner.is_empty:
            options = _distinct(self._of_use(inner, qualname, depth + 1))
            otherwise = TypeReport("guess", of=options) if options else otherwise
        return replace(otherwise, name=name.strip("[]'"))

    def _of_calls(self, use: Use) -> Iterator[TypeReport]:
        for kind in use.kinds:
            if kind.startswith("called"):
                yield TypeReport("callable", of=(UNKNOWN,), limits={"arity": int(kind.removeprefix("called"))})

    def _of_items(self, use: Use, qualname: str, depth: int) -> Iterator[TypeReport]:
        kinds = use.kinds.keys()
        inner = use.element
        if inner is not None and not inner.is_empty:
            options = tuple(self._of_use(inner, qualname, depth + 1))
            if options:
                yield TypeReport("list", of=(TypeReport("guess", of=options),))
        if kinds & {"iterated", "sequence", "sized", "container", "unpacked2", "unpacked3"}:
            yield TypeReport("list")
            yield TypeReport("tuple")
        if kinds & {"indexed", "assigned"}:
            yield TypeReport("dict")
            yield TypeReport("list")
        if kinds & {"sequence", "container", "iterated"}:
            yield _CLASSES["str"]
        if "container" in kinds or "iterated" in kinds:
            yield TypeReport("set")
            yield TypeReport("dict")

    def _of_callee(self, callee: str, place: int | str, qualname: str, depth: int) -> Iterator[TypeReport]:
        """A parameter that is handed on is what the other function takes at that place."""
        owner = qualname.rpartition(".")[0]
        first, _, rest = callee.partition(".")
        name = f"{owner}.{rest}" if owner and first in ("self", "cls") else callee
        parameters = self._callables[name].parameters if name in self._callables else ()
        if name in self._by_class:
            parameters, name = self._by_class[name].parameters, f"{name}.__init__"
        own = [each.name for each in parameters]
        uses = self._uses.get(name, {})
        names = own or [each for each in uses if each != "self"]
        wanted = place if isinstance(place, str) else names[place] if place < len(names) else ""
        known = next((each.type for each in parameters if each.name == wanted), UNKNOWN)
        if known.kind not in ("unknown", "guess"):
            yield known
        elif wanted in uses and (name, wanted) != (qualname, wanted):
            yield from self._of_use(uses[wanted], name, depth + 1)
        elif name in ("str", "repr", "print", "format"):
            yield _CLASSES["str"]
        elif name in ("int",):
            yield TypeReport("numeral")


_CALLED = TypeReport("callable", of=(UNKNOWN,))


def _distinct(options: Iterable[TypeReport]) -> tuple[TypeReport, ...]:
    """Without repetitions; a type's limits are a mapping, so it has no hash."""
    found: list[TypeReport] = []
    for option in options:
        if option not in found:
            found.append(option)
    return tuple(found)


def _of_constants(use: Use) -> Iterator[TypeReport]:
    """A parameter that is compared with texts is a text, else a number."""
    kinds = {type(value) for value in use.constants}
    if str in kinds:
        yield _CLASSES["str"]
    if bytes in kinds:
        yield _CLASSES["bytes"]
    if float in kinds:
        yield _CLASSES["float"]
    if int in kinds or not kinds:
        yield _CLASSES["int"]


def _of_default(parameter: ParameterReport) -> Iterator[TypeReport]:
    match parameter.default:
        case Literal(kind=kind) if kind in _CLASSES:
            yield _CLASSES[kind]
        case Items(kind=kind):
            yield TypeReport(kind)
        case Pairs():
            yield TypeReport("dict")
        case Call(function=path):
            yield TypeReport("atom", path)


def inferred(report: TargetReport, uses: Mapping[str, Mapping[str, Use]]) -> TargetReport:
    """The report with guesses where annotations are missing."""
    return Inference(report, uses).applied()
