"""Functions that say whether what they were given is what their annotation promises."""

ANNOTATED = '''
"""Functions that check their argument."""
import datetime
import enum
import fractions
import pathlib
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol, TypedDict


class Suit(enum.Enum):
    HEARTS = 1
    SPADES = 2


@dataclass(frozen=True)
class Card:
    suit: Suit
    rank: int
    marks: list[str] = field(default_factory=list)


class Point(NamedTuple):
    x: int
    y: int = 0


class Options(TypedDict):
    depth: int
    title: str


class Speaker(Protocol):
    def say(self, text: str) -> str: ...


class Shape(ABC):
    @abstractmethod
    def area(self) -> float: ...


class Account:
    def __init__(self, owner: str, limit: Decimal, *, note: str | None = None) -> None:
        self.owner, self.limit, self.note = owner, limit, note


class Sealed:
    def __init__(self, owner: str, /) -> None:
        self.owner = owner


class Outage(Exception):
    pass


def text(value: str) -> bool:
    return isinstance(value, str)


def whole(value: int) -> bool:
    return type(value) is int


def fraction(value: fractions.Fraction) -> bool:
    return isinstance(value, fractions.Fraction)


def money(value: Decimal) -> bool:
    return isinstance(value, Decimal)


def real(value: float) -> bool:
    return isinstance(value, float)


def flag(value: bool) -> bool:
    return isinstance(value, bool)


def raw(value: bytes) -> bool:
    return isinstance(value, bytes)


def moment(value: datetime.datetime) -> bool:
    return isinstance(value, datetime.datetime)


def day(value: datetime.date) -> bool:
    return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)


def span(value: datetime.timedelta) -> bool:
    return isinstance(value, datetime.timedelta)


def hour(value: datetime.time) -> bool:
    return isinstance(value, datetime.time)


def identity(value: uuid.UUID) -> bool:
    return isinstance(value, uuid.UUID)


def place(value: pathlib.Path) -> bool:
    return isinstance(value, pathlib.Path)


def choice(value: Literal["up", "down", 3]) -> bool:
    return value in ("up", "down", 3)


def suit(value: Suit) -> bool:
    return isinstance(value, Suit)


def card(value: Card) -> bool:
    return isinstance(value, Card) and isinstance(value.suit, Suit) and isinstance(value.marks, list)


def point(value: Point) -> bool:
    return isinstance(value, Point)


def options(value: Options) -> bool:
    return sorted(value) == ["depth", "title"] and isinstance(value["depth"], int)


def account(value: Account) -> bool:
    return isinstance(value, Account) and isinstance(value.limit, Decimal)


def sealed(value: Sealed) -> bool:
    return isinstance(value, Sealed)


def outage(value: Outage) -> bool:
    return isinstance(value, Outage)


def maybe(value: int | None) -> bool:
    return value is None or type(value) is int


def numbers(value: list[int]) -> bool:
    return isinstance(value, list) and all(type(item) is int for item in value)


def cards(value: Sequence[Card]) -> bool:
    return all(isinstance(item, Card) for item in value)


def pair(value: tuple[str, int]) -> bool:
    return isinstance(value, tuple) and [type(item) for item in value] == [str, int]


def names(value: set[str]) -> bool:
    return isinstance(value, set) and all(isinstance(item, str) for item in value)


def frozen(value: frozenset[int]) -> bool:
    return isinstance(value, frozenset)


def prices(value: dict[str, Decimal]) -> bool:
    return all(isinstance(key, str) and isinstance(item, Decimal) for key, item in value.items())


def nested(value: Mapping[str, list[int]]) -> bool:
    return all(isinstance(item, list) for item in value.values())


def callback(value: Callable[[int], str]) -> bool:
    return isinstance(value(1), str)


def speaker(value: Speaker) -> bool:
    return callable(value.say)


def shape(value: Shape) -> bool:
    return callable(value.area)
'''
