"""Library cards."""

import re

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from library.loans import open_loans, unpaid_fines
from library.models import Member, MemberKind

CARD_NUMBER = re.compile(r"[A-Z]{2}-[0-9]{4,8}")


def add_member(
    session,
    card_number: str,
    name: str,
    email: str | None = None,
    birth_year: int | None = None,
    year: int = 2024,
) -> Member:
    """Hand out a library card."""
    if not CARD_NUMBER.fullmatch(card_number):
        raise ValueError(f"{card_number!r} is not a card number")
    if not name.strip():
        raise ValueError("a member needs a name")
    kind = MemberKind.ADULT
    if birth_year is not None and year - birth_year < 14:
        kind = MemberKind.CHILD
    member = Member(
        card_number=card_number, name=name.strip(), email=email or None, kind=kind, suspended=False
    )
    session.add(member)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise ValueError(f"card {card_number} is in use") from None
    return member


def find_member(session, card_number):
    """Return the member with a card, or None."""
    return session.scalars(select(Member).where(Member.card_number == card_number)).first()


def suspend_member(session, card_number, limit=5):
    """Suspend a member who owes more than the limit; say whether it came to that."""
    member = find_member(session, card_number)
    if member is None or member.kind is MemberKind.STAFF:
        return False
    if unpaid_fines(session, member.id) <= limit:
        return False
    member.suspended = True
    session.commit()
    return True


def remove_member(session, card_number: str) -> None:
    """Take a card back, with its history; whoever still has books keeps it."""
    member = find_member(session, card_number)
    if member is None:
        raise LookupError(f"no member has card {card_number}")
    if open_loans(session, member.id):
        raise ValueError(f"card {card_number} still has books out")
    for loan in list(member.loans):
        session.delete(loan)
    session.delete(member)
    session.commit()
