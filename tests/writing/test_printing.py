"""Printed expressions are source that makes an equal value."""

import datetime
import decimal
import enum
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.execution.expressions import (
    NONE,
    Call,
    Expression,
    Fields,
    Function,
    Items,
    Literal,
    Mock,
    Name,
    Opaque,
    Pairs,
    Pattern,
    StandIn,
    Symbol,
    is_printable,
)
from proctor.writing.printing import Imports, Printer


class Colour(enum.Enum):
    RED = 1


def written(expression: Expression) -> str:
    return Printer(Imports()).value(expression)


def made(expression: Expression) -> object:
    """Run the printed source below its imports."""
    imports = Imports()
    printed = Printer(imports).value(expression)
    names: dict[str, object] = {}
    exec(f"{imports.source()}\nvalue = {printed}", names)
    return names["value"]


plain_values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
trees: st.SearchStrategy[object] = st.recursive(
    plain_values,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        | st.frozensets(st.integers(), max_size=3)
        | st.sets(st.integers(), max_size=3)
    ),
    max_leaves=8,
)


def expression_of(value: object) -> Expression:
    match value:
        case list() | tuple() | set() | frozenset():
            return Items(type(value).__name__, tuple(map(expression_of, value)))
        case dict():
            return Pairs(tuple((expression_of(key), expression_of(item)) for key, item in value.items()))
    return Literal(value)  # type: ignore[arg-type]  # what is left is plain


@given(trees)
def test_any_tree_of_plain_values_comes_back_as_it_was(value):
    again = made(expression_of(value))

    assert again == value
    # sets print their members in any order
    assert repr(again) == repr(value) or "set(" in repr(value) or "{" in repr(value)
    assert again == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (Call("decimal:Decimal", (Literal("19.90"),)), decimal.Decimal("19.90")),
        (
            Call(
                "datetime:datetime",
                (Literal(2024), Literal(1), Literal(15)),
                (("tzinfo", Symbol("datetime:timezone.utc")),),
            ),
            datetime.datetime(2024, 1, 15, tzinfo=datetime.UTC),
        ),
        (Call("uuid:UUID", (), (("int", Literal(7)),)), uuid.UUID(int=7)),
        (Items("tuple", (Literal(1),)), (1,)),
        (Items("set"), set()),
        (Items("frozenset"), frozenset()),
        (Literal("x" * 300), "x" * 300),
        (Literal(float("inf")), float("inf")),
        (Literal(float("-inf")), float("-inf")),
        (Symbol("builtins:int"), int),
    ],
)
def test_a_value_is_written_with_the_imports_it_needs(expression, value):
    assert made(expression) == value


def test_long_texts_of_one_letter_are_written_short():
    assert written(Literal("x" * 300)) == "'x' * 300"
    assert written(Literal("x" * 40)) == repr("x" * 40)


def test_functions_iterators_and_mocks_do_what_they_stand_for():
    identity, constant = made(Function(None)), made(Function(Literal(True)))
    mock = made(Mock("decimal:Decimal"))

    assert (identity(5), constant(1, 2, key=3)) == (5, True)  # type: ignore[operator]  # they are functions
    assert list(made(Items("iter", (Literal(1), Literal(2))))) == [1, 2]  # type: ignore[call-overload]  # an iterator
    assert isinstance(mock, decimal.Decimal)


def test_names_are_written_as_the_fixture_is_called():
    printer = Printer(Imports(), {"book": "novel"})

    assert [printer.value(Name("book", "id")), printer.value(Name("shelf"))] == ["novel.id", "shelf"]


@pytest.mark.parametrize(
    "expression",
    [Opaque("lab:Thing"), Fields("lab:Thing", ()), Pattern("a", 0), StandIn("send"), Items("list", (Opaque("x"),))],
)
def test_what_cannot_be_written_is_refused(expression):
    assert is_printable(expression) is False
    with pytest.raises(ValueError, match="cannot be written as source"):
        written(expression)


def test_one_name_stands_for_one_thing():
    imports = Imports()

    assert [imports.take("shop.models", "Order"), imports.take("shop.models", "Order")] == ["Order", "Order"]
    assert imports.take("billing.records", "Order") == "RecordsOrder"
    assert imports.source() == "from shop.models import Order\nfrom billing.records import Order as RecordsOrder"


def test_a_member_of_a_class_is_reached_through_its_class_and_builtins_need_no_import():
    imports = Imports()
    printer = Printer(imports)

    assert [printer.path("lab:Colour.RED"), printer.path("builtins:ValueError")] == ["Colour.RED", "ValueError"]
    assert imports.source() == "from lab import Colour"


def test_imports_are_written_once_whoever_asked_for_them():
    imports = Imports()
    imports.module("re")
    imports.take("decimal", "Decimal")
    imports.add_lines(["import re", "from decimal import Decimal", "import pytest"])

    assert sorted(imports.source().splitlines()) == ["from decimal import Decimal", "import pytest", "import re"]


def test_an_imported_name_does_not_hide_a_module():
    imports = Imports()
    imports.module("re")

    assert imports.take("lab", "re") == "lab_re"


def test_a_module_does_not_hide_an_imported_name():
    imports = Imports()
    imports.take("lab", "re")

    assert (imports.module("re"), imports.names) == ("re_module", {"re", "re_module"})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("__Hidden", "Hidden", id="a class would mangle it"),
        pytest.param("_private", "_private", id="a class leaves it alone"),
        pytest.param("zip", "lab_zip", id="the test may need the builtin"),
        pytest.param("ConnectionError", "LabConnectionError", id="the test may need the builtin class"),
        pytest.param("TestClient", "LabTestClient", id="pytest would collect it as a class"),
        pytest.param("test_link", "lab_test_link", id="pytest would collect it as a function"),
        pytest.param("result", "lab_result", id="every test has a result"),
    ],
)
def test_a_name_that_means_something_else_in_a_test_is_imported_as_another(name, shown):
    assert Imports().take("lab", name) == shown


def test_none_is_none():
    assert (written(NONE), made(NONE)) == ("None", None)
