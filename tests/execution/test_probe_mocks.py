"""A recorded session shows where its call chains end, and a mock replays those endings."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from proctor.execution.probe.mocks import (
    Recording,
    SessionLog,
    configure,
    fail,
    session_mock,
    with_specification_of,
    writes,
)

HERE = __name__


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        opened.add_all([Book(id=1, title="Emma"), Book(id=2, title="Ulysses")])
        opened.commit()
        yield opened
    engine.dispose()


def literal(value: object) -> dict[str, object]:
    return {"t": "lit", "v": value}


def book(key: int, title: str) -> dict[str, object]:
    return {"t": "obj", "c": f"{HERE}:Book", "f": [["id", literal(key)], ["title", literal(title)]]}


def listed(*items: object) -> dict[str, object]:
    return {"t": "seq", "k": "list", "i": list(items)}


QUERIES = [
    (
        lambda session: session.query(Book).filter(Book.id == 1).first(),
        {"path": ["query()", "filter()", "first()"], "returns": book(1, "Emma")},
    ),
    (
        lambda session: session.query(Book).filter(Book.id == 9).first(),
        {"path": ["query()", "filter()", "first()"], "returns": literal(None)},
    ),
    (
        lambda session: session.query(Book).order_by(Book.id.desc()).all(),
        {"path": ["query()", "order_by()", "all()"], "returns": listed(book(2, "Ulysses"), book(1, "Emma"))},
    ),
    (
        lambda session: session.query(Book).count(),
        {"path": ["query()", "count()"], "returns": literal(2)},
    ),
    (
        lambda session: session.execute(select(func.count(Book.id))).scalar_one(),
        {"path": ["execute()", "scalar_one()"], "returns": literal(2)},
    ),
    (
        lambda session: session.scalars(select(Book).where(Book.id == 2)).all(),
        {"path": ["scalars()", "all()"], "returns": listed(book(2, "Ulysses"))},
    ),
    (
        lambda session: [found.title for found in session.query(Book).filter(Book.id == 1)],
        {"path": ["query()", "filter()", "__iter__()"], "returns": listed(book(1, "Emma"))},
    ),
    (
        lambda session: session.get(Book, 1),
        {"path": ["get()"], "returns": book(1, "Emma")},
    ),
]


@pytest.mark.parametrize(("ask", "logged"), QUERIES, ids=[".".join(call["path"]) for _, call in QUERIES])
def test_a_call_chain_is_logged_with_the_answer_it_ends_in(session: Session, ask: Any, logged: object) -> None:
    log = SessionLog({})

    assert ask(Recording(session, log)) == ask(session)
    assert log.calls == [logged]


def test_an_error_of_the_session_is_logged_and_goes_on(session: Session) -> None:
    log = SessionLog({})
    recorded = Recording(session, log)

    recorded.add(Book(id=3, title="Emma"))
    with pytest.raises(IntegrityError):
        recorded.commit()
    session.rollback()
    with pytest.raises(NoResultFound):
        recorded.query(Book).filter(Book.id == 9).one()

    assert log.calls == [
        {"path": ["add()"], "returns": literal(None)},
        {"path": ["commit()"], "raises": "sqlalchemy.exc:IntegrityError"},
        {"path": ["query()", "filter()", "one()"], "raises": "sqlalchemy.exc:NoResultFound"},
    ]


def newest(session: Any) -> Book:
    return session.query(Book).filter(Book.id == session.query(func.max(Book.id)).scalar_subquery()).one()


def among(session: Any) -> Book:
    return session.query(Book).filter(Book.id.in_(session.query(Book.id).filter(Book.title == "Emma"))).one()


def joined(session: Any) -> int:
    known = session.query(Book.id.label("known")).subquery()
    return session.query(Book).join(known, Book.id == known.c.known).count()


def without_others(session: Any) -> int:
    return session.query(Book).filter(~session.query(Book).filter(Book.id == 9).exists()).count()


def there_is(session: Any) -> bool:
    return session.query(session.query(Book).filter(Book.id == 1).exists()).scalar()


def unflushed(session: Any) -> int:
    with session.no_autoflush:
        return session.query(Book).count()


@pytest.mark.parametrize("ask", [newest, among, joined, without_others, there_is, unflushed])
def test_what_a_session_makes_can_be_passed_back_to_it(session: Session, ask: Any) -> None:
    assert ask(Recording(session, SessionLog({}))) == ask(session)


def test_rows_are_shown_by_the_names_of_the_scenario(session: Session) -> None:
    emma = session.get(Book, 1)
    log = SessionLog({id(emma): "emma"})

    Recording(session, log).query(Book).all()

    assert log.calls[0]["returns"] == listed({"t": "name", "n": "emma", "a": ""}, book(2, "Ulysses"))


def test_attributes_are_set_on_the_real_session(session: Session) -> None:
    Recording(session, SessionLog({})).autoflush = False

    assert session.autoflush is False


def planned(path: tuple[str, ...], *outcomes: object) -> dict[str, object]:
    return {"path": list(path), "outcomes": list(outcomes)}


REFUSAL = {"raises": {"t": "call", "f": "builtins:ValueError", "a": [literal("no")], "k": []}}


@pytest.fixture
def mock() -> Any:
    return session_mock()


def test_a_mock_gives_the_same_answer_every_time_when_there_is_one(mock: Any) -> None:
    configure(mock, [planned(("query()", "filter()", "first()"), {"returns": literal("a")})], {})

    assert [mock.query(Book).filter(True).first() for _ in range(3)] == ["a"] * 3


def test_a_mock_gives_several_answers_in_turn_and_raises_in_its_place(mock: Any) -> None:
    configure(mock, [planned(("get()",), {"returns": literal(1)}, REFUSAL, {"returns": literal(3)})], {})

    assert mock.get(Book, 1) == 1
    with pytest.raises(ValueError, match="no"):
        mock.get(Book, 1)
    assert mock.get(Book, 1) == 3


def test_a_mock_that_is_told_to_raise_raises_every_time(mock: Any) -> None:
    configure(mock, [planned(("commit()",), REFUSAL)], {})

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            mock.commit()


def test_answers_may_be_objects_of_the_scenario(mock: Any) -> None:
    emma = Book(id=1, title="Emma")

    configure(mock, [planned(("get()",), {"returns": {"t": "name", "n": "emma", "a": ""}})], {"emma": emma})

    assert mock.get(Book, 1) is emma


def test_a_mock_session_refuses_what_a_session_does_not_have(mock: Any) -> None:
    with pytest.raises(AttributeError):
        mock.upsert(1)
    with pytest.raises(TypeError):
        mock.get()


def test_what_is_written_through_a_mock_is_listed_in_order_and_what_is_read_is_not(mock: Any) -> None:
    emma = Book(id=1, title="Emma")

    mock.query(Book)
    mock.add(emma)
    mock.flush()
    mock.merge("x", load=False)
    mock.commit()

    assert writes(mock, {id(emma): "emma"}) == [
        {"name": "add", "args": [{"t": "name", "n": "emma", "a": ""}], "keywords": []},
        {"name": "flush", "args": [], "keywords": []},
        {"name": "merge", "args": [literal("x")], "keywords": ["load"]},
        {"name": "commit", "args": [], "keywords": []},
    ]


def test_a_real_session_can_be_made_to_fail_in_one_method_only(session: Session) -> None:
    fail(session, [planned(("commit()",), REFUSAL)], {})
    session.add(Book(id=3, title="Persuasion"))

    with pytest.raises(ValueError, match="no"):
        session.commit()
    assert session.query(Book).count() == 3


def test_a_replacement_takes_the_arguments_of_the_original_and_answers_its_own() -> None:
    def original(first: int, *, second: str) -> None: ...

    substitute: Any = with_specification_of(original, lambda *args, **keywords: (args, keywords))

    assert substitute(1, second="b") == ((1,), {"second": "b"})
    with pytest.raises(TypeError):
        substitute(1, third="c")
