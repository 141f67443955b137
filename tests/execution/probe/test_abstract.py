"""Objects are in the same state when a caller would call it that, whatever the values are."""

from __future__ import annotations

from proctor.execution.probe.abstract import state


class Shelf:
    def __init__(self, books: list[object], limit: int = 0) -> None:
        self.books = books
        self.limit = limit


class Slotted:
    __slots__ = ("full", "unset")

    def __init__(self) -> None:
        self.full = True


def test_other_values_of_the_same_kind_are_the_same_state():
    assert state(Shelf(["a", "b"], 7)) == state(Shelf([5, 6], 9))


def test_lengths_signs_and_flags_make_states():
    shelves = [Shelf([]), Shelf(["a"]), Shelf(["a"], 1), Shelf(["a"], -1), Shelf(["a"] * 9), Shelf([[1]])]

    assert len({state(shelf) for shelf in shelves}) == len(shelves)


def test_slots_are_seen_and_what_is_not_set_is_left_out():
    assert state(Slotted()) == f"{__name__}:Slotted(full=True)"


def test_values_of_built_in_classes_have_no_state():
    assert [state(value) for value in ([1], 3, "text", print, Shelf)] == [""] * 5
