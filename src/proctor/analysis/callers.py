"""Evidence from the project's own calls: who passes what, and whether None can be among it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self

from proctor.analysis.annotations import allows_none, declaration, parsed
from proctor.analysis.call_index import CallIndex, CallSite, Symbol
from proctor.analysis.callables import read_parameters
from proctor.analysis.facts import CallableFacts, FieldFact, Parameter
from proctor.analysis.guards import find_field, why_guarded
from proctor.analysis.receivers import is_call_of_method, is_class_itself
from proctor.analysis.syntax import dotted_name, text_of


@dataclass(frozen=True, slots=True)
class CallerFact:
    """One argument of one call of a target; the reason is a sentence for people."""

    path: str
    line: int
    function: str
    parameter: str
    argument_text: str
    allows_none: bool
    guarded: bool
    reason: str

    @property
    def is_evidence(self) -> bool:
        """Whether this caller may pass None."""
        return self.allows_none and not self.guarded

    def to_json(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The fact that `to_json` described."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where an argument comes from: its declaration as text, and whether that allows None."""

    declared: str
    allows_none: bool


def find_callers(index: CallIndex, module: str, qualname: str) -> tuple[CallerFact, ...]:
    """What the project's callers pass to a function or method, one fact per bound argument."""
    symbol = Symbol(module, qualname)
    target = index.functions.get(symbol)
    if target is None:
        return ()
    facts = (fact for site in _sites(index, symbol) for fact in _facts(index, site, symbol, target))
    return tuple(sorted(facts, key=lambda fact: (fact.path, fact.line, fact.parameter)))


def _sites(index: CallIndex, symbol: Symbol) -> Iterator[CallSite]:
    class_name, _, name = symbol.qualname.rpartition(".")
    owner = Symbol(symbol.module, class_name)
    if name == "__init__":
        yield from _constructions(index, owner)
        return
    for site in _called_by_any_name(index, symbol, name):
        is_called = is_call_of_method(index, site, owner, name) if class_name else _is_call_of(index, site, symbol)
        if is_called:
            yield site


def _called_by_any_name(index: CallIndex, symbol: Symbol, name: str) -> Iterator[CallSite]:
    """Calls under the name itself and, for functions, under the names they are imported as."""
    names = {name}
    if "." not in symbol.qualname:
        targets = (each for parsed in index.modules.values() for each in parsed.facts.imports)
        names |= {each.name for each in targets if each.target.rpartition(".")[2] == name}
    for each in sorted(names):
        yield from index.calls.get(each, ())


def _constructions(index: CallIndex, owner: Symbol) -> Iterator[CallSite]:
    for sites in index.calls.values():
        yield from (site for site in sites if _is_call_of(index, site, owner))


def _is_call_of(index: CallIndex, site: CallSite, symbol: Symbol) -> bool:
    name = dotted_name(site.call.func)
    is_shadowed = site.function is not None and name in {each.name for each in _own_parameters(site)}
    return bool(name) and not is_shadowed and index.resolve(site.module.facts.module, name) == symbol


def _own_parameters(site: CallSite) -> tuple[Parameter, ...]:
    return read_parameters(site.function.args) if site.function else ()


def _facts(index: CallIndex, site: CallSite, symbol: Symbol, target: CallableFacts) -> Iterator[CallerFact]:
    for parameter, argument in _bound(site.call, _expected(index, site, symbol, target)):
        source = _source(index, site, argument)
        why = why_guarded(site, argument) if source.allows_none and not _is_none(argument) else ""
        yield CallerFact(
            path=site.module.facts.path,
            line=site.call.lineno,
            function=site.function_name,
            parameter=parameter.name,
            argument_text=ast.unparse(argument),
            allows_none=source.allows_none,
            guarded=bool(why),
            reason=_reason(site, argument, source, why),
        )


def _expected(index: CallIndex, site: CallSite, symbol: Symbol, target: CallableFacts) -> tuple[Parameter, ...]:
    """The parameters that the call's arguments fill: self is filled by the object, if there is one."""
    is_function = "." not in symbol.qualname
    if is_function or target.is_static or not target.parameters:
        return target.parameters
    by_hand = is_class_itself(index, site) and not target.is_classmethod and target.name != "__init__"
    return target.parameters if by_hand else target.parameters[1:]


def _bound(call: ast.Call, parameters: tuple[Parameter, ...]) -> Iterator[tuple[Parameter, ast.expr]]:
    """Arguments with the parameters they are for; what comes from a star is not followed."""
    plain = [each for each in parameters if each.kind in {"positional-only", "positional"}]
    for parameter, argument in zip(plain, call.args, strict=False):
        if isinstance(argument, ast.Starred):
            break
        yield parameter, argument
    by_name = {each.name: each for each in parameters if each.kind in {"positional", "keyword-only"}}
    for keyword in call.keywords:
        if keyword.arg in by_name:
            yield by_name[keyword.arg], keyword.value


def _is_none(argument: ast.expr) -> bool:
    return isinstance(argument, ast.Constant) and argument.value is None


def _source(index: CallIndex, site: CallSite, argument: ast.expr) -> _Source:
    if _is_none(argument):
        return _Source("", True)
    parameters = {each.name: each for each in _own_parameters(site)}
    if isinstance(argument, ast.Name) and argument.id in parameters:
        return _declared(index, site, parameters[argument.id])
    field = _field(index, site, argument)
    if field is None:
        return _Source("", False)
    written = declaration(Parameter(field.name, "positional", field.annotation, field.default))
    return _Source(written, allows_none(field.annotation, field.default))


def _declared(index: CallIndex, site: CallSite, parameter: Parameter) -> _Source:
    node = parsed(parameter.annotation)
    meant = index.aliased(site.module.facts.module, node)[1] if node else None
    is_single = parameter.kind not in {"var-positional", "var-keyword"}
    return _Source(declaration(parameter), is_single and allows_none(text_of(meant), parameter.default))


def _field(index: CallIndex, site: CallSite, argument: ast.expr) -> FieldFact | None:
    """The declared field behind `payload.name`, where payload is an annotated parameter."""
    if not (isinstance(argument, ast.Attribute) and isinstance(argument.value, ast.Name) and site.function):
        return None
    given = site.function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    owner = next((each for each in every if each.arg == argument.value.id), None)
    if owner is None:
        return None
    return find_field(index, site.module.facts.module, owner.annotation, argument.attr)


def _reason(site: CallSite, argument: ast.expr, source: _Source, why: str) -> str:
    who = f"{site.module.facts.path}:{site.call.lineno} {site.function_name}"
    if _is_none(argument):
        return f"{who} passes None itself"
    text = ast.unparse(argument)
    if not source.allows_none:
        return f"{who} passes `{text}`, which is not declared to be None"
    if why:
        return f"{who} passes `{text}`, declared as `{source.declared}`, which {why}"
    return f"{who} passes `{text}`, declared as `{source.declared}`, without looking at it first"
