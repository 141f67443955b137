"""Where mutants stand, which source they carry, which are none, and which are taken when there are too many."""

import ast
import textwrap

from proctor.mutation.mutants import Mutant, Unit, equivalent, mutants_of, sampled
from proctor.mutation.operators.comparison import Comparison
from proctor.mutation.operators.constant import Constant
from proctor.mutation.operators.deletion import Deletion


def test_a_method_carries_its_classes_and_the_lines_that_meet_it() -> None:
    source = textwrap.dedent("""\
        class Cart:
            class Line:
                @property
                def is_bulk(self):
                    return self.count > 9
        """)

    (first, _) = mutants_of(source, [Comparison()])

    unit = Unit(("Cart", "Line"), "is_bulk", 3, 5)
    text = "        @property\n        def is_bulk(self):\n            return (self.count >= 9)\n"
    assert first == Mutant("comparison", unit, 5, 19, (5, 5), "self.count > 9", "self.count >= 9", text)


def test_lines_keep_their_numbers_where_a_change_is_shorter() -> None:
    source = 'def send(mail):\n    mail.post(\n        1,\n        "ä",\n    )\n    return mail\n'

    changed = {mutant.after: mutant.source for mutant in mutants_of(source, [Deletion()])}

    assert changed == {"pass": "def send(mail):\n    pass\n\n\n\n    return mail\n"}


def test_types_docstrings_parts_of_texts_and_what_never_runs_are_left_alone() -> None:
    source = textwrap.dedent('''\
        from typing import TYPE_CHECKING, Literal
        __all__ = ["f"]
        if TYPE_CHECKING:
            LIMIT = 1

        def f(kind: Literal["a"]) -> Literal["b"]:
            """Say it."""
            size: Literal[3]
            return f"{kind + 'c'}"

        if __name__ == "__main__":
            COUNT = 2
        ''')

    assert mutants_of(source, [Constant()]) == []


def test_values_of_the_module_belong_to_no_function_and_say_what_they_define() -> None:
    (first, second) = mutants_of("class Size(Enum):\n    BIG = 7\n", [Constant()])

    assert [(item.unit.name, item.defines, item.source) for item in (first, second)] == [
        ("", frozenset({"BIG"}), "class Size(Enum):\n    BIG = (8)\n"),
        ("", frozenset({"BIG"}), "class Size(Enum):\n    BIG = (6)\n"),
    ]


def test_the_same_bytecode_is_no_mutant() -> None:
    source = "def f(a):\n    if 0:\n        a = a + a\n    a.stop()\n"
    found = {mutant.before: equivalent(mutant, source) for mutant in mutants_of(source, [Deletion()])}

    assert found == {"a = a + a": True, "a.stop()": False}


def test_a_sample_takes_from_every_function_and_every_operator_before_it_takes_more() -> None:
    functions = "".join(f"def f{n}(a):\n    return a < {n} < a < {n}\n" for n in range(4))
    chosen = sampled(mutants_of(functions, [Comparison(), Constant()]), 8)

    assert [(item.unit.name, item.operator) for item in chosen] == [
        (f"f{n}", operator) for n in range(4) for operator in ("comparison", "constant")
    ]


def test_a_sample_is_the_same_each_time_and_in_the_order_of_the_source() -> None:
    source = ast.unparse(ast.parse("def f(a):\n" + "".join(f"    a += {n}\n" for n in range(40)) + "    return a\n"))
    known = mutants_of(source)

    chosen = sampled(known, 20)

    assert chosen == sampled(known, 20)
    assert [item.line for item in chosen] == sorted(item.line for item in chosen)
    assert len(chosen) == 20


def test_what_is_no_python_has_no_mutants() -> None:
    assert mutants_of("def f(:\n") == []
