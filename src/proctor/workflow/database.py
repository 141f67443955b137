"""The database under the journal: how it is opened, brought up to date, and what its failures mean to the user."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.schema import CreateColumn

from proctor.errors import JournalError
from proctor.workflow.tables import METADATA

_SQLITE_FULL = 2


class Database:
    """An engine of SQLAlchemy that was tried, with the tables of the journal in it."""

    def __init__(self, place: str, engine: Engine) -> None:
        self.place = place
        self._engine = engine

    @classmethod
    def open(cls, place: Path | str, *, is_synced: bool) -> Self:
        """Open a path as SQLite, a URL as what it names, and make the tables that are missing."""
        url = _url(place)
        shown = url.database or "" if url.drivername == "sqlite" else url.render_as_string()
        try:
            _make_folder(url)
            database = cls(shown, _engine(url, is_synced=is_synced))
            database._bring_up_to_date()
        except (OSError, SQLAlchemyError, ImportError) as error:
            raise _unusable(shown, error) from error
        return database

    def connect(self) -> Connection:
        """Return a connection, to be used as a `with` block."""
        return self._engine.connect()

    def connect_to_write(self) -> Connection:
        """Return the connection of the one writer."""
        return self._engine.connect()

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def is_synced(self, connection: Connection) -> bool:
        """Tell whether a commit waits for the disk."""
        if connection.dialect.name == "sqlite":
            return bool(connection.exec_driver_sql("PRAGMA synchronous").scalar_one() >= _SQLITE_FULL)
        return bool(connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() != "off")

    def explain(self, error: Exception) -> JournalError:
        """Return what a failure of the database means to the user."""
        return _unusable(self.place, error)

    def _bring_up_to_date(self) -> None:
        try:
            try:
                self._make_tables()
            except SQLAlchemyError:  # another process made them between the look and the making
                self._make_tables()
        except SQLAlchemyError:
            self._engine.dispose()
            raise

    def _make_tables(self) -> None:
        with self._engine.begin() as connection:
            METADATA.create_all(connection)
            _add_missing_columns(connection)


def _url(place: Path | str) -> URL:
    if isinstance(place, Path) or "://" not in place:
        return URL.create("sqlite", database=str(place))
    try:
        return make_url(place)
    except ArgumentError as error:
        raise _unusable("the journal's URL", error) from None


def _make_folder(url: URL) -> None:
    if url.drivername == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _engine(url: URL, *, is_synced: bool) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    # a second process waits for its turn; the writer hands its connection to a thread of its own
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", lambda connection, _record: _set_up_sqlite(connection, is_synced=is_synced))
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, *, is_synced: bool) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={'FULL' if is_synced else 'NORMAL'}")


def _add_missing_columns(connection: Connection) -> None:
    """Give a journal of an earlier version the columns that came later; each has a default."""
    inspector = inspect(connection)
    for table in METADATA.sorted_tables:
        known = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                text = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {text}")


def _unusable(place: str, error: Exception) -> JournalError:
    reason: Any = getattr(error, "orig", None) or error
    return JournalError(
        f"{place}: the journal cannot be used: {reason}",
        hint="check permissions and free space; if the file is damaged, move it away: finished calls then run again",
        slug="journal-unusable",
    )
