"""A workflow script as text, with what can be said of it without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from proctor.errors import ScriptError


@dataclass(frozen=True, slots=True)
class Script:
    """A workflow script: the name it is called by, the place that messages name, and its text."""

    name: str
    place: str
    text: str

    @property
    def outline(self) -> Outline:
        """What can be read off the text; a text that cannot be parsed gives an empty outline."""
        try:
            return _outline(ast.parse(self.text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return Outline()


@dataclass(frozen=True, slots=True)
class Outline:
    """What a reader sees before a run: the first line of the docstring, the phases, how many places call agents."""

    description: str = ""
    phases: tuple[str, ...] = ()
    agent_calls: int = 0
    shell_calls: int = 0


def read_script(path: Path, name: str = "", place: str = "") -> Script:
    """The script in a file."""
    shown = place or str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(
            f"{shown} cannot be read: {error}",
            hint="make it a UTF-8 text that you may read",
            slug="script-unreadable",
        ) from error
    return Script(name or path.stem, shown, text)


@cache
def stub_text() -> str:
    """The stub that scripts are type-checked against; it is their reference, too."""
    return files(__package__).joinpath("api.pyi").read_text(encoding="utf-8")


@cache
def library_text() -> str:
    """What runs inside Monty before each script."""
    return files(__package__).joinpath("library.py").read_text(encoding="utf-8")


def api_signatures() -> Mapping[str, tuple[str, ...]]:
    """The names that a script has, each with its parameters where it is a function."""
    signatures: dict[str, tuple[str, ...]] = {}
    for node in ast.parse(stub_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            signatures[node.name] = tuple(_parameters(node.args))
        elif isinstance(node, ast.ClassDef):
            signatures[node.name] = ()
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            signatures[node.target.id] = ()
    return signatures


def _parameters(arguments: ast.arguments) -> Iterator[str]:
    yield from (argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def _outline(tree: ast.Module) -> Outline:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = sorted((node for node in calls if _called(node) == "phase"), key=lambda node: node.lineno)
    phases = [text for node in named if (text := _first_text(node)) is not None]
    description = (ast.get_docstring(tree) or "").partition("\n")[0]
    names = [_called(node) for node in calls]
    return Outline(description, tuple(dict.fromkeys(phases)), names.count("agent"), names.count("sh"))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _first_text(node: ast.Call) -> str | None:
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
