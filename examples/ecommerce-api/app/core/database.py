"""The declarative base and the way to a session; nothing connects before one is asked for."""

from collections.abc import Iterator
from functools import lru_cache

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.core.config import database_url

SessionLocal = sessionmaker(autoflush=True)


class Base(DeclarativeBase):
    """The base of all models."""


@lru_cache(maxsize=1)
def get_engine() -> Engine:
    """Return the engine of this process."""
    return create_engine(database_url())


def get_db() -> Iterator[Session]:
    """Yield a session for one request and close it afterwards."""
    with SessionLocal(bind=get_engine()) as db:
        yield db


def create_tables() -> None:
    """Create the tables of all models that have been imported."""
    Base.metadata.create_all(get_engine())
