"""Written after the complaint about the fine for a book that came back on its last day."""

from datetime import timedelta
from decimal import Decimal

import pytest
from library.loans import LoanError, lend_book, return_book


def test_a_book_that_comes_back_on_its_last_day_costs_nothing(session, member, book, today):
    loan = lend_book(session, member.card_number, book.isbn, today)

    assert return_book(session, loan.id, loan.due_on) == Decimal("0.00")


def test_three_days_late_cost_three_times_twenty_cents(session, member, book, today):
    loan = lend_book(session, member.card_number, book.isbn, today)

    assert return_book(session, loan.id, loan.due_on + timedelta(days=3)) == Decimal("0.60")


def test_a_book_cannot_come_back_twice(session, member, book, today):
    loan = lend_book(session, member.card_number, book.isbn, today)
    return_book(session, loan.id, today)

    with pytest.raises(LoanError, match="is back already"):
        return_book(session, loan.id, today)
