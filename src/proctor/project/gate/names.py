"""Which names of other modules a Python file uses: imports and dotted names put together, strings left alone."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from proctor.project.gate.records import Names, Use

Nodes = tuple[ast.AST, ...]
_BUILTINS = frozenset({"eval", "exec", "compile", "__import__", "open", "__builtins__"})
_IMPORTERS = frozenset({"builtins.__import__", "importlib.import_module"})
_CODE_READERS = frozenset({"builtins.eval", "builtins.exec", "builtins.compile"})
# Calls that take a thing in order to replace or imitate it: it is named there and not used.
_REPLACING = frozenset({"object", "setattr", "delattr", "create_autospec", "isinstance", "issubclass"})
_SPECS = frozenset({"spec", "spec_set", "autospec"})


def names_of(tree: ast.Module) -> Names:
    """Read a file's names: everything that was imported, is built in, or hangs on something that is."""
    nodes = tuple(ast.walk(tree))
    aliases = dict(_aliases(nodes))
    uses = list(_uses(nodes, aliases))
    for inner, line in _inner_code(nodes, aliases):
        inside = tuple(ast.walk(inner))
        uses += [replace(use, line=line) for use in _uses(inside, aliases | dict(_aliases(inside)))]
    return Names(nodes, aliases, tuple(_imports(nodes)), tuple(uses))


def dotted(node: ast.expr, aliases: Mapping[str, str]) -> str | None:
    """The full name behind an expression, None where it is no name at all."""
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, aliases)
        return f"{owner or '?'}.{node.attr}"
    if isinstance(node, ast.Name):
        return aliases.get(node.id) or (f"builtins.{node.id}" if node.id in _BUILTINS else None)
    if isinstance(node, ast.Call) and dotted(node.func, aliases) in _IMPORTERS:
        return _literal(node.args)
    if isinstance(node, ast.Subscript) and dotted(node.value, aliases) == "sys.modules":
        return _literal([node.slice])
    return None


def _imports(nodes: Nodes) -> Iterator[tuple[str, int]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((item.name, node.lineno) for item in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((f"{node.module}.{item.name}", node.lineno) for item in node.names)


def _aliases(nodes: Nodes) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for item in node.names:
                yield (item.asname, item.name) if item.asname else (item.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom):
            yield from ((item.asname or item.name, f"{node.module or ''}.{item.name}") for item in node.names)


def _uses(nodes: Nodes, aliases: Mapping[str, str]) -> Iterator[Use]:
    owners = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    called = {id(call.func): _literal(call.args) is not None for call in calls}
    replaced = {id(place) for call in calls for place in _replaced(call)}
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Name | ast.Subscript | ast.Call) and id(node) not in owners:
            name = dotted(node, aliases)
            if name is not None:
                place = id(node)
                yield Use(name, node.lineno, place in called, place in replaced, called.get(place, False))


def _replaced(call: ast.Call) -> Iterator[ast.expr]:
    last = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    yield from (keyword.value for keyword in call.keywords if keyword.arg in _SPECS)
    if last in _REPLACING:
        place = 1 if last in ("isinstance", "issubclass") else 0
        yield from call.args[place : place + 1]


def _inner_code(nodes: Nodes, aliases: Mapping[str, str]) -> Iterator[tuple[ast.Module, int]]:
    """The code in the literals that are given to eval, exec and compile."""
    for node in nodes:
        if isinstance(node, ast.Call) and dotted(node.func, aliases) in _CODE_READERS:
            text = _literal(node.args)
            if text is not None:
                try:
                    yield ast.parse(text), node.lineno
                except (SyntaxError, ValueError):  # then it does not run either
                    continue


def _literal(arguments: Sequence[ast.expr]) -> str | None:
    if arguments and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, str):
        return arguments[0].value
    return None
