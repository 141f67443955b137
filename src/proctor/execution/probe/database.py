"""A real in-memory SQLite database for targets that use SQLAlchemy: tables from the models, and what became of rows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .describe import Json, describe, path_of

if TYPE_CHECKING:  # the project may do without it
    from sqlalchemy import Column, Connection, MetaData
    from sqlalchemy.orm import Mapper, ORMExecuteState, Session

Rows = dict[str, dict[str, Json]]


def is_available() -> bool:
    """Whether the target's process has SQLAlchemy loaded."""
    return "sqlalchemy" in sys.modules and "sqlalchemy.orm" in sys.modules


def mapped_classes() -> list[Any]:
    """Every mapped class that the imported modules define, in a stable order."""
    if not is_available():
        return []
    found: dict[str, Any] = {}
    for module in list(sys.modules.values()):
        for member in list(getattr(module, "__dict__", {}).values()):
            if isinstance(member, type) and getattr(member, "__mapper__", None) is not None:
                found[path_of(member)] = member
    return [found[path] for path in sorted(found)]


def metadatas(classes: Iterable[Any]) -> list[MetaData]:
    """The distinct MetaData collections of the given mapped classes."""
    found: list[MetaData] = []
    for cls in classes:
        metadata = cls.__table__.metadata if hasattr(cls, "__table__") else cls.__mapper__.local_table.metadata
        if not any(metadata is known for known in found):
            found.append(metadata)
    return found


class Database:
    """One engine for a worker; every scenario gets empty tables and a session of its own."""

    def __init__(self, session_options: Mapping[str, bool]) -> None:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import StaticPool

        self.classes = mapped_classes()
        self.metadatas = metadatas(self.classes)
        self._options: dict[str, Any] = dict(session_options)
        self._engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
        for metadata in self.metadatas:
            metadata.create_all(self._engine)
        names = [table.name for metadata in self.metadatas for table in metadata.tables.values()]
        self._deletes = [f'DELETE FROM "{name}"' for name in sorted(set(names))]
        self._used = False
        self.trace: list[Json] = []

    def session(self) -> Session:
        """A new session on empty tables."""
        from sqlalchemy.orm import Session

        if self._used:
            self._empty()
        self._used = True
        self.trace = []
        return Session(self._engine, **self._options)

    def watch(self, session: Session) -> None:
        """Note commits and the columns that statements are filtered by."""
        from sqlalchemy import event

        @event.listens_for(session, "do_orm_execute")
        def _on_execute(state: ORMExecuteState) -> None:
            try:
                self.trace.extend(_tables(state))
                self.trace.extend(_filters(state.statement, _given(state.parameters)))
            except Exception:  # noqa: BLE001 - a statement of a kind that cannot be walked only costs its hints
                return

        @event.listens_for(session, "after_commit")
        def _on_commit(_session: Session) -> None:
            self.trace.append({"commit": True})

    def _empty(self) -> None:
        connection = self._engine.raw_connection()
        connection.rollback()
        for statement in self._deletes:
            connection.execute(statement)
        connection.commit()
        connection.close()

    def rows(self) -> Rows:
        """All rows as {class path: {primary key text: {column: expression}}}, read past any session."""
        found: Rows = {}
        with self._engine.connect() as connection:
            for cls in self.classes:
                found[path_of(cls)] = _rows_of(connection, cls)
        return found


def _rows_of(connection: Connection, cls: Any) -> dict[str, Json]:  # noqa: ANN401 - a mapped class
    from sqlalchemy import select

    mapper = cls.__mapper__
    table = mapper.local_table
    names = {column.name: _attribute_name(mapper, column) for column in table.columns}
    rows: dict[str, Json] = {}
    for row in connection.execute(select(table)).mappings():
        key = ",".join(str(row[column.name]) for column in table.primary_key.columns)
        rows[key] = {names[name]: describe(value) for name, value in row.items() if name in names}
    return rows


def _attribute_name(mapper: Mapper[Any], column: Column[Any]) -> str:
    try:
        return mapper.get_property_by_column(column).key
    except Exception:  # noqa: BLE001 - a column that no attribute maps is shown under its own name
        return column.name


def _tables(state: ORMExecuteState) -> Iterator[Json]:
    for mapper in state.all_mappers:
        table: Any = mapper.local_table
        yield {"table": table.name, "column": "", "op": "from", "value": {"t": "lit", "v": None}}


def _given(parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - one mapping, or several for many rows
    """The values that a statement was given beside it, as a look-up by primary key is."""
    return parameters if isinstance(parameters, Mapping) else {}


def _filters(statement: Any, given: Mapping[str, Any]) -> Iterator[Json]:  # noqa: ANN401 - a statement of any kind
    from sqlalchemy.sql import operators, visitors
    from sqlalchemy.sql.elements import BinaryExpression, BindParameter

    names = {
        operators.eq: "==",
        operators.ne: "!=",
        operators.lt: "<",
        operators.le: "<=",
        operators.gt: ">",
        operators.ge: ">=",
        operators.in_op: "in",
        operators.like_op: "like",
        operators.ilike_op: "like",
    }
    for element in visitors.iterate(statement):
        if not isinstance(element, BinaryExpression) or element.operator not in names:
            continue
        column, bound = element.left, element.right
        if isinstance(bound, BindParameter) and getattr(column, "table", None) is not None:
            yield {
                "table": getattr(column.table, "name", ""),
                "column": column.key,
                "op": names[element.operator],
                "value": describe(given.get(bound.key, bound.value)),
            }
