"""Lending and taking back."""

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from library.models import Book, Loan, Member, MemberKind

LOAN_DAYS = 21
MAX_RENEWALS = 2
MAX_LOANS = {MemberKind.CHILD: 3, MemberKind.ADULT: 6, MemberKind.STAFF: 20}
FINE_PER_DAY = Decimal("0.20")
MAX_FINE = Decimal("10.00")


class LoanError(Exception):
    """The library cannot do that."""


def days_overdue(due_on: date, returned_on: date | None) -> int:
    """Return how many days a book was, or is, late; None means that it is not back yet."""
    late = (returned_on - due_on).days
    return max(late, 0)


def fine_for(days: int, kind: MemberKind = MemberKind.ADULT) -> Decimal:
    """Return what so many days cost; children pay half and staff nothing."""
    if days <= 0 or kind is MemberKind.STAFF:
        return Decimal("0.00")
    fine = min(FINE_PER_DAY * days, MAX_FINE)
    if kind is MemberKind.CHILD:
        fine = fine / 2
    return fine.quantize(Decimal("0.01"))


def copies_left(session: Session, book: Book) -> int:
    """Return how many copies are on the shelf."""
    out = session.scalar(
        select(func.count(Loan.id)).where(Loan.book_id == book.id, Loan.returned_on.is_(None))
    )
    return max(book.copies - (out or 0), 0)


def lend_book(session: Session, card_number: str, isbn: str, today: date | None = None) -> Loan:
    """Give a book to a member."""
    member = session.scalars(select(Member).where(Member.card_number == card_number)).first()
    if member is None:
        raise LoanError(f"no member has card {card_number}")
    if member.suspended:
        raise LoanError(f"card {card_number} is suspended")
    book = session.scalars(select(Book).where(Book.isbn == isbn)).first()
    if book is None:
        raise LoanError(f"there is no book {isbn}")
    current = open_loans(session, member.id)
    if len(current) >= MAX_LOANS[member.kind]:
        raise LoanError(f"card {card_number} has {len(current)} books out")
    if any(loan.book_id == book.id for loan in current):
        raise LoanError(f"card {card_number} has this book already")
    if copies_left(session, book) == 0:
        raise LoanError(f"all copies of {isbn} are out")
    day = today or date.today()
    loan = Loan(member_id=member.id, book_id=book.id, lent_on=day, renewals=0)
    loan.due_on = day + timedelta(days=LOAN_DAYS)
    session.add(loan)
    session.commit()
    return loan


def return_book(session: Session, loan_id: int, today: date | None = None) -> Decimal:
    """Take a book back and return the fine."""
    loan = session.get(Loan, loan_id)
    if loan is None:
        raise LoanError(f"there is no loan {loan_id}")
    if loan.returned_on is not None:
        raise LoanError(f"loan {loan_id} is back already")
    day = today or date.today()
    if day < loan.lent_on:
        raise ValueError("a book cannot come back before it was lent")
    member = session.get(Member, loan.member_id)
    kind = member.kind if member is not None else MemberKind.ADULT
    loan.returned_on = day
    loan.fine = fine_for(days_overdue(loan.due_on, day), kind)
    session.commit()
    return loan.fine


def renew_loan(session: Session, loan_id: int, today: date | None = None) -> date:
    """Let a member keep a book for longer and return the new day."""
    loan = session.get(Loan, loan_id)
    if loan is None or loan.returned_on is not None:
        raise LoanError(f"loan {loan_id} is not open")
    if loan.renewals >= MAX_RENEWALS:
        raise LoanError(f"loan {loan_id} was renewed {loan.renewals} times")
    day = today or date.today()
    if day > loan.due_on:
        raise LoanError(f"loan {loan_id} is overdue")
    loan.due_on = max(loan.due_on, day + timedelta(days=LOAN_DAYS))
    loan.renewals += 1
    session.commit()
    return loan.due_on


def open_loans(session: Session, member_id: int) -> list[Loan]:
    """Return what a member has at home, the most urgent first."""
    statement = select(Loan).where(Loan.member_id == member_id, Loan.returned_on.is_(None))
    return list(session.scalars(statement.order_by(Loan.due_on, Loan.id)).all())


def unpaid_fines(session, member_id):
    """Return the sum of a member's fines."""
    fines = session.scalars(select(Loan.fine).where(Loan.member_id == member_id)).all()
    return sum((fine for fine in fines if fine is not None), Decimal("0.00"))
