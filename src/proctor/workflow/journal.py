"""The record of runs, finished calls and events, from which a later run takes what is already done.

SQLite in WAL mode by a path, any other database of SQLAlchemy by its URL. One thread writes; whoever reads has a
connection of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

from sqlalchemy import Connection, Row, Select, Update, select
from sqlalchemy.exc import SQLAlchemyError

from proctor.errors import JournalError
from proctor.workflow.carrying import CarriedRun, StoredCall
from proctor.workflow.database import Database
from proctor.workflow.events import Event
from proctor.workflow.finished import Finished, content_digest, read_entry
from proctor.workflow.finished_reader import REUSED, FinishedReader
from proctor.workflow.journal_writer import JournalWriter
from proctor.workflow.protocols import Agent
from proctor.workflow.records import JsonObject, RunRecord, RunStatus, Task, TaskResult, Usage, canonical_json
from proctor.workflow.tables import ADD_CALL, ADD_EVENT, CALLS, EVENTS, RUNS

Durability: TypeAlias = Literal["normal", "full"]
"""normal survives the death of the process; full also survives a loss of power, at the price of a sync to disk."""

_COSMETIC = frozenset({"id", "label", "phase"})
# what is kept in memory of finished calls at the start of a run; the rest is read call by call
_KEPT_BYTES = 32 * 1024 * 1024


def call_key(task: Task, material: JsonObject, agent: Agent) -> str:
    """Return the hash of everything that decides a result, and of nothing that is only for people."""
    inputs = {name: value for name, value in task.inputs.items() if name not in _COSMETIC}
    parts = [task.kind, inputs, dict(material), agent.name, agent.version]
    return content_digest(canonical_json(parts).encode())


class Journal:
    """An open journal; several threads may use one, and several processes one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = JournalWriter(database.connect_to_write(), database.explain)
        self._lock = Lock()
        self.damaged = 0

    @classmethod
    def open(cls, place: Path | str, durability: Durability = "normal") -> Self:
        """Open the journal at a path or URL, and make it when there is none."""
        return cls(Database.open(place, is_synced=durability == "full"))

    @property
    def place(self) -> str:
        """Return the path or the URL, without a password."""
        return self._database.place

    @property
    def is_synced(self) -> bool:
        """Tell whether what is committed is on the disk itself; asked of the database, not of the settings."""
        with self._reading() as connection:
            return self._database.is_synced(connection)

    def flush(self) -> None:
        """Return when everything that was told is written."""
        self._writer.flush()

    def close(self) -> None:
        """Write what waits, and let go of the database."""
        self._writer.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # --- runs

    def start_run(self, run_id: str, plan: str, at: float, options: JsonObject | None = None) -> None:
        """Record that a run begins, or that it goes on under its old id."""
        fresh = {
            "plan": plan,
            "status": "running",
            "ended": None,
            "cause": "",
            "options": canonical_json(options or {}),
        }

        def write(connection: Connection) -> None:
            known = connection.execute(RUNS.update().where(RUNS.c.run_id == run_id).values(fresh))
            if known.rowcount == 0:
                connection.execute(RUNS.insert().values(run_id=run_id, started=at, **fresh))

        self._writer.carry_out(write)

    def end_run(
        self, run_id: str, status: RunStatus, at: float, cause: str = "", summary: JsonObject | None = None
    ) -> None:
        """Record how a run ended; everything that it told before is written by then."""
        values = {"status": status, "ended": at, "cause": cause, "summary": canonical_json(summary or {})}
        statement = RUNS.update().where(RUNS.c.run_id == run_id).values(values)
        self._writer.carry_out(lambda connection: _execute(connection, statement))
        self._writer.flush()

    def runs(self) -> tuple[RunRecord, ...]:
        """Return every run, the oldest first."""
        rows = self._read(select(RUNS).order_by(RUNS.c.started, RUNS.c.run_id))
        return tuple(_run_record(row) for row in rows)

    def run(self, run_id: str) -> RunRecord | None:
        """Return what is known of one run."""
        rows = self._read(select(RUNS).where(RUNS.c.run_id == run_id))
        return _run_record(rows[0]) if rows else None

    def spent(self, run_id: str) -> tuple[Usage, int]:
        """Return what the finished calls of a run have cost, and how many they are."""
        calls = [call for row in self._read(select(CALLS).where(CALLS.c.run_id == run_id)) if (call := _sound(row))]
        return sum((call.usage for call in calls), Usage()), len(calls)

    # --- runs as files

    def carried(self, run_id: str) -> CarriedRun | None:
        """Return a run with everything that resuming it elsewhere needs; None when there is no such run."""
        run, events = self.run(run_id), self.events(run_id)
        if run is None:
            return None
        used = {(event.data.get("key"), event.data.get("occurrence")) for event in events if event.kind == "task-ended"}
        rows = self._read(select(CALLS).where(CALLS.c.status.in_(REUSED)).order_by(CALLS.c.number))
        calls = [_stored_call(row) for row in rows if row.run_id == run_id or (row.key, row.occurrence) in used]
        whole = tuple(call for call in calls if call.is_whole)
        return CarriedRun(run, whole, events, len(calls) - len(whole))

    def take_over(self, carried: CarriedRun) -> None:
        """Add a run of another journal; a run of the same id is replaced, finished calls are only added."""
        run_id = carried.run.run_id
        values = carried.run.to_json()
        values |= {name: canonical_json(values[name]) for name in ("options", "summary")}
        calls = [call.to_json() | {"content": call.content.encode(), "run_id": run_id} for call in carried.calls]
        events = [{"run_id": run_id, "content": event.to_json_bytes()} for event in carried.events]

        def write(connection: Connection) -> None:
            for table in (RUNS, EVENTS):
                connection.execute(table.delete().where(table.c.run_id == run_id))
            connection.execute(RUNS.insert().values(values))
            for statement, rows in ((ADD_CALL, calls), (ADD_EVENT, events)):
                if rows:
                    connection.execute(statement, rows)

        self._writer.carry_out(write)

    # --- calls

    async def record_result(self, run_id: str, key: str, occurrence: int, result: TaskResult) -> None:
        """Record how a call ended, and return when that is committed; entries are only added, never replaced."""
        content = result.to_json_bytes()
        row = {
            "run_id": run_id,
            "key": key,
            "occurrence": occurrence,
            "status": result.status,
            "content": content,
            "digest": content_digest(content),
        }
        await self._writer.commit(ADD_CALL, row)

    def finished(self) -> Finished:
        """Return the reusable results of all runs, read in one go, the newest of each call."""
        with self._reading() as connection:
            entries = list(FinishedReader(connection, _KEPT_BYTES, self._count_damage).entries())
        return Finished(entries, self._content, self._count_damage)

    def _content(self, number: int) -> bytes | None:
        try:
            rows = self._read(select(CALLS.c.content).where(CALLS.c.number == number))
        except JournalError:  # a damaged page: whoever asks finds that the check sum does not fit
            return None
        return rows[0][0] if rows else None

    # --- events

    def record_event(self, event: Event, /) -> None:
        """Record an event with the next transaction; this method is an event sink."""
        self._writer.add(ADD_EVENT, {"run_id": event.run_id, "content": event.to_json_bytes()})

    def events(self, run_id: str) -> tuple[Event, ...]:
        """Return the events of a run, in the order in which they happened."""
        rows = self._read(select(EVENTS.c.content).where(EVENTS.c.run_id == run_id).order_by(EVENTS.c.number))
        return tuple(event for (content,) in rows if (event := self._read_event(content)) is not None)

    def _read_event(self, content: bytes) -> Event | None:
        try:
            return Event.from_json_bytes(content)
        except ValueError:
            self._count_damage()
            return None

    def _count_damage(self) -> None:
        with self._lock:
            self.damaged += 1

    def _read(self, statement: Select[Any]) -> list[Row[Any]]:
        self._writer.flush()
        with self._reading() as connection:
            return list(connection.execute(statement).all())

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._database.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._database.explain(error) from error


def _sound(row: Row[Any]) -> TaskResult | None:
    try:
        return read_entry(row.content, row.digest)
    except ValueError:
        return None


def _stored_call(row: Row[Any]) -> StoredCall:
    return StoredCall(row.key, row.occurrence, row.status, row.content.decode(errors="replace"), row.digest)


def _execute(connection: Connection, statement: Update) -> None:
    connection.execute(statement)


def _run_record(row: Row[Any]) -> RunRecord:
    values = dict(row._mapping)
    return RunRecord(**values | {"options": json.loads(values["options"]), "summary": json.loads(values["summary"])})
