"""Values are called what a reader would call them, and parameters by ids that stay readable."""

import pytest

from proctor.execution.expressions import Call, Expression, Function, Items, Literal, Pairs
from proctor.writing.shapes import identity_of, shape_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Literal(""), "empty_text"),
        (Literal("  "), "blank_text"),
        (Literal("-1.5"), "text_minus_1_5"),
        (Literal("{"), "left_curly_bracket"),
        (Literal("order-7"), "order_7_with_hyphen_minus"),
        (Literal(b"ab"), "bytes_ab"),
        (Literal(True), "true"),
        (Literal(-3), "minus_3"),
        (Items("list"), "no_list_items"),
        (Items("tuple", (Literal("a"),)), "one_tuple_item_of_a"),
        (Items("list", (Literal(1), Literal(2))), "two_list_items_of_1"),
        (Pairs(), "no_keys"),
        (Pairs(((Literal("key"), Literal(1)),)), "dict_of_key"),
        (Call("decimal:Decimal", (Literal("0.10"),)), "0_10"),
        (Call("shop.models:OrderItem", (), (("count", Literal(2)),)), "order_item_count_2"),
        (Function(None), "identity_function"),
        (Function(Literal(True)), "function_of_true"),
    ],
)
def test_a_value_is_called_by_what_tells_it_from_others(value: Expression, words: str):
    assert shape_words(value) == words


@pytest.mark.parametrize(
    ("printed", "identity"),
    [
        ("'plain text'", "plain_text"),
        ("''", "empty_text"),
        ("'['", "left_square_bracket"),
        ("[3, 1]", "list_3_1"),
        ("{}", "empty_dict"),
        ("-1.5", "-1.5"),
        ("Decimal('1.00')", "Decimal_1.00"),
    ],
)
def test_an_id_is_made_of_the_value_itself(printed: str, identity: str):
    assert identity_of(printed) == identity
