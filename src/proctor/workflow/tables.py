"""The tables of the journal, for every database that SQLAlchemy speaks to."""

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

# SQLAlchemy wants its catalogue to be built at import; nothing is added to it afterwards
METADATA = MetaData()

# options is what the run was started with, so that it can be resumed; summary is its census and what it spent
RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("plan", Text, nullable=False),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("cause", Text, nullable=False),
    Column("options", Text, nullable=False, server_default="{}"),
    Column("summary", Text, nullable=False, server_default="{}"),
)

# content is bytes, not text: a damaged text column could not even be read as far as its check sum
CALLS = Table(
    "calls",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(64), nullable=False, server_default=""),
    Column("key", String(64), nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False),
    Index("calls_by_run", "run_id"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(64), nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
)

# made once: the rows of one statement go to the database together
ADD_CALL = CALLS.insert()
ADD_EVENT = EVENTS.insert()
