"""The tables of the journal, for every database that SQLAlchemy speaks to."""

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

# SQLAlchemy wants its catalogue to be built at import; nothing is added to it afterwards
METADATA = MetaData()

RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("plan", Text, nullable=False),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("cause", Text, nullable=False),
)

# content is bytes, not text: a damaged text column could not even be read as far as its check sum
CALLS = Table(
    "calls",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False),
    Index("calls_by_key", "key", "occurrence"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(64), nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
)
