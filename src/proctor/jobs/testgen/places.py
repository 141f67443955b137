"""Finds the paths, files and commands in a clause, and tells them from words with a slash."""

from __future__ import annotations

import re
from collections.abc import Iterator

NEGATION = r"\b(?:no|not|don't|don’t|never|without|skip|exclud\w+|except|ignor\w+|omit\w*|leave out|avoid)\b"

_FILE = r"[`'\"]?(?P<path>\.{0,2}/?[\w.-]+(?:[/\\][\w.-]*)+|[\w.-]+\.py)[`'\"]?"
_PATH = re.compile(rf"(?<![\w/.:-]){_FILE}", re.IGNORECASE)
_PLACE_BEFORE = re.compile(
    r"\b(?:under|in|inside|within|for|of|at|from|cover|test|analy[sz]e|files?|modules?|path|paths|folder|directory"
    r"|package|and|or|except|excluding|exclude|ignore|skip|without|not|out)[\s:]*(?:the\s+)?$|[,`]\s*$",
    re.IGNORECASE,
)
_PUT = r"\b(?:create|write|put|place|save|store|add|generate|keep)\b"
_INTO = r"\b(?:in|under|inside|into|within|to)\s+(?:the\s+)?"
_TESTS_PLACE = r"[`'\"]?(?P<path>\.?/?tests?(?:/[\w./-]*)?)(?![\w-])[`'\"]?"
_OUTPUT = re.compile(
    r"[`'\"]?((?:[\w-]+/)*(?:conftest\.py|pyproject\.toml|bugs_found\.md|[\w-]*report[\w-]*\.md))\b", re.IGNORECASE
)
_COMMAND = re.compile(
    r"`((?:python3? -m |uv run |poetry run |hatch run )?pytest\b[^`]*)`"
    r"|\brun\s+(pytest(?:\s+(?:-[\w=./:-]+|[\w./-]*/[\w./-]*))*)",
    re.IGNORECASE,
)
# Pairs such as `unit/integration` and `and/or`.
_NO_PATHS = frozenset(
    {"unit", "integration", "edge", "and", "or", "input", "output", "i", "o", "ci", "cd", "tcp", "ip", "true", "false"}
    | {"read", "write", "get", "post"}
)


def path_mentions(clause: str) -> Iterator[tuple[str, bool]]:
    """Paths of sources, each with whether it is to be left out; outputs and the tests themselves are none."""
    text = _COMMAND.sub(lambda found: " " * len(found.group(0)), clause)
    for found in _PATH.finditer(text):
        path, before = normal_path(found.group("path")), text[: found.start()]
        is_source = not is_about_tests(path) and not _OUTPUT.fullmatch(path)
        if is_source and _looks_like_path(found.group(0), path, before):
            yield path, re.search(NEGATION, _same_part(before), re.IGNORECASE) is not None


def without_paths(clause: str) -> str:
    """The clause without the paths in it: `tests/unit/` is a place and no kind of test."""
    return _PATH.sub(lambda found: found.group(0) if _is_pair(found.group("path")) else " ", clause)


def output_names(clause: str) -> tuple[str, ...]:
    """The files that can be asked for by name."""
    return tuple(dict.fromkeys(_OUTPUT.findall(clause)))


def test_command(clause: str) -> str:
    """The pytest command that a clause tells to run."""
    found = _COMMAND.search(clause)
    return (found.group(1) or found.group(2)).strip() if found else ""


def destination(clause: str) -> str:
    """Where files may be created: under `tests/...` however it is said, elsewhere only when it says `only`."""
    found = re.search(rf"{_PUT}.*{_INTO}{_TESTS_PLACE}", clause, re.IGNORECASE)
    if found is None and re.search(r"\bonly\b.*\bfiles?\b|\bfiles? only\b", clause, re.IGNORECASE):
        found = re.search(rf"{_PUT}.*{_INTO}{_FILE}", clause, re.IGNORECASE)
    return normal_path(found.group("path")).rstrip("/") + "/" if found else ""


def is_about_tests(path: str) -> bool:
    """Whether a path lies in the folder of the tests."""
    return bool(re.match(r"[`'\"]?(?:\./)?tests?(?:/|$)", path))


def normal_path(path: str) -> str:
    """With forward slashes, relative to the project, without the full stop of the sentence."""
    return path.replace("\\", "/").removeprefix("./").rstrip(".")


def _looks_like_path(written: str, path: str, before: str) -> bool:
    """`app/services` after a preposition is one; a web address is not."""
    if _is_pair(path) or before.endswith("//"):
        return False
    is_marked = written[0] in "`./" or path.endswith((".py", "/"))
    is_source = path.endswith(".py") or "." not in path.rpartition("/")[2]
    return is_source and (is_marked or _PLACE_BEFORE.search(before) is not None)


def _is_pair(path: str) -> bool:
    words = [part for part in path.lower().split("/") if part]
    return len(words) > 1 and all(word in _NO_PATHS for word in words)


def _same_part(before: str) -> str:
    """The text before a path back to the last comma or `but`: `skip a/, cover b/` refuses only the first."""
    return re.split(r",(?!\s*(?:and|or)?\s*[`\w./-]*$)|\bbut\b(?!\s+not)|;", before)[-1]
