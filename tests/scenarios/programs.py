"""Programs of a few lines, each with a branch that one technique of the search finds."""

PLAIN = '''
"""Small programs."""
import enum
import re
import subprocess
from dataclasses import dataclass
from decimal import Decimal


def opens(word: str) -> bool:
    if word == "sesame-7f3a":
        return True
    return False


def is_answer(number: int) -> str:
    if number == 738_219:
        return "the answer"
    return "no"


def opens_whispered(word: str) -> bool:
    if word.strip().lower() == "alohomora":
        return True
    return False


def fits_exactly(code: str) -> bool:
    if len(code) == 37:
        return True
    return False


def tariff(units: int) -> str:
    cost = units * 7 + 13
    if cost == 1_483_215:
        return "jackpot"
    return "ordinary"


def is_bulk(units: int, price: Decimal) -> str:
    subtotal = units * price
    total = subtotal - subtotal / 10
    if total > 9_000_000_000:
        return "bulk"
    return "retail"


def pigment(colour: str) -> str:
    if colour in ("ultramarine", "vermilion"):
        return "precious"
    return "cheap"


_FEES = {"silver tier": 3, "golden tier": 9}


def fee(tier: str) -> int:
    amount = _FEES.get(tier)
    if amount is None:
        return 0
    return amount


def capital(country: str) -> str:
    return {"norway": "Oslo", "peru": "Lima"}[country]


def is_serial(text: str) -> bool:
    if re.fullmatch(r"[A-Z]{2}-[0-9]{4}/x", text):
        return True
    return False


def describe(value: object):
    if isinstance(value, Decimal):
        return "exact"
    if isinstance(value, tuple):
        return "several"
    return "other"


def retries(options: dict) -> str:
    if options["attempt_limit"] == "unlimited":
        return "for ever"
    return "some"


def scheme(text: str) -> str:
    if text.startswith("urn:"):
        return "urn"
    if text.isupper():
        return "shouted"
    if text.endswith(".tar.gz"):
        return "archive"
    return "text"


class Phase(enum.Enum):
    SOLID = "solid"
    LIQUID = "liquid"
    PLASMA = "plasma"


def is_rare(phase: Phase) -> bool:
    if phase is Phase.PLASMA:
        return True
    return False


@dataclass
class Place:
    country: str
    floor: int


@dataclass
class Person:
    name: str
    place: Place


def postage(person: Person) -> int:
    if person.place.country == "Liechtenstein":
        if person.place.floor > 41:
            return 99
        return 20
    return 5


def ping(host: str) -> str:
    try:
        reply = subprocess.run(["ping", host])
    except FileNotFoundError:
        return "no ping here"
    if reply.returncode == 68:
        return "unknown host"
    return "some answer"


def longest(words: list[str]) -> str:
    found = ""
    for word in words:
        if len(word) > len(found):
            found = word
    return found


def greet(name: str, *, loudly: bool = False, times: int = 1) -> str:
    text = f"hello {name}"
    if loudly:
        text = text.upper()
    return text * times


class Turnstile:
    """Lets one person through for a coin."""

    def __init__(self) -> None:
        self._coins = 0

    def pay(self) -> None:
        self._coins += 1

    def push(self) -> str:
        if self._coins:
            self._coins -= 1
            return "through"
        return "blocked"
'''

DATABASE = '''
"""Small programs with a database."""
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Patron(Base):
    __tablename__ = "patrons"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(80), unique=True)
    rank: Mapped[str] = mapped_column(String(20))


class Voucher(Base):
    __tablename__ = "vouchers"
    id: Mapped[int] = mapped_column(primary_key=True)
    percent: Mapped[int]


class Ticket(Base):
    __tablename__ = "tickets"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    patron_id: Mapped[int] = mapped_column(ForeignKey("patrons.id"))
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("vouchers.id"))
    voucher: Mapped[Voucher | None] = relationship()


class Gatekeepers:
    def __init__(self, session: Session) -> None:
        self.session = session

    def count_wardens(self) -> str:
        wardens = self.session.scalars(select(Patron).where(Patron.rank == "warden of the north")).all()
        if wardens:
            return "guarded"
        return "open"


def enrol(session: Session, email: str) -> Patron:
    known = session.scalars(select(Patron).where(Patron.email == email)).first()
    if known is not None:
        raise ValueError(f"{email} is taken")
    patron = Patron(email=email, rank="novice")
    session.add(patron)
    session.commit()
    return patron


def enrol_boldly(session: Session, email: str) -> str:
    session.add(Patron(email=email, rank="novice"))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return "taken"
    return "enrolled"


def price(session: Session, ticket_id: int) -> int:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        raise LookupError(f"no ticket {ticket_id}")
    if ticket.voucher:
        if ticket.voucher.percent > 60:
            return 1
        return 50
    return 100


def move(session: Session, ticket_id: int, state: str) -> str:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        raise LookupError("no such ticket")
    if ticket.state == "punched" and state == "refunded":
        raise ValueError("a punched ticket is not refunded")
    ticket.state = state
    session.commit()
    return ticket.state


def archive(session: Session, ticket_id: int) -> bool:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        return False
    ticket.state = "archived"
    try:
        session.commit()
    except OperationalError:
        session.rollback()
        return False
    return True
'''
