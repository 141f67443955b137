"""Writes docs/reference/script-api.md from the stub that scripts are checked against; with --check, compares them."""

import ast
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUB = ROOT / "src/proctor/workflow/scripts/api.pyi"
PAGE = ROOT / "docs/reference/script-api.md"
SECTION = "# --- "

INTRODUCTION = """# Script API

This page is made from `src/proctor/workflow/scripts/api.pyi` by `scripts/script_api.py`: change the stub, not the page.

A workflow script is Python that decides which agents work on what, and in which order. How to write one is told in [Writing a workflow](../how-to/write-a-workflow.md). These names are there without an import, and a script is type-checked against them before it starts.
"""

SUBSET = """
## The Python of scripts

Scripts run in [Monty](https://github.com/pydantic/monty), a Python interpreter of its own that gives a script nothing but the names on this page. Measured with version 1.4:

| there | not there |
|---|---|
| functions, closures, `lambda`, `async def`, `await` anywhere, decorators, comprehensions and generator expressions | `yield`: generators of your own, also asynchronous ones |
| classes with methods and plain class variables, `@dataclass` | inheritance, so no exceptions and enums of your own; `@property`, `@staticmethod`, `@classmethod` |
| `if`, `for`, `while`, `try`, `with`, `match`, `assert`, f-strings, `:=` | `del`, `async with`, `async for` over your own generators, `except*`, the `type` statement |
| `asyncio.gather` | other parts of `asyncio`: tasks, queues, locks, timeouts |
| `collections`, `dataclasses`, `functools`, `hashlib`, `itertools`, `json`, `math`, `random`, `re`, `typing` | all other modules, and packages |
| | files, network, processes, environment, `input()` |
| | the clock: a script that saw the time could not be resumed. Pass a date in `args` |

`random` and `hash()` give the same values in every run. The value of the last line is the result of the workflow; it must be plain JSON. `print()` tells the user something, as `log()` does.

## Limits

| what | limit |
|---|---|
| a script's own time between two calls; waiting does not count | 5 s |
| its own time in all | 300 s |
| memory | 256 MB |
| depth of recursion | 200 |
| calls | 200,000 |

A script that passes one is ended, and the message gives the line that it was at. Where a loop fills the memory, the line is that of the loop.
"""


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is what the stub gives."""
    text = page(STUB.read_text(encoding="utf-8"))
    if arguments != ["--check"]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE.relative_to(ROOT)}: not what the stub gives; run scripts/script_api.py", file=sys.stderr)
    return 1


def page(stub: str) -> str:
    """The reference as Markdown."""
    parts = [INTRODUCTION]
    line = 0
    for node, after in pairs(ast.parse(stub).body):
        parts += headings(stub.splitlines()[line : node.lineno - 1])
        parts += described(node, after)
        line = node.end_lineno
    return "\n".join(parts).rstrip() + "\n" + SUBSET


def pairs(body):
    return zip(body, [*body[1:], None], strict=True)


def headings(lines):
    for line in lines:
        if line.startswith(SECTION):
            title, _, rest = line.removeprefix(SECTION).partition(": ")
            yield f"\n## {title.capitalize()}\n"
            if rest:
                yield f"{rest[0].upper()}{rest[1:]}.\n"


def described(node, after):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from function(node, "###")
    elif isinstance(node, ast.ClassDef):
        yield f"### `{node.name}`\n\n{ast.get_docstring(node)}\n"
        yield from members(node)
    elif isinstance(node, ast.AnnAssign):
        yield f"### `{node.target.id}`\n\n{text_of(after)}\n"


def members(node):
    yield "| | |\n|---|---|"
    for item, after in pairs(node.body):
        if isinstance(item, ast.AnnAssign):
            yield f"| `{item.target.id}: {cell(ast.unparse(item.annotation))}` | {text_of(after)} |"
        elif isinstance(item, ast.FunctionDef):
            yield f"| `{cell(signature(item))}` | {ast.get_docstring(item)} |"
    yield ""


def function(node, level):
    yield f"{level} `{node.name}`\n\n```python\n{signature(node, wide=False)}\n```\n\n{ast.get_docstring(node)}\n"


def signature(node, wide=True):
    """The head of a function; a long one has a parameter a line."""
    arguments = node.args
    arguments.args = [item for item in arguments.args if item.arg != "self"]
    prefix = "await " if isinstance(node, ast.AsyncFunctionDef) else ""
    returns = ast.unparse(node.returns)
    text = f"{prefix}{node.name}({ast.unparse(arguments)}) -> {returns}"
    if wide or len(text) <= 90:
        return text
    inner = textwrap.indent(",\n".join(parameters(arguments)), "    ")
    return f"{prefix}{node.name}(\n{inner},\n) -> {returns}"


def parameters(arguments):
    plain, defaults = arguments.args, arguments.defaults
    for item, default in zip(plain, [None] * (len(plain) - len(defaults)) + defaults, strict=True):
        yield parameter(item, default)
    if arguments.vararg:
        yield f"*{parameter(arguments.vararg, None)}"
    elif arguments.kwonlyargs:
        yield "*"
    for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield parameter(item, default)


def parameter(item, default):
    return f"{item.arg}: {ast.unparse(item.annotation)}" + (f" = {ast.unparse(default)}" if default else "")


def text_of(node):
    return node.value.value


def cell(text):
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
