"""Programs whose ends have to be judged: stable or not, meant or not, the same on a mock or not."""

VALUES = '''
"""Values that can or cannot be asserted."""
import datetime
import random
import time
import uuid
from dataclasses import dataclass, field


@dataclass
class Receipt:
    total: int
    number: str = field(default_factory=lambda: str(uuid.uuid4()))


class Basket:
    def __init__(self) -> None:
        self.items: list[str] = []

    def put(self, name: str) -> None:
        self.items.append(name)


class Point:
    def __init__(self, x: int) -> None:
        self.x = x
        self._secret = object()


def token() -> str:
    return str(uuid.uuid4())


def stamp() -> float:
    return time.time()


def chance() -> float:
    return random.random()


def today() -> datetime.date:
    return datetime.date.today()


def bag() -> list[str]:
    return list({"ada", "grace", "alan", "edsger", "barbara", "donald", "tony", "frances"})


def tags() -> set[str]:
    return {"ada", "grace"}


def ratio(part: int) -> float:
    return part / 3


def receipt(total: int) -> Receipt:
    return Receipt(total)


def parts(total: int) -> dict:
    return {"total": total, "number": str(uuid.uuid4())}


def point(x: int) -> Point:
    return Point(x)


def many() -> list[int]:
    return list(range(1000))


def nothing() -> None:
    return None


def broken_handle() -> None:
    raise ValueError(f"bad handle {object()!r}")


def long_complaint(name: str) -> None:
    raise ValueError(f"{name} " + "is not allowed here " * 10)


def random_complaint() -> None:
    raise ValueError(f"request {uuid.uuid4()} failed")


def sometimes() -> str:
    if datetime.date.today().toordinal() // 400 % 2:
        return "odd"
    raise ValueError("even")
'''

LEDGER = '''
"""Programs with a database."""
import uuid

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(20), default="plain")


class Entry(Base):
    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    book: Mapped[Book] = relationship()


class Ledger:
    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, name: str) -> Book | None:
        return self.session.scalars(select(Book).where(Book.name == name)).first()

    def rename(self, book_id: int, name: str) -> bool:
        book = self.session.get(Book, book_id)
        if book is None:
            return False
        book.name = name
        self.session.commit()
        return True

    def remove(self, book_id: int) -> bool:
        book = self.session.get(Book, book_id)
        if book is None:
            return False
        self.session.delete(book)
        self.session.commit()
        return True


def open_book(session: Session, name: str) -> str:
    session.add(Book(name=name))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return "taken"
    return "opened"


def is_saved(session: Session, name: str) -> str:
    book = Book(name=name)
    session.add(book)
    session.flush()
    if book.id is None:
        return "unsaved"
    return "saved"


def kind_of(session: Session, book_id: int) -> int:
    book = session.get(Book, book_id)
    if book is None:
        return 0
    if book.kind == "plain":
        return 1
    return 2


def holder(session: Session, entry_id: int) -> str:
    entry = session.get(Entry, entry_id)
    if entry is None:
        return "nobody"
    return entry.book.name


def draft(session: Session, name: str) -> None:
    session.add(Book(name=name))


def numbered(session: Session, name: str) -> str:
    book = Book(name=f"{name} {uuid.uuid4()}")
    session.add(book)
    session.commit()
    return book.kind
'''

BUGS = '''
"""Functions that crash on None, with and without anybody to blame."""
_STOCK = ("lamp", "lantern")
_SOURCE = None


class Shelf:
    def search(self, query: str, page: int = 1) -> list[str]:
        return [name for name in _STOCK if query in name]


def shout(text: str) -> str:
    return text.upper()


def whisper(text: str | None) -> str:
    return text.lower()


def refuse(text: str) -> str:
    if text is None:
        raise TypeError("text must not be None")
    return text.strip()


def always_broken(text: str) -> str:
    return _SOURCE[text]


def joined(first: str, second: str) -> str:
    return first.strip() + second.strip()


def label(text: str, names: dict) -> str:
    return names.get("lamp").upper() + (text or "")
'''

# Who calls them: a sentence of evidence is made from each, or none.
CALLERS = {
    "passes an optional value on": """
def route(query: str | None = None):
    return {call}
""",
    "passes two optional values on": """
def route(query: str | None = None, other: str | None = None):
    return {call}
""",
    "guards it": """
def route(query: str | None = None):
    if query is None:
        return []
    return {call}
""",
    "never has None": """
def route(query: str):
    return {call}
""",
    "calls something else": """
def route(query: str | None = None):
    return print(query)
""",
}

SURROUNDINGS = """
import math
import warnings


def fill(items: list[int]) -> int:
    items.append(7)
    return len(items)


def speak(name: str) -> int:
    print("hello")
    return 1


def old() -> int:
    warnings.warn("use the new one", DeprecationWarning, stacklevel=2)
    return 1


def unknown() -> float:
    return math.nan


class Stack:
    def __init__(self):
        self._items = [1, 2]

    def __len__(self):
        return len(self._items)

    def __iter__(self):
        return iter(self._items)

    def take(self) -> int:
        return self._items.pop()
"""
