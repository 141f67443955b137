"""Reminders for books that are late or will be soon."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from library.mailer import MailError
from library.models import Book, Loan, Member


@dataclass(frozen=True)
class DueLoan:
    """A loan that somebody has to be reminded of."""

    title: str
    member_name: str
    email: str | None
    due_on: date


class LoanRepository(Protocol):
    """Where due loans come from."""

    def due_before(self, day: date) -> list[DueLoan]:
        """Return the open loans that are due before a day."""


class Mailer(Protocol):
    """How reminders go out."""

    def send(self, recipient: str, subject: str, text: str) -> None:
        """Send one mail."""


@dataclass(frozen=True)
class ReminderResult:
    """How many reminders went out, could not, or had no address to go to."""

    sent: int
    failed: int
    without_address: int


class SqlLoanRepository:
    """Due loans from the database."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def due_before(self, day: date) -> list[DueLoan]:
        """Return the open loans that are due before a day, the latest first."""
        statement = (
            select(Book.title, Member.name, Member.email, Loan.due_on)
            .select_from(Loan)
            .join(Book, Book.id == Loan.book_id)
            .join(Member, Member.id == Loan.member_id)
            .where(Loan.returned_on.is_(None), Loan.due_on < day)
            .order_by(Loan.due_on, Loan.id)
        )
        return [DueLoan(*row) for row in self.session.execute(statement).all()]


class ReminderService:
    """Writes to members."""

    def __init__(self, repository: LoanRepository, mailer: Mailer) -> None:
        self.repository = repository
        self.mailer = mailer

    def send_reminders(self, today: date, days_ahead: int = 2) -> ReminderResult:
        """Remind everybody whose books are late, or due within the next days."""
        if not 0 <= days_ahead <= 30:
            raise ValueError("days_ahead must be between 0 and 30")
        sent = failed = without_address = 0
        for loan in self.repository.due_before(today + timedelta(days=days_ahead + 1)):
            if not loan.email:
                without_address += 1
                continue
            try:
                self.mailer.send(loan.email, self.subject(loan, today), self.text(loan))
            except (MailError, ValueError):
                failed += 1
            else:
                sent += 1
        return ReminderResult(sent, failed, without_address)

    @staticmethod
    def subject(loan: DueLoan, today: date) -> str:
        """Return a subject that says how urgent it is."""
        days = (loan.due_on - today).days
        if days < 0:
            return f"Overdue: {loan.title}"
        if days == 0:
            return f"Due today: {loan.title}"
        return f"Due soon: {loan.title}"

    @staticmethod
    def text(loan: DueLoan) -> str:
        """Return the text of a reminder."""
        return f"Dear {loan.member_name},\n\nplease bring back {loan.title!r} by {loan.due_on:%d %B %Y}.\n"
