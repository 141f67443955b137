"""Special methods are written by their operators, and what a call gives by the way it is consumed."""

from __future__ import annotations

import ast

import pytest

from proctor.execution.probe.operators import OPERATORS
from proctor.writing.calls import operation, other_function, used_up, with_block
from proctor.writing.printing import Imports

WRITTEN = {
    "__add__": "box + other",
    "__radd__": "other + box",
    "__iadd__": "box += other",
    "__contains__": "other in box",
    "__getitem__": "box[other]",
    "__delitem__": "del box[other]",
    "__eq__": "box == other",
    "__call__": "box(other)",
    "__rdivmod__": "divmod(other, box)",
}


@pytest.mark.parametrize("member", WRITTEN)
def test_a_special_method_is_written_by_its_operator(member):
    assert operation(member, "box", ["other"]) == WRITTEN[member]


def test_every_operator_that_is_called_can_be_written():
    takes = {"__setitem__": ["key", "value"]}
    written = {
        member: f"{found}(box)" if (found := other_function(member, Imports())) else operation(member, "box", arguments)
        for member in OPERATORS
        for arguments in [takes.get(member, ["other"])]
    }

    assert [member for member, source in written.items() if "box" not in ast.dump(ast.parse(source))] == []


def test_a_lambda_is_bracketed_beside_an_operator():
    assert operation("__eq__", "box", ["lambda value: value"]) == "box == (lambda value: value)"


def test_ways_of_consuming_are_written_with_functions_that_the_file_defines():
    imports = Imports()

    written = [used_up("pull(3)", way, imports) for way in ("", "list", "await", "take", "alist")]

    assert written == [
        "pull(3)",
        "list(pull(3))",
        "asyncio.run(pull(3))",
        "list(itertools.islice(pull(3), 3))",
        "asyncio.run(collected(pull(3)))",
    ]
    assert imports.definitions() == ["async def collected(items):\n    return [item async for item in items]"]
    assert imports.source() == "import asyncio\nimport itertools"


def test_a_defined_function_does_not_hide_what_the_file_imports():
    imports = Imports()
    imports.take("shop.stock", "collected")

    assert used_up("pull()", "alist", imports) == "asyncio.run(collected_here(pull()))"


def test_a_context_is_entered_and_left():
    assert with_block("opened()", "with_error", "result") == [
        "with opened() as result:",
        '    raise RuntimeError("simulated failure")',
    ]
