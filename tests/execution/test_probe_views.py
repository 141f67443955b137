"""What an object shows of itself: its properties, its items and its text."""

import dataclasses
import io

import pytest

from proctor.execution.probe.views import views_of


class Shelf:
    def __init__(self, *books: str) -> None:
        self._books = books

    def __len__(self) -> int:
        return len(self._books)

    def __iter__(self):
        return iter(self._books)

    def __str__(self) -> str:
        return "a shelf"

    @property
    def first(self) -> str:
        return self._books[0]

    @property
    def handle(self) -> object:
        return object()

    @property
    def _hidden(self) -> int:
        return 1


class Crowd:
    def __len__(self) -> int:
        return 1000


class Addressed:
    def __repr__(self) -> str:
        return object.__repr__(self)


@dataclasses.dataclass
class Point:
    x: int


class Broken:
    def __len__(self) -> int:
        raise RuntimeError("broken")


def text(value: str) -> dict[str, str]:
    return {"t": "lit", "v": value}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(
            Shelf("Emma"),
            [
                ["{}.first", text("Emma")],
                ["list({})", {"t": "seq", "k": "list", "i": [text("Emma")]}],
                ["len({})", {"t": "lit", "v": 1}],
                ["str({})", text("a shelf")],
            ],
            id="a collection with a property and a text",
        ),
        pytest.param(
            Shelf(),
            [
                ["list({})", {"t": "seq", "k": "list", "i": []}],
                ["len({})", {"t": "lit", "v": 0}],
                ["str({})", text("a shelf")],
            ],
            id="a property that raises is not shown",
        ),
        pytest.param(Crowd(), [["len({})", {"t": "lit", "v": 1000}]], id="a length without items"),
        pytest.param(Addressed(), [], id="a text with an address"),
        pytest.param(Point(1), [], id="a text that repeats the fields"),
        pytest.param(Broken(), [], id="an object that cannot be asked"),
        pytest.param(io.StringIO("printed"), [["{}.getvalue()", text("printed")]], id="a stream"),
        pytest.param([1, 2], [], id="a value of the language"),
        pytest.param(ValueError("no"), [], id="an exception"),
    ],
)
def test_an_object_shows_what_a_reader_would_ask_it_for(value, shown):
    assert views_of(value, {}) == shown
