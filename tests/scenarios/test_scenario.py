"""Scenarios as data: their places, and how one is exchanged."""

import pytest

from proctor.execution.expressions import Call, Items, Literal, Name, Pairs
from proctor.scenarios.scenario import (
    Argument,
    Binding,
    MockCall,
    Outcome,
    Replacement,
    Scenario,
    Slot,
    Step,
    slots,
    with_value,
)

ROW = Binding("book", Call("lab:Book", (), (("title", Literal("Emma")), ("pages", Literal(300)))), "row")
SHELF = Binding("shelf", Call("lab:Shelf", (Name("db_session"),)))
WHOLE = Scenario(
    "Shelf.put",
    Step("method", "lab:Shelf.put", "put", "shelf", (Argument("tags", Items("list", (Literal("new"),)), False),)),
    bindings=(ROW, SHELF),
    before=(Step("method", "lab:Shelf.open", "open", "shelf", (Argument("key", Literal(7), True),)),),
    database="session",
    replacements=(Replacement("lab", "send", (Outcome(Pairs(((Literal("ok"), Literal(1)),))),)),),
    mock_calls=(MockCall(("commit()",), (Outcome(Call("builtins:OSError"), raises=True),)),),
)


def test_every_expression_of_a_scenario_is_a_place_arguments_first():
    assert [(slot.where, slot.path, slot.label) for slot in slots(WHOLE)] == [
        (("argument", 0), (), ""),
        (("argument", 0), (0,), ""),
        (("step", 0, 0), (), ""),
        (("binding", "book"), (), ""),
        (("binding", "book"), ("title",), "title"),
        (("binding", "book"), ("pages",), "pages"),
        (("binding", "shelf"), (), ""),
        (("binding", "shelf"), (0,), ""),
        (("outcome", 0, 0), (), ""),
        (("outcome", 0, 0), ("key0",), ""),
        (("outcome", 0, 0), (0,), ""),
    ]


@pytest.mark.parametrize("slot", list(slots(WHOLE)), ids=lambda slot: f"{slot.where}{slot.path}")
def test_a_value_stands_at_the_place_it_was_written_to_and_nowhere_else(slot):
    changed = {(other.where, other.path): other.value for other in slots(with_value(WHOLE, slot, Literal("new")))}
    elsewhere = {(other.where, other.path): other.value for other in slots(WHOLE) if other.where != slot.where}

    assert changed[slot.where, slot.path] == Literal("new")
    assert {place: value for place, value in changed.items() if place[0] != slot.where} == elsewhere


def test_the_value_of_an_unknown_place_changes_nothing():
    assert with_value(WHOLE, Slot(("nowhere", 1), (), Literal(1)), Literal(2)) == WHOLE


def test_one_and_true_are_different_scenarios():
    def called_with(value: object) -> Scenario:
        return with_value(WHOLE, Slot(("argument", 0), (), Literal(None)), Literal(value))  # type: ignore[arg-type]  # a plain value

    assert len({called_with(1), called_with(True), called_with(1.0), called_with("1")}) == 4


def test_rows_are_the_bindings_that_go_to_the_database():
    assert (WHOLE.rows, WHOLE.binding("shelf"), WHOLE.binding("other")) == ((ROW,), SHELF, None)


def test_the_message_for_the_probe_says_all():
    assert WHOLE.to_json(record=True) == {
        "act": {
            "kind": "method",
            "target": "lab:Shelf.put",
            "member": "put",
            "receiver": "shelf",
            "args": [{"t": "seq", "k": "list", "i": [{"t": "lit", "v": "new"}]}],
            "keywords": [],
            "consume": "",
            "name": "",
        },
        "bindings": [ROW.to_json(), SHELF.to_json()],
        "assignments": [],
        "before": [
            {
                "kind": "method",
                "target": "lab:Shelf.open",
                "member": "open",
                "receiver": "shelf",
                "args": [],
                "keywords": [["key", {"t": "lit", "v": 7}]],
                "consume": "",
                "name": "",
            }
        ],
        "database": "session",
        "environment": [],
        "replacements": [
            {
                "holder": "lab",
                "name": "send",
                "outcomes": [{"returns": {"t": "map", "i": [[{"t": "lit", "v": "ok"}, {"t": "lit", "v": 1}]]}}],
                "is_async": False,
            }
        ],
        "mock_calls": [
            {"path": ["commit()"], "outcomes": [{"raises": {"t": "call", "f": "builtins:OSError", "a": [], "k": []}}]}
        ],
        "tmp_path": False,
        "detail": False,
        "record": True,
    }
