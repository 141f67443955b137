"""The thread that alone writes the journal: everything that waits for it goes into one transaction."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias

from sqlalchemy import Connection, Insert

from proctor.errors import JournalError

Work: TypeAlias = Callable[[Connection], None]
Waiter: TypeAlias = "asyncio.Future[None] | Future[None]"

# one transaction takes so many entries at most, so that the first of them is not kept waiting for the last
_GROUP = 4096


@dataclass(frozen=True, slots=True)
class _Entry:
    work: Work | None = None
    statement: Insert | None = None
    row: Mapping[str, Any] | None = None
    waiter: Waiter | None = None


class JournalWriter:
    """Takes rows from any thread; whoever waits for one goes on when it is committed."""

    def __init__(self, connection: Connection, explain: Callable[[Exception], JournalError]) -> None:
        self._connection = connection
        self._explain = explain
        self._unseen: JournalError | None = None
        self._is_closed = False
        self._queue: SimpleQueue[_Entry | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="journal", daemon=True)
        self._thread.start()

    def add(self, statement: Insert, row: Mapping[str, Any]) -> None:
        """Write a row with the next transaction and do not wait for it; `flush` tells whether that went well."""
        self._put(_Entry(statement=statement, row=row))

    async def commit(self, statement: Insert, row: Mapping[str, Any]) -> None:
        """Write a row and wait until it is committed."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(_Entry(statement=statement, row=row, waiter=waiter))
        await waiter

    def carry_out(self, work: Work) -> None:
        """Let something be done on the connection, inside the next transaction, and wait until it is committed."""
        waiter: Future[None] = Future()
        self._put(_Entry(work=work, waiter=waiter))
        waiter.result()

    def flush(self) -> None:
        """Wait for everything that was added, and raise what went wrong with it."""
        self.carry_out(_nothing)
        failure, self._unseen = self._unseen, None
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Write what waits and end the thread."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
            self._thread.join()
            self._connection.close()

    def _put(self, entry: _Entry) -> None:
        if self._is_closed:  # nobody would ever answer
            raise self._explain(ValueError("it is closed already"))
        self._queue.put(entry)

    def _serve(self) -> None:
        while (entries := self._next_group()) is not None:
            try:
                with self._connection.begin():
                    self._write(entries)
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait have to hear of it
                self._tell(entries, self._explain(error))
            else:
                self._tell(entries, None)

    def _next_group(self) -> Sequence[_Entry] | None:
        first = self._queue.get()
        if first is None:
            return None
        return [first, *self._waiting_now()]

    def _waiting_now(self) -> Iterator[_Entry]:
        for _ in range(_GROUP):
            try:
                entry = self._queue.get_nowait()
            except Empty:
                return
            if entry is None:
                self._queue.put(None)
                return
            yield entry

    def _write(self, entries: Sequence[_Entry]) -> None:
        rows: dict[Insert, list[Mapping[str, Any]]] = {}
        for entry in entries:
            if entry.statement is not None and entry.row is not None:
                rows.setdefault(entry.statement, []).append(entry.row)
            elif entry.work is not None:
                self._insert(rows)
                entry.work(self._connection)
        self._insert(rows)

    def _insert(self, rows: dict[Insert, list[Mapping[str, Any]]]) -> None:
        for statement, group in rows.items():
            self._connection.execute(statement, group)
        rows.clear()

    def _tell(self, entries: Sequence[_Entry], failure: JournalError | None) -> None:
        waiters = [entry.waiter for entry in entries if entry.waiter is not None]
        if failure is not None and len(waiters) < len(entries):
            self._unseen = self._unseen or failure
        by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
        for waiter in waiters:
            if isinstance(waiter, Future):
                _settle([waiter], failure)
            else:
                by_loop[waiter.get_loop()].append(waiter)
        for loop, group in by_loop.items():
            _settle_in(loop, group, failure)


def _nothing(_connection: Connection) -> None:
    pass


def _settle_in(
    loop: asyncio.AbstractEventLoop, waiters: Sequence[asyncio.Future[None]], failure: JournalError | None
) -> None:
    try:
        loop.call_soon_threadsafe(_settle, waiters, failure)
    except RuntimeError:  # the loop was closed while we wrote: nobody is left who could be told
        return


def _settle(waiters: Sequence[Waiter], failure: JournalError | None) -> None:
    for waiter in waiters:
        if waiter.done():  # cancelled meanwhile
            continue
        if failure is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(failure)
