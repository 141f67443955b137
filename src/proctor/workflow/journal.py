"""The record of runs, finished calls and events in SQLite, from which a later run takes what is already done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, RowMapping, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from proctor.errors import JournalError
from proctor.workflow.events import Event
from proctor.workflow.protocols import Agent
from proctor.workflow.records import JsonObject, RunRecord, RunStatus, Task, TaskResult, canonical_json
from proctor.workflow.tables import CALLS, EVENTS, METADATA, RUNS

_COSMETIC = frozenset({"id", "label", "phase"})
_REUSED = ("accepted", "degraded")


def call_key(task: Task, material: JsonObject, agent: Agent) -> str:
    """Return the hash of everything that decides a result, and of nothing that is only for people."""
    inputs = {name: value for name, value in task.inputs.items() if name not in _COSMETIC}
    parts = [task.kind, inputs, dict(material), agent.name, agent.version]
    return _digest(canonical_json(parts).encode())


class Journal:
    """An open journal; several threads may use one, and several processes one file."""

    def __init__(self, path: Path, connection: Connection) -> None:
        self.path = path
        self.damaged = 0
        self._connection = connection
        self._lock = RLock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the journal of a project, and make it when there is none."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return cls(path, _connect(path))
        except (OSError, SQLAlchemyError) as error:
            raise _unusable(path, error) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
            self._connection.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start_run(self, run_id: str, plan: str, at: float) -> None:
        """Record that a run begins, or that it goes on under its old id."""
        fresh = {"plan": plan, "status": "running", "started": at, "ended": None, "cause": ""}
        with self._transaction() as connection:
            known = connection.execute(select(RUNS.c.started).where(RUNS.c.run_id == run_id)).first()
            if known is None:
                connection.execute(RUNS.insert().values(run_id=run_id, **fresh))
            else:
                connection.execute(RUNS.update().where(RUNS.c.run_id == run_id).values(fresh | {"started": known[0]}))

    def end_run(self, run_id: str, status: RunStatus, at: float, cause: str = "") -> None:
        """Record how a run ended."""
        with self._transaction() as connection:
            connection.execute(
                RUNS.update().where(RUNS.c.run_id == run_id).values(status=status, ended=at, cause=cause)
            )

    def runs(self) -> tuple[RunRecord, ...]:
        """Return every run, the oldest first."""
        with self._transaction() as connection:
            rows = connection.execute(select(RUNS).order_by(RUNS.c.started, RUNS.c.run_id)).mappings().all()
        return tuple(RunRecord(**row) for row in rows)

    def record_result(self, key: str, occurrence: int, result: TaskResult) -> None:
        """Record how a call ended; entries are only added, so a failure never hides an earlier success."""
        content = canonical_json(result.to_json()).encode()
        with self._transaction() as connection:
            connection.execute(
                CALLS.insert().values(
                    key=key, occurrence=occurrence, status=result.status, content=content, digest=_digest(content)
                )
            )

    def find(self, key: str, occurrence: int) -> TaskResult | None:
        """Return the newest reusable result of a call; a damaged entry is counted and taken as missing."""
        wanted = (CALLS.c.key == key, CALLS.c.occurrence == occurrence, CALLS.c.status.in_(_REUSED))
        newest = select(CALLS.c.content, CALLS.c.digest).where(*wanted).order_by(CALLS.c.number.desc()).limit(1)
        with self._transaction() as connection:
            row = connection.execute(newest).mappings().first()
        return None if row is None else self._read(row)

    def record_event(self, event: Event, /) -> None:
        """Record an event; this method is an event sink."""
        with self._transaction() as connection:
            connection.execute(EVENTS.insert().values(run_id=event.run_id, content=_event_content(event)))

    def events(self, run_id: str) -> tuple[Event, ...]:
        """Return the events of a run, in the order in which they happened."""
        wanted = select(EVENTS.c.content).where(EVENTS.c.run_id == run_id).order_by(EVENTS.c.number)
        with self._transaction() as connection:
            rows = connection.execute(wanted).scalars().all()
        return tuple(event for row in rows if (event := self._read_event(row)) is not None)

    def _read(self, row: RowMapping) -> TaskResult | None:
        try:
            return _result(row)
        except ValueError:
            self._count_damage()
            return None

    def _read_event(self, content: bytes) -> Event | None:
        try:
            return Event.from_json(json.loads(content))
        except ValueError:
            self._count_damage()
            return None

    def _count_damage(self) -> None:
        with self._lock:
            self.damaged += 1

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._lock, self._connection.begin():
                yield self._connection
        except SQLAlchemyError as error:
            raise _unusable(self.path, error) from error


def _connect(path: Path) -> Connection:
    # a second process waits for its turn; the journal's own lock keeps the threads of this one apart
    options = {"timeout": 30, "check_same_thread": False}
    connection = create_engine(URL.create("sqlite", database=str(path)), connect_args=options).connect()
    try:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        METADATA.create_all(connection)
        connection.commit()
    except SQLAlchemyError:
        connection.close()
        connection.engine.dispose()
        raise
    return connection


def _result(row: Mapping[Any, Any]) -> TaskResult:
    if _digest(row["content"]) != row["digest"]:
        raise ValueError("the entry is not what was written")
    return TaskResult.from_json(json.loads(row["content"]))


def _event_content(event: Event) -> bytes:
    return canonical_json(event.to_json()).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unusable(path: Path, error: Exception) -> JournalError:
    reason = getattr(error, "orig", None) or error
    return JournalError(
        f"{path}: the journal cannot be used: {reason}",
        hint="check permissions and free space; if the file is damaged, move it away: finished calls then run again",
        slug="journal-unusable",
    )
