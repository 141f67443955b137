"""The rule on where a generated test may write: in the folder that pytest gives it, and nowhere else by name."""

import ast
from collections.abc import Iterator, Mapping

from proctor.project.gate.names import dotted
from proctor.project.gate.records import Candidate, Violation

_OPENERS = frozenset({"builtins.open", "io.open", "codecs.open", "gzip.open"})
_PATHS = frozenset({f"pathlib.{name}" for name in ("Path", "PosixPath", "PurePath")})
_PATH_WRITES = frozenset(
    {"write_text", "write_bytes", "touch", "mkdir", "unlink", "rmdir", "rename", "replace", "chmod"}
    | {"symlink_to", "hardlink_to"}
)
_WRITES = frozenset(
    {f"os.{name}" for name in ("remove", "unlink", "rmdir", "removedirs", "mkdir", "makedirs", "rename", "replace")}
    | {f"os.{name}" for name in ("symlink", "link", "chmod", "chown", "truncate", "utime", "mkfifo")}
    | {f"shutil.{name}" for name in ("rmtree", "copy", "copy2", "copyfile", "copytree", "move")}
)


def writes_only_in_its_own_folder(candidate: Candidate) -> Iterator[Violation]:
    """Nothing is written at a place that the file names itself, unless the test goes to a folder of its own first."""
    nodes = candidate.names.nodes
    moving = any(isinstance(node, ast.Attribute) and node.attr == "chdir" for node in nodes)
    moved = {id(inner) for node in nodes if moving and _moves(node) for inner in ast.walk(node)}
    for node in nodes:
        if isinstance(node, ast.Call):
            for place in _written(node, candidate.names.aliases):
                if place.startswith(("/", "~")) or ".." in place.split("/") or id(node) not in moved:
                    yield candidate.violation(node.lineno, "no-writes-outside", f"it writes to {place}")


def _moves(node: ast.AST) -> bool:
    """Whether a function changes to another folder, which with monkeypatch is its own."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
        isinstance(inner, ast.Attribute) and inner.attr == "chdir" for inner in ast.walk(node)
    )


def _written(call: ast.Call, aliases: Mapping[str, str]) -> Iterator[str]:
    """The literal places that a call writes to."""
    name = dotted(call.func, aliases)
    if name in _OPENERS and _is_for_writing(call, 1):
        yield from _places(call.args[:1], aliases)
    elif name in _WRITES:
        yield from _places(call.args[:2], aliases)
    elif isinstance(call.func, ast.Attribute):
        writes = call.func.attr in _PATH_WRITES or (call.func.attr == "open" and _is_for_writing(call, 0))
        if writes and isinstance(call.func.value, ast.Call):
            yield from _places([call.func.value], aliases)


def _is_for_writing(call: ast.Call, position: int) -> bool:
    given = [*call.args[position : position + 1], *(item.value for item in call.keywords if item.arg == "mode")]
    # A mode that is worked out at run time may be any.
    return any(not isinstance(mode, ast.Constant) or set(str(mode.value)) & set("wax+") for mode in given)


def _places(arguments: list[ast.expr], aliases: Mapping[str, str]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.Call) and dotted(argument.func, aliases) in _PATHS:
            yield from _places(argument.args[:1], aliases)
        elif isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value
