"""What is wrong with a script, in words: the place in the file, what happened there, and the fix."""

from __future__ import annotations

import ast
import difflib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from proctor.errors import ScriptError
from proctor.workflow.scripts.source import Script, api_signatures

_MOST_SHOWN = 8
_QUOTED = re.compile(r"`([^`]+)`")
_UNSUPPORTED = "The monty syntax parser does not yet support "
_OUTSIDE = frozenset({"open", "input", "__import__", "breakpoint"})
_KEPT = "correct the script and run it again; finished calls are not repeated"
_SUBSET = "docs/reference/script-api.md says what scripts may use"


@dataclass(frozen=True, slots=True)
class Ending:
    """How Monty ended a script: the kind and text of the exception, and the deepest line of the script in it."""

    kind: str
    text: str
    line: int | None


def type_problems(script: Script, diagnostics: str) -> ScriptError:
    """The error for what the type checker found; its diagnostics are JSON."""
    found: Sequence[dict[str, Any]] = json.loads(diagnostics)
    worst = next((item for item in found if item["code"] == "invalid-syntax"), found[0])
    lines = [_diagnostic(script, item) for item in found[:_MOST_SHOWN]]
    if len(found) > _MOST_SHOWN:
        lines.append(f"… and {len(found) - _MOST_SHOWN} more")
    return ScriptError("\n".join(lines), hint=_fix(script, worst), slug="script-type-error")


def broken_script(script: Script, ending: Ending) -> ScriptError:
    """The error for a script that Monty cannot read."""
    if ending.kind == "NotImplementedError" and ending.text.startswith(_UNSUPPORTED):
        what = ending.text.removeprefix(_UNSUPPORTED)
        return ScriptError(
            f"{_at(script, ending.line)}: scripts have no {what}", hint=_SUBSET, slug="script-unsupported"
        )
    return ScriptError(
        f"{_at(script, ending.line)}: {ending.text}", hint="correct the syntax there", slug="script-syntax"
    )


def failed_script(script: Script, ending: Ending) -> ScriptError:
    """The error for a script that raised an exception."""
    hint = _KEPT
    if ending.kind == "PermissionError" or "not supported in this environment" in ending.text:
        hint = "scripts have no files, network, clock or environment: use sh() or agent(), or pass the value in args"
    elif ending.kind == "ModuleNotFoundError":
        hint = _SUBSET
    text = f"{ending.kind}: {ending.text}" if ending.text else ending.kind
    return ScriptError(f"{_at(script, ending.line)}: {text}", hint=hint, slug="script-failed")


def limit_reached(script: Script, line: int | None, what: str) -> ScriptError:
    """The error for a script that was ended by one of its limits."""
    return ScriptError(
        f"{_at(script, line)}: {what}",
        hint="look for a loop or a recursion without an end there; finished calls are not repeated",
        slug="script-limit",
    )


def _at(script: Script, line: int | None) -> str:
    return f"{script.place}:{line}" if line else script.place


def _diagnostic(script: Script, item: dict[str, Any]) -> str:
    place = item["location"]
    message = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in item["message"])
    return f"{script.place}:{place['row']}:{place['column']}: {message}"


def _fix(script: Script, item: dict[str, Any]) -> str:
    names = _QUOTED.findall(item["message"])
    match item["code"]:
        case "unresolved-reference":
            return _known_name(names[0], script)
        case "unknown-argument":
            return _known_argument(names)
        case "unused-awaitable":
            return "write await before the call"
        case "invalid-syntax":
            return "correct the syntax there"
        case _:
            return _SUBSET


def _known_name(name: str, script: Script) -> str:
    if name in _OUTSIDE:
        return "scripts have no files and no input: use sh() or agent(), or pass the value in args"
    return _closest(name, [*api_signatures(), *_own_names(script)]) or _SUBSET


def _known_argument(names: Sequence[str]) -> str:
    known = api_signatures().get(names[-1], ())
    return _closest(names[0], known) or f"{names[-1]} takes: {', '.join(known)}"


def _closest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else ""


def _own_names(script: Script) -> set[str]:
    try:
        tree = ast.parse(script.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
