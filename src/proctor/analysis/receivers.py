"""Decides which class of the project the receiver of a method call belongs to."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import replace

from proctor.analysis.annotations import class_names, provider_of
from proctor.analysis.call_index import CallIndex, CallSite, Symbol
from proctor.analysis.syntax import FunctionNode, dotted_name, is_definition, values_bound_to


def is_call_of_method(index: CallIndex, site: CallSite, owner: Symbol, method: str) -> bool:
    """Whether a call `receiver.method(...)` reaches the method of that class."""
    if not isinstance(site.call.func, ast.Attribute):
        return False
    known = receiver_classes(index, site, site.call.func.value)
    if known is None:
        return _is_only_owner(index, owner, method)
    return any(index.method_owner(symbol, method) == owner for symbol in known)


def is_class_itself(index: CallIndex, site: CallSite) -> bool:
    """Whether the receiver is the class and not an object of it, so that self is passed by hand."""
    receiver = site.call.func.value if isinstance(site.call.func, ast.Attribute) else None
    symbol = index.resolve(site.module.facts.module, dotted_name(receiver)) if receiver else None
    return symbol in index.classes


def receiver_classes(index: CallIndex, site: CallSite, receiver: ast.expr) -> tuple[Symbol, ...] | None:
    """The classes a receiver can be of; empty when it is surely something else, None when nothing is known."""
    if isinstance(receiver, ast.Call):
        return _made_by(index, site, receiver)
    if isinstance(receiver, ast.Name):
        return _of_name(index, site, receiver.id)
    if isinstance(receiver, ast.Attribute):
        return _of_attribute(index, site, receiver)
    if isinstance(receiver, ast.BoolOp):
        return _of_alternatives(index, site, receiver.values)
    if isinstance(receiver, ast.IfExp):
        return _of_alternatives(index, site, [receiver.body, receiver.orelse])
    return receiver_classes(index, site, receiver.value) if isinstance(receiver, ast.Await) else ()


def _of_alternatives(index: CallIndex, site: CallSite, values: list[ast.expr]) -> tuple[Symbol, ...] | None:
    """For `given or Thing()`: what any of the alternatives is known to be."""
    known = [_of_values(index, site, [value]) or () for value in values]
    return tuple(dict.fromkeys(symbol for symbols in known for symbol in symbols)) or None


def _is_only_owner(index: CallIndex, owner: Symbol, method: str) -> bool:
    """A name that built-in objects share says nothing, however unique it is in the project."""
    kinds = (kind for kind in vars(builtins).values() if isinstance(kind, type))
    return index.classes_with_method(method) == (owner,) and not any(hasattr(kind, method) for kind in kinds)


def _made_by(index: CallIndex, site: CallSite, call: ast.Call) -> tuple[Symbol, ...] | None:
    name = dotted_name(call.func)
    symbol = index.resolve(site.module.facts.module, name) if name else None
    if name == "super":
        return tuple(base for own in _own_class(index, site) for base in [*index.lineage(own)][1:])
    if symbol is None:
        return () if hasattr(builtins, name) and name else None
    return _given_by(index, symbol) or None


def _given_by(index: CallIndex, symbol: Symbol) -> tuple[Symbol, ...]:
    """What calling a definition gives: an object of the class, or what a function declares or builds."""
    if symbol in index.classes:
        return (symbol,)
    node = _function_node(index, symbol)
    if node is None:
        return ()
    return _named_classes(index, symbol.module, _results(node))


def _function_node(index: CallIndex, symbol: Symbol) -> FunctionNode | None:
    body = index.modules[symbol.module].tree.body
    found = (node for node in body if is_definition(node) and node.name == symbol.qualname)
    return next((node for node in found if not isinstance(node, ast.ClassDef)), None)


def _results(node: FunctionNode) -> Iterator[str]:
    """Names of classes in the return annotation (also inside Iterator[...]), returned or yielded."""
    yield from class_names(node.returns)
    if isinstance(node.returns, ast.Subscript):
        parts = node.returns.slice.elts if isinstance(node.returns.slice, ast.Tuple) else [node.returns.slice]
        for part in parts:
            yield from class_names(part)
    for found in ast.walk(node):
        if isinstance(found, ast.Return | ast.Yield) and isinstance(found.value, ast.Call):
            yield dotted_name(found.value.func)


def _named_classes(index: CallIndex, module: str, names: Iterable[str]) -> tuple[Symbol, ...]:
    symbols = (index.resolve(module, name) for name in names if name)
    return tuple(dict.fromkeys(symbol for symbol in symbols if symbol in index.classes and symbol is not None))


def _own_class(index: CallIndex, site: CallSite) -> tuple[Symbol, ...]:
    own = Symbol(site.module.facts.module, site.class_name)
    return (own,) if own in index.classes else ()


def _of_name(index: CallIndex, site: CallSite, name: str) -> tuple[Symbol, ...] | None:
    if site.function is not None:
        argument = _argument(site.function, name)
        if argument is not None:
            return _of_parameter(index, site, argument)
        assigned = _of_values(index, site, values_bound_to(site.function.body, name))
        if assigned is not None:
            return assigned
    symbol = index.resolve(site.module.facts.module, name)
    if symbol is not None:
        return (symbol,) if symbol in index.classes else ()
    if any(each.name == name for each in site.module.facts.imports):
        return _imported_object(index, site, name)
    return _of_values(index, site, values_bound_to(site.module.tree.body, name))


def _imported_object(index: CallIndex, site: CallSite, name: str) -> tuple[Symbol, ...] | None:
    """An object made at the top of another module of the project; a foreign module is surely something else."""
    target = next(each.target for each in site.module.facts.imports if each.name == name)
    home, _, original = target.rpartition(".")
    module = index.modules.get(home)
    if module is None:
        return ()
    there = replace(site, module=module, function=None, class_name="")
    return _of_values(index, there, values_bound_to(module.tree.body, original))


def _argument(function: FunctionNode, name: str) -> ast.arg | None:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return next((argument for argument in every if argument.arg == name), None)


def _default_of(function: FunctionNode, argument: ast.arg) -> ast.expr | None:
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(plain), reversed(arguments.defaults), strict=False)]
    pairs += [(own, value) for own, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
    return next((value for own, value in pairs if own is argument), None)


def _of_parameter(index: CallIndex, site: CallSite, argument: ast.arg) -> tuple[Symbol, ...] | None:
    module = site.module.facts.module
    function = site.function
    assert function is not None  # a parameter has a function
    arguments = [*function.args.posonlyargs, *function.args.args]
    is_static = any(dotted_name(decorator) == "staticmethod" for decorator in function.decorator_list)
    if site.class_name and not is_static and arguments[:1] == [argument] and argument.annotation is None:
        return _own_class(index, site)
    provider = index.resolve(module, provider_of(argument.annotation, _default_of(function, argument)))
    given = _given_by(index, provider) if provider else ()
    if given or argument.annotation is None:
        return given or None
    return _of_annotation(index, module, argument.annotation)


def _of_annotation(index: CallIndex, module: str, annotation: ast.expr) -> tuple[Symbol, ...]:
    """The classes an annotation means, also where it is a name for `Annotated[Thing, Depends(make)]`."""
    home, meant = index.aliased(module, annotation)
    provider = index.resolve(home, provider_of(meant, None))
    given = _given_by(index, provider) if provider else ()
    return given or _named_classes(index, home, class_names(meant))


def _of_attribute(index: CallIndex, site: CallSite, receiver: ast.Attribute) -> tuple[Symbol, ...] | None:
    symbol = index.resolve(site.module.facts.module, dotted_name(receiver))
    if symbol is not None:
        return (symbol,) if symbol in index.classes else ()
    if not isinstance(receiver.value, ast.Name) or site.function is None or not site.class_name:
        return None
    arguments = [*site.function.args.posonlyargs, *site.function.args.args]
    if not arguments or arguments[0].arg != receiver.value.id:
        return None
    return _of_own_attribute(index, site, receiver.attr)


def _of_own_attribute(index: CallIndex, site: CallSite, attribute: str) -> tuple[Symbol, ...] | None:
    """What `self.attribute` is: by a class level annotation, or by what the methods assign to it."""
    node = _class_node(site)
    for statement in node.body if node else ():
        if isinstance(statement, ast.AnnAssign) and dotted_name(statement.target) == attribute:
            return _of_annotation(index, site.module.facts.module, statement.annotation)
    for method in node.body if node else ():
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
            values = values_bound_to(method.body, f"{_first_name(method)}.{attribute}")
            known = _of_values(index, replace(site, function=method), values)
            if known is not None:
                return known
    return None


def _first_name(method: FunctionNode) -> str:
    arguments = [*method.args.posonlyargs, *method.args.args]
    return arguments[0].arg if arguments else ""


def _class_node(site: CallSite) -> ast.ClassDef | None:
    path = site.class_name.split(".")
    body: list[ast.stmt] = site.module.tree.body
    found: ast.ClassDef | None = None
    for name in path:
        found = next((node for node in body if isinstance(node, ast.ClassDef) and node.name == name), None)
        body = found.body if found else []
    return found


def _of_values(index: CallIndex, site: CallSite, values: list[ast.expr]) -> tuple[Symbol, ...] | None:
    """The classes of all values; None when there is no value or one of them is unknown."""
    known: list[Symbol] = []
    for value in values:
        classes = receiver_classes(index, site, value) if _is_followed(site, value) else None
        if classes is None:
            return None
        known.extend(classes)
    return tuple(dict.fromkeys(known)) if values else None


def _is_followed(site: CallSite, value: ast.expr) -> bool:
    """Of names only parameters are followed, or `a = b; b = a` would never end."""
    if isinstance(value, ast.Name):
        return site.function is not None and _argument(site.function, value.id) is not None
    return isinstance(value, ast.Call | ast.BoolOp | ast.IfExp | ast.Await)
