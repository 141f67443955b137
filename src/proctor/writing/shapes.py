"""Words for values: what a reader would call this one to tell it from another of the same argument."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Mapping

from proctor.execution.expressions import Call, Expression, Function, Items, Literal, Pairs
from proctor.scenarios.rows import snake

_COUNTS = {0: "no", 1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
_LONGEST_ID = 40
_KINDS: Mapping[type, str] = {list: "list", tuple: "tuple", dict: "dict", set: "set", bytes: "bytes"}


def shape_words(value: Expression) -> str:
    """A few words for a value, more exact than whether it is usual."""
    match value:
        case Literal(value=str() as text):
            return text_words(text)
        case Literal(value=bytes() as data):
            return f"bytes_{text_words(data.decode('latin-1'))}"
        case Literal(value=bool() as flag):
            return "true" if flag else "false"
        case Literal(value=int() | float() as number):
            return number_words(str(number))
        case Items(kind=kind, items=items):
            first = f"_of_{shape_words(items[0])}" if items else ""
            return f"{_count(len(items))}_{kind}_item{'' if len(items) == 1 else 's'}{first}"
        case Pairs(items=items):
            keys = [shape_words(key) for key, _ in items[:2]]
            return "_and_".join(["dict_of", *keys]).replace("of_and", "of") if keys else "no_keys"
        case Call(function="decimal:Decimal", args=(Literal(value=text),)):
            return number_words(str(text))
        case Call(function=function, args=args, keywords=keywords):
            inner = "".join(f"_{shape_words(part)}" for part in args[:1])
            named = "".join(f"_{name}_{shape_words(part)}" for name, part in keywords[:2])
            return snake(function.rpartition(":")[2].rpartition(".")[2]) + inner + named
        case Function(result=result):
            return "identity_function" if result is None else f"function_of_{shape_words(result)}"
    return ""


def _count(number: int) -> str:
    return _COUNTS.get(number, "many")


def text_words(text: str) -> str:
    """Words for a text: its own, else the number that it is, else the names of its characters."""
    if not text.strip():
        return "empty_text" if not text else "blank_text"
    if re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?", text):
        return f"text_{number_words(text)}"
    own = re.findall(r"[a-z0-9]+", snake(text).lower())
    signs = [_sign(character) for character in dict.fromkeys(text) if not (character.isalnum() or character.isspace())]
    return "_".join([*own[:4], *(["with"] if own and signs else []), *signs[:2]])


def _sign(character: str) -> str:
    return re.sub(r"[^a-z]+", "_", unicodedata.name(character, "control_character").lower()).strip("_")


def number_words(text: str) -> str:
    """Words for a number, its digits among them: `minus_1_5`."""
    sign = "minus_" if text.startswith("-") else ""
    return sign + re.sub(r"[^0-9a-z]+", "_", text.lower().lstrip("+-")).strip("_")


def identity_of(printed: str) -> str:
    """A short id for a parameter from its source, or nothing where its source has no word to give."""
    try:
        value = ast.literal_eval(printed)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return _slug(printed)
    if isinstance(value, str):
        shown = _slug(value)
        return shown if len(shown) * 2 > len(value) else text_words(value)[:_LONGEST_ID].strip("_")
    kind = _KINDS.get(type(value))
    if kind is None:
        return _slug(printed)
    return f"{kind}_{_slug(printed)}" if value else f"empty_{kind}"


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", text).strip("_")[:_LONGEST_ID].strip("_")
