"""The texts that a module speaks: string constants by function, patterns it compiles, examples in its docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from proctor.analysis.syntax import dotted_name, is_definition, is_docstring, unique

_LONGEST_TOKEN = 60
_LONGEST_EXAMPLE = 2000
_QUOTED = re.compile(r"""(?<![\w'"])(?:'([^'\n]{1,80})'|"([^"\n]{1,80})"|`{1,2}([^`\n]{1,80})`{1,2})(?![\w'"])""")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Texts by the qualified name of the function they stand in; "" holds those of the module and its classes."""

    tokens: dict[str, tuple[str, ...]]
    patterns: tuple[str, ...]
    examples: dict[str, tuple[str, ...]]

    def tokens_for(self, function: str) -> tuple[str, ...]:
        """All tokens, the function's own first, then those of its class, then those of the module."""
        own = [*self.tokens.get(function, ())]
        owner = function.rpartition(".")[0]
        near = [token for name, texts in self.tokens.items() if owner and name.startswith(owner) for token in texts]
        return unique([*own, *near, *(token for texts in self.tokens.values() for token in texts)])

    def examples_for(self, function: str) -> tuple[str, ...]:
        """Example texts of the function's docstring, then of its class and of the module."""
        owner = function.rpartition(".")[0]
        names = [function, owner, f"{owner}.__init__" if owner else "", ""]
        return unique(text for name in names for text in self.examples.get(name, ()))


def vocabulary_of(source: str, others: Iterable[str] = ()) -> Vocabulary:
    """The vocabulary of a module; `others` are texts of the modules that it uses, and count least."""
    tree = ast.parse(source)
    tokens: dict[str, tuple[str, ...]] = {}
    examples = {"": _examples(ast.get_docstring(tree))}
    for name, node in _definitions(tree, ""):
        tokens[name] = unique(_tokens(node.body))
        examples[name] = _examples(ast.get_docstring(node))
    tokens[""] = unique(_tokens(tree.body))
    tokens["<others>"] = unique(text for text in others if _is_token(text))
    return Vocabulary(tokens, unique(_patterns(tree)), examples)


def _definitions(
    tree: ast.AST, prefix: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    for node in ast.iter_child_nodes(tree):
        if is_definition(node):
            yield prefix + node.name, node
            yield from _definitions(node, f"{prefix}{node.name}.")


def _tokens(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Strings of a body without those of definitions in it, docstrings, messages and patterns."""
    for node in nodes:
        if is_definition(node) or is_docstring(node) or isinstance(node, ast.JoinedStr | ast.Raise):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            if _is_token(text):
                yield text
        elif not _is_pattern_call(node):
            yield from _tokens(ast.iter_child_nodes(node))


def _is_token(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TOKEN


def _is_pattern_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and dotted_name(node.func).partition(".")[0] in ("re", "regex")


def _patterns(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not _is_pattern_call(node) or not node.args:
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def _examples(docstring: str | None) -> tuple[str, ...]:
    """Quoted texts and indented blocks."""
    if not docstring:
        return ()
    quoted = ["".join(groups) for groups in _QUOTED.findall(docstring)]
    blocks = [block for block in _blocks(docstring) if len(block) <= _LONGEST_EXAMPLE]
    return unique([*quoted, *blocks])


def _blocks(docstring: str) -> Iterator[str]:
    """Paragraphs that stand further in than the text around them, without their indentation."""
    for match in re.finditer(r"(?:^(?:[ ]{4,}|\t)\S.*\n?)+", docstring, re.MULTILINE):
        lines = match.group().rstrip("\n").split("\n")
        margin = min(len(line) - len(line.lstrip()) for line in lines)
        if not lines[0].lstrip().startswith((">>>", ":", "@")):
            yield "\n".join(line[margin:] for line in lines)
