"""Reads the finished calls of a journal: all in one query, or one by one where a part of the file is damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select
from sqlalchemy.exc import DatabaseError, OperationalError

from proctor.workflow.finished import Address, Entry
from proctor.workflow.tables import CALLS

REUSED = ("accepted", "degraded")

_ADDRESS = (CALLS.c.key, CALLS.c.occurrence, CALLS.c.number, CALLS.c.digest)


class FinishedReader:
    """One look at the journal; the contents of the newest calls are kept up to a number of bytes."""

    def __init__(self, connection: Connection, most_bytes: int, count_damage: Callable[[], None]) -> None:
        self._connection = connection
        self._most_bytes = most_bytes
        self._count_damage = count_damage

    def entries(self) -> Iterator[tuple[Address, Entry]]:
        """Yield the reusable calls, the newest first."""
        try:
            yield from list(self._at_once())
        except OperationalError:
            raise
        except DatabaseError:  # a page that cannot be read ends a query, but only where the query comes to it
            self._connection.rollback()
            yield from self._one_by_one()

    def _at_once(self) -> Iterator[tuple[Address, Entry]]:
        kept, last = 0, None
        rows = self._connection.execute(_newest_first(select(*_ADDRESS, CALLS.c.content)))
        for key, occurrence, number, digest, content in rows:
            kept, last = kept + len(content), number
            yield (key, occurrence), Entry(number, digest, content)
            if kept > self._most_bytes:
                break
        rows.close()
        if kept > self._most_bytes:
            others = self._connection.execute(_newest_first(select(*_ADDRESS).where(CALLS.c.number < last)))
            for key, occurrence, number, digest in others:
                yield (key, occurrence), Entry(number, digest, None)

    def _one_by_one(self) -> Iterator[tuple[Address, Entry]]:
        for number in range(self._last_number(), 0, -1):
            row = self._row(number)
            if row is not None and row.status in REUSED:
                yield (row.key, row.occurrence), Entry(row.number, row.digest, None)

    def _last_number(self) -> int:
        return int(self._connection.execute(select(func.max(CALLS.c.number))).scalar_one() or 0)

    def _row(self, number: int) -> Row[Any] | None:
        query: Select[Any] = select(*_ADDRESS, CALLS.c.status).where(CALLS.c.number == number)
        try:
            return self._connection.execute(query).one_or_none()
        except DatabaseError:
            self._connection.rollback()
            self._count_damage()
            return None


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.where(CALLS.c.status.in_(REUSED)).order_by(CALLS.c.number.desc())
