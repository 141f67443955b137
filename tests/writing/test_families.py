"""Tests that differ only in values are one parametrised test; all others stand alone."""

import ast

from proctor.execution.expressions import Call, Expression, Literal
from proctor.oracles.assertions import Assertion, Called, Equals, Raises
from proctor.oracles.cases import Case
from proctor.oracles.findings import Finding
from proctor.scenarios.scenario import Argument, Scenario, Step
from proctor.writing.families import WrittenTest, written_tests
from proctor.writing.functions import CaseWriter, Draft
from proctor.writing.printing import Imports
from proctor.writing.style import ModuleStyle


def case(value: Expression, *assertions: Assertion, name: str = "amount", finding: Finding | None = None) -> Case:
    act = Step("function", "lab:fee", "fee", arguments=(Argument(name, value, False),))
    return Case("fee", "unit", Scenario("fee", act), assertions, finding=finding)


def draft(case: Case, name: str, imports: Imports | None = None) -> Draft:
    return CaseWriter(case, ModuleStyle("lab"), imports or Imports()).draft(name)


def families(*named: tuple[str, Case]) -> tuple[WrittenTest, ...]:
    imports = Imports()
    return written_tests([draft(case, name, imports) for name, case in named], imports)


def returning(value: object, expected: object) -> Case:
    return case(Literal(value), Equals("result", Literal(expected)))  # type: ignore[arg-type]  # plain values


def test_a_case_alone_is_a_plain_test():
    [test] = families(("test_fee_returns_three", returning(1, 3)))

    assert test.source == "\n".join(
        ["def test_fee_returns_three(self):", "    result = fee(1)", "", "    assert result == 3"]
    )
    assert (test.count, test.members) == (1, (("", returning(1, 3)),))


def test_cases_that_differ_in_values_are_one_test_with_their_values_as_ids():
    [test] = families(
        ("test_fee_returns_three", returning(1, 3)),
        ("test_fee_large_amount_returns_zero", returning(5000, 0)),
    )

    tree = ast.parse(test.source)
    [function] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert (function.name, [argument.arg for argument in function.args.args]) == (
        "test_fee_by_amount_returns_value",
        ["self", "amount", "expected"],
    )
    assert [ast.unparse(line) for line in function.body] == ["result = fee(amount)", "assert result == expected"]
    assert "pytest.param(1, 3, id='amount_1')" in test.source
    assert "pytest.param(5000, 0, id='amount_5000')" in test.source
    assert (test.count, [identity for identity, _ in test.members]) == (2, ["amount_1", "amount_5000"])


def test_what_is_the_same_for_all_is_no_parameter():
    [test] = families(
        ("test_fee_returns_three", returning(1, 3)),
        ("test_fee_large_amount_returns_three", returning(5000, 3)),
    )

    assert "def test_fee_by_amount_returns_three(self, amount):" in test.source
    assert "assert result == 3" in test.source


def test_messages_are_parameters_of_cases_that_raise_the_same():
    [test] = families(
        ("test_fee_negative_amount_raises_value_error", case(Literal(-1), Raises("builtins:ValueError", "too low"))),
        ("test_fee_large_amount_raises_value_error", case(Literal(5000), Raises("builtins:ValueError", "too high"))),
    )

    assert "def test_fee_by_amount_raises_value_error(self, amount, message):" in test.source
    assert "    with pytest.raises(ValueError, match=message):\n        fee(amount)" in test.source


def test_different_exceptions_and_different_assertions_are_different_tests():
    tests = families(
        ("test_fee_returns_three", returning(1, 3)),
        ("test_fee_returns_none", case(Literal(2), Equals("result", Literal(None)))),
        ("test_fee_raises_value_error", case(Literal(-1), Raises("builtins:ValueError", "no"))),
        ("test_fee_raises_type_error", case(Literal(-2), Raises("builtins:TypeError", "no"))),
        ("test_fee_called", case(Literal(4), Equals("result", Literal(1)), Called("send", "", 1, None))),
    )

    assert [test.name for test in tests] == [
        "test_fee_returns_three",
        "test_fee_returns_none",
        "test_fee_raises_value_error",
        "test_fee_raises_type_error",
        "test_fee_called",
    ]


def test_the_same_test_is_written_once():
    [test] = families(("test_fee_returns_three", returning(1, 3)), ("test_fee_returns_three_again", returning(1, 3)))

    assert (test.count, test.source.count("fee(1)")) == (1, 1)


def test_two_families_of_one_class_have_different_names():
    tests = families(
        ("test_fee_returns_three", returning(1, 3)),
        ("test_fee_zero_amount_returns_zero", returning(0, 0)),
        ("test_fee_called", case(Literal(4), Equals("result", Literal(1)), Called("send", "", 1, None))),
        ("test_fee_called_too", case(Literal(5), Equals("result", Literal(2)), Called("send", "", 1, None))),
    )

    assert [test.name for test in tests] == [
        "test_fee_by_amount_returns_value",
        "test_fee_by_amount_and_called_returns_value",
    ]


def test_a_bug_is_an_expected_failure_that_says_why():
    scenario = case(Literal(None)).scenario
    finding = Finding(
        "fee",
        "amount",
        "lab.py",
        3,
        "builtins:TypeError",
        "unsupported operand: 'NoneType'",
        "medium",
        ("why",),
        scenario,
    )

    [test] = families(("test_fee_without_amount", case(Literal(None), finding=finding)))

    assert test.source == "\n".join(
        [
            f"@pytest.mark.xfail(strict=True, raises=TypeError, reason={finding.issue!r})",
            "def test_fee_without_amount(self):",
            "    fee(None)",
        ]
    )


def test_floats_are_compared_approximately_and_flags_by_identity():
    sources = [
        test.source.splitlines()[-1].strip()
        for test in families(
            ("test_a", case(Literal(1), Equals("result", Literal(0.1)))),
            ("test_b", case(Literal(1), Equals("result", Literal(True)))),
            ("test_c", case(Literal(1), Equals("result.total", Literal(3)))),
        )
    ]

    assert sources == ["assert result == pytest.approx(0.1)", "assert result is True", "assert result.total == 3"]


def test_messages_with_signs_of_patterns_are_escaped():
    [test] = families(("test_a", case(Literal(1), Raises("builtins:ValueError", "is it (really) gone?"))))

    assert "match=re.escape('is it (really) gone?')" in test.source


def test_an_object_in_an_argument_is_a_value_like_any_other():
    def priced(text: str) -> Case:
        return case(Call("decimal:Decimal", (Literal(text),)), Equals("result", Literal(text)))

    [test] = families(
        ("test_fee_returns_text", priced("1.00")), ("test_fee_large_amount_returns_text", priced("2000.00"))
    )

    assert "pytest.param(Decimal('1.00'), '1.00', id='Decimal_1.00')" in test.source


def test_of_the_same_test_written_twice_the_first_is_kept():
    tests = families(("test_fee_returns_three", returning(1, 3)), ("test_fee_returns_three_again", returning(1, 3)))

    assert [(test.name, test.count) for test in tests] == [("test_fee_returns_three", 1)]
