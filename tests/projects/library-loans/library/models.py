"""The tables of the library."""

import enum

from sqlalchemy import Boolean, Column, Date, Enum, ForeignKey, Integer, Numeric, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class MemberKind(enum.Enum):
    """Who a member is; decides how many books may be out at once."""

    CHILD = "child"
    ADULT = "adult"
    STAFF = "staff"


class Member(Base):
    """Somebody with a library card."""

    __tablename__ = "member"

    id = Column(Integer, primary_key=True)
    card_number = Column(String(12), unique=True, nullable=False)
    name = Column(String(100), nullable=False)
    email = Column(String(200))
    kind = Column(Enum(MemberKind), nullable=False, default=MemberKind.ADULT)
    suspended = Column(Boolean, nullable=False, default=False)

    loans = relationship("Loan", back_populates="member")


class Book(Base):
    """A title, and how many copies of it there are."""

    __tablename__ = "book"

    id = Column(Integer, primary_key=True)
    isbn = Column(String(13), unique=True, nullable=False)
    title = Column(String(200), nullable=False)
    copies = Column(Integer, nullable=False, default=1)

    loans = relationship("Loan", back_populates="book")


class Loan(Base):
    """A book that is out, or was."""

    __tablename__ = "loan"

    id = Column(Integer, primary_key=True)
    member_id = Column(Integer, ForeignKey("member.id"), nullable=False)
    book_id = Column(Integer, ForeignKey("book.id"), nullable=False)
    lent_on = Column(Date, nullable=False)
    due_on = Column(Date, nullable=False)
    returned_on = Column(Date)
    renewals = Column(Integer, nullable=False, default=0)
    fine = Column(Numeric(8, 2))

    member = relationship("Member", back_populates="loans")
    book = relationship("Book", back_populates="loans")
