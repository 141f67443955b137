"""Targets with models get a real database of their own: empty for each scenario, and read back afterwards."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from proctor.execution.child import ChildSettings
from proctor.execution.expressions import Call, Expression, Items, Literal, Name, Symbol
from proctor.execution.records import ColumnReport, Filter, Observation, Problem, RelationshipReport, TargetReport
from proctor.execution.target_process import LoadRequest, TargetProcess
from proctor.scenarios.scenario import Argument, Binding, MockCall, Outcome, Scenario, Step

Write = Callable[[str, str], Path]

MODELS = """
    import enum
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import ForeignKey, Numeric, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

    class Base(DeclarativeBase):
        pass

    class State(enum.Enum):
        OPEN = "open"
        DONE = "done"

    class Owner(Base):
        __tablename__ = "owners"
        id: Mapped[int] = mapped_column(primary_key=True)
        email: Mapped[str] = mapped_column(String(40), unique=True)
        jobs: Mapped[list["Job"]] = relationship(back_populates="owner")

    class Job(Base):
        __tablename__ = "jobs"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))
        state: Mapped[State] = mapped_column(default=State.OPEN)
        price: Mapped[Decimal] = mapped_column("amount", Numeric(8, 2))
        ended: Mapped[datetime | None]
        owner: Mapped[Owner] = relationship(back_populates="jobs")

    Local = sessionmaker(autoflush=False, expire_on_commit=False)
"""
JOBS = """
    from models import Job, Owner, State

    def finish(session, job_id):
        job = session.query(Job).filter(Job.id == job_id, Job.price >= 1).first()
        if job is None:
            return None
        job.state = State.DONE
        session.commit()
        return job.state

    def sketch(session, job_id):
        session.get(Job, job_id).state = State.DONE
        session.flush()

    def enter(session, email):
        session.add(Owner(email=email))
        session.commit()
        return session.query(Owner).count()

    def touch(session):
        session.query(Owner).all()
        raise LookupError("after a look")
"""


@pytest.fixture
def load(settings: ChildSettings, write: Write) -> Iterator[Callable[[], tuple[TargetProcess, TargetReport]]]:
    """Load a module of functions that work on two related models."""
    with ExitStack() as stack:

        def load_jobs() -> tuple[TargetProcess, TargetReport]:
            write("models.py", MODELS)
            write("jobs.py", JOBS)
            target = stack.enter_context(TargetProcess(settings, LoadRequest("jobs")))
            return target, target.load()

        yield load_jobs


@pytest.fixture
def target(load: Callable[[], tuple[TargetProcess, TargetReport]]) -> TargetProcess:
    return load()[0]


@pytest.fixture
def report(load: Callable[[], tuple[TargetProcess, TargetReport]]) -> TargetReport:
    return load()[1]


def of(member: str, *args: Expression, database: str = "session", **more: object) -> Scenario:
    session = Name("db_session" if database == "session" else "mock_session")
    arguments = tuple(Argument(f"a{index}", value, False) for index, value in enumerate((session, *args)))
    step = Step("function", f"jobs:{member}", member, arguments=arguments)
    return Scenario(f"jobs:{member}", step, database=database, **more)


OPEN, DONE = Symbol("models:State.OPEN"), Symbol("models:State.DONE")
PRICE = Call("decimal:Decimal", (Literal("5.00"),))
OWNER = Binding("owner", Call("models:Owner", (), (("id", Literal(1)), ("email", Literal("a@b.c")))), "row")
JOB = Binding("job", Call("models:Job", (), (("id", Literal(7)), ("owner_id", Literal(1)), ("price", PRICE))), "row")
ROWS = (OWNER, JOB)
OWNER_ROW = {"1": {"id": Literal(1), "email": Literal("a@b.c")}}


def rows(state: Expression) -> dict[str, object]:
    job = {"id": Literal(7), "owner_id": Literal(1), "state": state, "price": PRICE, "ended": Literal(None)}
    return {"models:Job": {"7": job}, "models:Owner": OWNER_ROW}


def test_columns_are_reported_with_types_keys_and_defaults(report: TargetReport) -> None:
    def column(name: str, kind: str, **known: object) -> ColumnReport:
        plain = {
            "column": name,
            "members": (),
            "nullable": False,
            "primary": False,
            "unique": False,
            "has_default": False,
            "default": None,
            "length": None,
            "scale": None,
            "timezone": False,
            "foreign": None,
        }
        return ColumnReport(name=name, kind=kind, **{**plain, **known})

    members = ("models:State.OPEN", "models:State.DONE")
    state = {"members": members, "has_default": True, "default": OPEN, "length": 4}
    assert {path: model.columns for path, model in report.models.items()} == {
        "models:Job": (
            column("id", "builtins:int", primary=True),
            column("owner_id", "builtins:int", foreign="owners.id"),
            column("state", "enum", **state),
            column("price", "decimal:Decimal", column="amount", scale=2),
            column("ended", "datetime:datetime", nullable=True),
        ),
        "models:Owner": (
            column("id", "builtins:int", primary=True),
            column("email", "builtins:str", unique=True, length=40),
        ),
    }


def test_relationships_the_base_and_the_session_options_are_reported(report: TargetReport) -> None:
    assert [model.relationships for model in report.models.values()] == [
        (RelationshipReport("owner", "models:Owner", "MANYTOONE", ("owner_id",), False, "jobs"),),
        (RelationshipReport("jobs", "models:Job", "ONETOMANY", ("id",), True, "owner"),),
    ]
    assert (report.bases, report.session_options, report.database_problem) == (
        ("models:Base",),
        {"autoflush": False, "expire_on_commit": False},
        None,
    )


def test_rows_are_read_before_and_after_and_filters_are_noted(target: TargetProcess) -> None:
    [seen] = target.observe([of("finish", Literal(7), bindings=ROWS)], detail=True)

    assert (seen.outcome, seen.result, seen.committed) == ("returned", DONE, True)
    assert (seen.rows_before, seen.rows_pending, seen.rows_after) == (rows(OPEN), None, rows(DONE))
    assert [item for item in seen.filters if item.column] == [
        Filter("jobs", "id", "==", Literal(7)),
        Filter("jobs", "amount", ">=", Literal(1)),
    ]


def test_a_change_that_was_not_committed_is_pending_and_gone_afterwards(target: TargetProcess) -> None:
    [seen] = target.observe([of("sketch", Literal(7), bindings=ROWS)], detail=True)

    assert (seen.committed, seen.rows_before, seen.rows_pending, seen.rows_after) == (
        False,
        rows(OPEN),
        rows(DONE),
        rows(OPEN),
    )


def test_every_scenario_starts_with_empty_tables(target: TargetProcess) -> None:
    enter = of("enter", Literal("x@y.z"))

    seen = target.observe([enter, enter, of("enter", Literal("a@b.c"), bindings=(OWNER,)), enter], detail=True)

    def ending(observation: Observation) -> tuple[object, ...]:
        return observation.result, observation.raised and observation.raised.type

    assert [ending(item) for item in seen] == [
        (Literal(1), None),
        (Literal(1), None),
        (None, "sqlalchemy.exc:IntegrityError"),
        (Literal(1), None),
    ]
    assert seen[0] == seen[1] == seen[3]


def test_a_bound_row_is_shown_by_its_name(target: TargetProcess) -> None:
    [seen] = target.observe([of("touch", bindings=(OWNER,))], record=True)

    assert (seen.outcome, seen.session_log) == (
        "raised",
        (
            {
                "path": ["query()", "all()"],
                "returns": {"t": "seq", "k": "list", "i": [{"t": "name", "n": "owner", "a": ""}]},
            },
        ),
    )


def test_a_method_of_the_real_session_can_be_made_to_fail(target: TargetProcess) -> None:
    refusal = MockCall(("commit()",), (Outcome(Call("builtins:OSError", (Literal("full"),)), raises=True),))

    [seen] = target.observe([of("finish", Literal(7), bindings=ROWS, mock_calls=(refusal,))], detail=True)

    assert seen.raised is not None
    assert (seen.raised.type, seen.raised.message, seen.committed, seen.rows_after) == (
        "builtins:OSError",
        "full",
        False,
        rows(OPEN),
    )


def test_the_mock_of_one_scenario_knows_nothing_of_the_last(target: TargetProcess) -> None:
    answer = MockCall(("query()", "filter()", "first()"), (Outcome(Name("job")),))
    unbound = Binding("job", JOB.value)
    mocked = of("finish", Literal(7), database="mock", bindings=(unbound,), mock_calls=(answer,))
    refused = MockCall(("commit()",), (Outcome(Call("builtins:OSError", ()), raises=True),))

    seen = target.observe([mocked, of("enter", Literal("x"), database="mock", mock_calls=(refused,)), mocked])

    assert [item.outcome for item in seen] == ["returned", "raised", "returned"]
    assert (seen[0], seen[0].result, seen[0].writes) == (
        seen[2],
        DONE,
        ({"name": "commit", "args": [], "keywords": []},),
    )


def test_models_whose_tables_cannot_be_made_are_a_problem_and_no_failure(settings: ChildSettings, write: Write) -> None:
    write(
        "orphans.py",
        """
        from sqlalchemy import ForeignKey
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Orphan(Base):
            __tablename__ = "orphans"
            id: Mapped[int] = mapped_column(primary_key=True)
            parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))

        def count(items):
            return len(items)
        """,
    )

    with TargetProcess(settings, LoadRequest("orphans")) as target:
        report = target.load()
        step = Step("function", "orphans:count", "count", arguments=(Argument("items", Items("list"), False),))
        [seen] = target.observe([Scenario("orphans:count", step)])

    assert report.database_problem == Problem(
        "orphans",
        "NoReferencedTableError",
        "Foreign key associated with column 'orphans.parent_id' could not find table 'parents' "
        "with which to generate a foreign key to target column 'id'",
    )
    assert (seen.outcome, seen.result) == ("returned", Literal(0))


def test_a_module_without_models_has_none(settings: ChildSettings, write: Write) -> None:
    write("plain.py", "def one():\n    return 1\n")

    with TargetProcess(settings, LoadRequest("plain")) as target:
        report = target.load()

    assert (report.models, report.bases, report.session_options, report.database_problem) == ({}, (), {}, None)
