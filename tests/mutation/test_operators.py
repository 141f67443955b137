"""Every operator does what its examples show, and nothing of it is lost on the way from the tree to the text."""

import ast

import pytest

from proctor.mutation.catalogue import OPERATORS
from proctor.mutation.mutants import mutants_of
from proctor.mutation.operators.operator import Example, Operator

EXAMPLES = [
    pytest.param(operator, example, id=f"{operator.name}: {example.before}")
    for operator in OPERATORS
    for example in operator.examples()
]


def body_of(source: str) -> str:
    """What stands inside the function, as Python shows it."""
    (function,) = ast.parse(source).body
    return "\n".join(map(ast.unparse, function.body))


@pytest.mark.parametrize(("operator", "example"), EXAMPLES)
def test_an_operator_does_what_its_example_shows(operator: Operator, example: Example) -> None:
    statements = example.before.replace("\n", "\n    ")
    if operator.name == "default":
        made = [ast.unparse(ast.parse(mutant.source)) for mutant in mutants_of(example.before, [operator])]
    else:
        source = f"async def probe():\n    {statements}\n"
        made = [body_of(mutant.source) for mutant in mutants_of(source, [operator])]

    assert made == [ast.unparse(ast.parse(text)) for text in example.after]


def test_operators_have_names_of_their_own() -> None:
    names = [operator.name for operator in OPERATORS]

    assert sorted(set(names)) == sorted(names)
