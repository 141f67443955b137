"""Reads one source file into facts; a file that cannot be read becomes a record that says so, not an exception."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from proctor.analysis.callables import count_statements, read_callable
from proctor.analysis.environment import read_environment
from proctor.analysis.facts import (
    CallableFacts,
    ClassFacts,
    ConstantFact,
    FieldFact,
    ImportFact,
    ModuleFacts,
    UnreadableModule,
)
from proctor.analysis.syntax import is_definition, is_for_type_checkers, text_of

# A syntax tree takes about three hundred times the memory of its text, in the process that must not run out of it.
LARGEST: Final = 2 << 20


@dataclass(frozen=True, slots=True)
class ParsedModule:
    """A module's facts together with the syntax tree they come from; stays inside one process."""

    facts: ModuleFacts
    tree: ast.Module


def read_module(path: str, module: str, source: str | bytes) -> ModuleFacts | UnreadableModule:
    """The facts of a source file, or the reason why there are none."""
    parsed = parse_module(path, module, source)
    return parsed.facts if isinstance(parsed, ParsedModule) else parsed


def parse_module(path: str, module: str, source: str | bytes) -> ParsedModule | UnreadableModule:
    """Like `read_module`, with the syntax tree kept for those who look for callers."""
    if len(source) > LARGEST:
        return UnreadableModule(path, 1, f"larger than the {LARGEST >> 20} MB that are read")
    try:
        text = _decoded(source)
        tree = _parsed(text, path)
        return ParsedModule(_facts(path, module, text, tree), tree)
    except UnicodeDecodeError as error:
        return UnreadableModule(path, error.object[: error.start].count(b"\n") + 1, f"not {error.encoding} text")
    except SyntaxError as error:
        return UnreadableModule(path, error.lineno or 1, error.msg)
    except (ValueError, LookupError) as error:  # a codec that is not one for text
        return UnreadableModule(path, 1, str(error))
    except (RecursionError, MemoryError):
        return UnreadableModule(path, 1, "nested too deeply to be parsed")


def _decoded(source: str | bytes) -> str:
    if isinstance(source, str):
        return source
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding)


def _parsed(text: str, path: str) -> ast.Module:
    if "\0" in text:
        # Python 3.11 and 3.12 raise different exceptions for this, without a line.
        raise SyntaxError("contains null bytes", (path, text[: text.index("\0")].count("\n") + 1, 1, ""))
    with warnings.catch_warnings():
        # Doubtful escapes are the project's affair, and must not become errors where warnings are errors.
        warnings.simplefilter("ignore")
        return ast.parse(text, path)


def _facts(path: str, module: str, text: str, tree: ast.Module) -> ModuleFacts:
    constants = tuple(_constants(tree))
    return ModuleFacts(
        path=path,
        module=module,
        lines=len(text.splitlines()),
        statements=count_statements(tree),
        docstring=ast.get_docstring(tree),
        functions=tuple(_functions(tree)),
        classes=tuple(_classes(tree, "")),
        imports=tuple(_imports(tree, _package(path, module))),
        constants=constants,
        environment_reads=read_environment(tree, constants),
    )


def _package(path: str, module: str) -> str:
    is_package = path.replace("\\", "/").rsplit("/", 1)[-1] == "__init__.py"
    return module if is_package else module.rpartition(".")[0]


def _definitions(node: ast.AST) -> Iterator[ast.stmt]:
    """Definitions in this scope, also those under `if` and `try`."""
    for child in ast.iter_child_nodes(node):
        if is_definition(child):
            yield child
        elif isinstance(child, ast.stmt | ast.ExceptHandler):
            yield from _definitions(child)


def _functions(tree: ast.Module) -> Iterator[CallableFacts]:
    for node in _definitions(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield read_callable(node, "")


def _classes(scope: ast.AST, prefix: str) -> Iterator[ClassFacts]:
    for node in _definitions(scope):
        if isinstance(node, ast.ClassDef):
            qualname = prefix + node.name
            yield _class(node, qualname)
            yield from _classes(node, qualname + ".")


def _class(node: ast.ClassDef, qualname: str) -> ClassFacts:
    functions = [found for found in _definitions(node) if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef)]
    return ClassFacts(
        name=node.name,
        qualname=qualname,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        bases=tuple(ast.unparse(base) for base in node.bases),
        decorators=tuple(ast.unparse(decorator) for decorator in node.decorator_list),
        docstring=ast.get_docstring(node),
        fields=tuple(_fields(node)),
        methods=tuple(read_callable(function, qualname + ".") for function in functions),
    )


def _fields(node: ast.ClassDef) -> Iterator[FieldFact]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            annotation = ast.unparse(statement.annotation)
            yield FieldFact(statement.target.id, annotation, text_of(statement.value), statement.lineno)
        elif isinstance(statement, ast.Assign):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            yield from (FieldFact(name, None, ast.unparse(statement.value), statement.lineno) for name in names)


def _constants(tree: ast.Module) -> Iterator[ConstantFact]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value and _is_literal(statement.value):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            yield from (ConstantFact(name, ast.unparse(statement.value), statement.lineno) for name in names)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError):
        return False
    return True


def _imports(node: ast.AST, package: str, for_types: bool = False) -> Iterator[ImportFact]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from _plain_imports(child, for_types)
        elif isinstance(child, ast.ImportFrom):
            yield from _imports_from(child, package, for_types)
        elif isinstance(child, ast.If) and is_for_type_checkers(child.test):
            yield from _imports(ast.Module(child.body, []), package, for_types=True)
            yield from _imports(ast.Module(child.orelse, []), package, for_types)
        else:
            yield from _imports(child, package, for_types)


def _plain_imports(node: ast.Import, for_types: bool) -> Iterator[ImportFact]:
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        yield ImportFact(name, alias.name, node.lineno, not alias.asname, _is_standard(alias.name), for_types)


def _imports_from(node: ast.ImportFrom, package: str, for_types: bool) -> Iterator[ImportFact]:
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
    for alias in node.names:
        target = f"{base}.{alias.name}".strip(".")
        standard = not node.level and _is_standard(base)
        yield ImportFact(alias.asname or alias.name, target, node.lineno, False, standard, for_types)


def _is_standard(dotted: str) -> bool:
    return dotted.partition(".")[0] in sys.stdlib_module_names
