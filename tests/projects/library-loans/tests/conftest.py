"""What the tests of the library share."""

from datetime import date

import pytest
from library.models import Base, Book, Member, MemberKind
from sqlalchemy import create_engine
from sqlalchemy.orm import Session


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def today():
    return date(2024, 5, 6)


@pytest.fixture
def member(session):
    member = Member(
        card_number="AB-1234", name="Rosa", email="rosa@example.org", kind=MemberKind.ADULT
    )
    session.add(member)
    session.commit()
    return member


@pytest.fixture
def book(session):
    book = Book(isbn="9780306406157", title="Relativity", copies=1)
    session.add(book)
    session.commit()
    return book
