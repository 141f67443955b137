"""How a step is written: special methods by their operators, and what a call gives by the way it is consumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from proctor.scenarios.scenario import Step
from proctor.writing.printing import Imports

_SYMBOLS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "lshift": "<<",
    "rshift": ">>",
    "and": "&",
    "or": "|",
    "xor": "^",
}
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_FUNCTIONS = (
    *("len", "bool", "str", "repr", "hash", "int", "float", "complex", "bytes", "iter", "next", "reversed"),
    *("abs", "round", "divmod", "format"),
)
_OTHER_FUNCTIONS = {
    "index": ("operator", "index"),
    "trunc": ("math", "trunc"),
    "floor": ("math", "floor"),
    "ceil": ("math", "ceil"),
}
_FORMS: Mapping[str, str] = {
    **{name: f"{{0}} {symbol} {{1}}" for name, symbol in (_SYMBOLS | _COMPARISONS).items()},
    **{f"r{name}": f"{{1}} {symbol} {{0}}" for name, symbol in _SYMBOLS.items()},
    **{f"i{name}": f"{{0}} {symbol}= {{1}}" for name, symbol in _SYMBOLS.items()},
    "neg": "-{0}",
    "pos": "+{0}",
    "invert": "~{0}",
    "contains": "{1} in {0}",
    "getitem": "{0}[{1}]",
    "setitem": "{0}[{1}] = {2}",
    "delitem": "del {0}[{1}]",
    "rdivmod": "divmod({1}, {0})",
}
_IDLE = frozenset({*_COMPARISONS, "neg", "pos", "invert", "contains"})

# What a test file defines for itself where the language has no expression for it.
_DEFINITIONS: Mapping[str, str] = {
    "awaited": """\
async def awaited(value):
    return await value
""",
    "collected": """\
async def collected(items):
    return [item async for item in items]
""",
    "first_items": """\
async def first_items(items, count=3):
    found = []
    async for item in items:
        found.append(item)
        if len(found) == count:
            break
    return found
""",
    "thrown_into": """\
async def thrown_into(generator):
    await generator.__anext__()
    return await generator.athrow(RuntimeError("simulated failure"))
""",
    "entered": """\
async def entered(context):
    async with context as value:
        pass
    return value
""",
    "left_by_error": """\
async def left_by_error(context):
    async with context as value:
        raise RuntimeError("simulated failure")
    return value
""",
}
_ASYNC = {
    "awaitable": "awaited",
    "alist": "collected",
    "atake": "first_items",
    "athrow": "thrown_into",
    "awith": "entered",
    "awith_error": "left_by_error",
}


def operation(member: str, receiver: str, arguments: Sequence[str]) -> str:
    """A special method's call, by the operator or the function that stands for it."""
    name = member.strip("_")
    if name == "call":
        return f"{receiver}({', '.join(arguments)})"
    if name in _FUNCTIONS:
        return f"{name}({', '.join([receiver, *arguments])})"
    return _FORMS[name].format(receiver, *map(_bracketed, arguments))


def _bracketed(argument: str) -> str:
    return f"({argument})" if argument.startswith("lambda") else argument


def is_idle(step: Step) -> bool:
    """Whether the step, standing alone, would look like a statement without effect."""
    return step.kind == "property" or (step.kind == "operator" and step.member.strip("_") in _IDLE)


def used_up(called: str, way: str, imports: Imports) -> str:
    """The call, consumed in a way that is an expression."""
    if way == "list":
        return (
            f"list({called.removeprefix('iter(').removesuffix(')')})"
            if called.startswith("iter(")
            else f"list({called})"
        )
    if way == "take":
        return f"list({imports.module('itertools')}.islice({called}, 3))"
    if way == "await":
        return f"{imports.module('asyncio')}.run({called})"
    if way in _ASYNC:
        name = _ASYNC[way]
        return f"{imports.module('asyncio')}.run({imports.define(name, _DEFINITIONS[name])}({called}))"
    return called


def other_function(member: str, imports: Imports) -> str | None:
    """The function of a standard module that a special method is called through, if there is one."""
    found = _OTHER_FUNCTIONS.get(member.strip("_"))
    return f"{imports.module(found[0])}.{found[1]}" if found else None


def with_block(called: str, way: str, name: str) -> list[str]:
    """The call as a context that is entered and left, by an error where the way says so."""
    bound = f" as {name}" if name else ""
    body = 'raise RuntimeError("simulated failure")' if way == "with_error" else "pass"
    return [f"with {called}{bound}:", f"    {body}"]


def throw_lines(called: str) -> tuple[list[str], str]:
    """The lines that bring a generator to its first item, and the expression that throws into it."""
    return [f"generator = {called}", "next(generator)"], 'generator.throw(RuntimeError("simulated failure"))'
