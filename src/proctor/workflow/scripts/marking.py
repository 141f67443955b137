"""Marks in a script, each in the line that it tells: so it can be said where a script was that found no end."""

import ast
from collections.abc import Iterator

MARK = "_at"

_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# A declaration and a future import have to come before everything else that is in their block.
_UNMARKED = (ast.Global, ast.Nonlocal, ast.ImportFrom, *_COMPOUND, *_DEFINITIONS)


def marked(source: str) -> str:
    """The script with a call of the mark before each simple statement and condition; every line stays where it is."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source  # Monty knows another Python than the one we run in: let it judge
    lines = source.encode().splitlines(keepends=True)
    # from the last to the first, so that no place moves before its turn
    for line, column, text in sorted(_insertions(tree), reverse=True):
        lines[line - 1] = lines[line - 1][:column] + text.encode() + lines[line - 1][column:]
    return b"".join(lines).decode()


def _insertions(tree: ast.Module) -> Iterator[tuple[int, int, str]]:
    # the body of a class may hold nothing but methods and variables in Monty
    of_classes = {id(item) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for item in node.body}
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.While)):
            test = node.test
            yield test.lineno, test.col_offset, f"{MARK}({test.lineno}) or ("
            yield test.end_lineno or test.lineno, test.end_col_offset or 0, ")"
        elif isinstance(node, ast.stmt) and not isinstance(node, _UNMARKED) and id(node) not in of_classes:
            yield node.lineno, node.col_offset, f"{MARK}({node.lineno});"
