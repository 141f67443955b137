"""Fixtures: those that all modules share (the database, the mock of it, row factories) and those of one module."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from proctor.execution.records import ModelReport
from proctor.oracles.cases import Case
from proctor.writing.printing import Imports, Printer
from proctor.writing.style import Factory, ModuleStyle, factories

_FROZEN = {
    "datetime": '''class FrozenDatetime(datetime):
    """A datetime whose clock stands still."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2024, 1, 15, 12, tzinfo=tz)

    @classmethod
    def utcnow(cls):
        return datetime(2024, 1, 15, 12)

    @classmethod
    def today(cls):
        return datetime(2024, 1, 15, 12)''',
    "date": '''class FrozenDate(date):
    """A date whose clock stands still."""

    @classmethod
    def today(cls):
        return date(2024, 1, 15)''',
}
_FROZEN_NAMES = {"datetime": "FrozenDatetime", "date": "FrozenDate"}


def used_shared(sources: Iterable[str], style: ModuleStyle) -> frozenset[str]:
    """The shared fixtures that test functions and module fixtures ask for by name."""
    known = {*_WRITERS, *(factory.fixture for factory in style.factories.values())}
    asked: set[str] = set()
    for source in sources:
        for arguments in re.findall(r"def \w+\(([^)]*)\):", source):
            asked |= {argument.strip() for argument in arguments.split(",")}
    return frozenset(known & asked)


def module_fixtures(style: ModuleStyle, cases: Sequence[Case], imports: Imports) -> list[str]:
    """The fixtures that belong to one test module."""
    made = list(_frozen_clock(style, imports))
    if style.environment:
        made.append(_environment(style, imports))
    for binding, name in style.receivers.items():
        session = "mock_session" if name.endswith("_on_mock") else "db_session"
        source = Printer(imports).value(binding.value)
        arguments = session if session in source else ""
        made.append(_fixture(imports, name, arguments, [f"return {source}"]))
    return made


def _frozen_clock(style: ModuleStyle, imports: Imports) -> Iterator[str]:
    if not style.frozen:
        return
    lines = []
    for name in style.frozen:
        imports.take("datetime", name)
        yield _FROZEN[name]
        lines.append(f'monkeypatch.setattr("{style.module}.{name}", {_FROZEN_NAMES[name]})')
    yield _fixture(imports, "frozen_clock", "monkeypatch", lines, "autouse=True")


def _environment(style: ModuleStyle, imports: Imports) -> str:
    lines = [f"monkeypatch.setenv({name!r}, {value!r})" for name, value in style.environment]
    return _fixture(imports, "environment", "monkeypatch", lines, "autouse=True")


def _fixture(imports: Imports, name: str, arguments: str, lines: list[str], options: str = "") -> str:
    decorator = f"@{imports.module('pytest')}.fixture" + (f"({options})" if options else "")
    return "\n".join([decorator, f"def {name}({arguments}):", *(f"    {line}" for line in lines)])


@dataclass(frozen=True, slots=True)
class SharedFixture:
    """A fixture for conftest.py: its source and the import lines that it needs."""

    name: str
    imports: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What the fixtures of the database are made from: the models, their bases, and the project's session options."""

    models: Mapping[str, ModelReport]
    model_modules: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    session_options: Mapping[str, bool] = field(default_factory=dict)


def shared_fixtures(names: frozenset[str], facts: DatabaseFacts) -> tuple[SharedFixture, ...]:
    """The shared fixtures of that name and those that they need, in the order of conftest.py."""
    if names & {"save", "count"}:
        names = names | {"db_session"}
    if "db_session" in names:
        names = names | {"engine"}
    if "mock_session" in names:
        names = names | {"session_mock"}
    made = [_shared(name, facts, writer) for name, writer in _WRITERS.items() if name in names]
    for factory in factories(facts.models).values():
        if factory.fixture in names:
            made.append(_shared(factory.fixture, facts, partial(_factory, factory)))
    return tuple(made)


def conftest_source(fixtures: Iterable[SharedFixture]) -> str:
    """The body of conftest.py, unformatted: the database first, then the factories by name."""
    order = {name: position for position, name in enumerate(_WRITERS)}
    ordered = sorted(fixtures, key=lambda item: (order.get(item.name, len(order)), item.name))
    imports = sorted({line for item in ordered for line in item.imports})
    doc = '"""Fixtures that the tests of all modules share."""'
    return "\n\n\n".join(["\n".join([doc, "", *imports]), *(item.source for item in ordered)]) + "\n"


def _shared(name: str, facts: DatabaseFacts, writer: Callable[[Imports, DatabaseFacts], str]) -> SharedFixture:
    imports = Imports()
    source = writer(imports, facts)
    return SharedFixture(name, tuple(imports.source().splitlines()), source)


def _engine(imports: Imports, facts: DatabaseFacts) -> str:
    create = imports.take("sqlalchemy", "create_engine")
    pool = imports.take("sqlalchemy.pool", "StaticPool")
    importing = [f"{imports.take('importlib', 'import_module')}({name!r})" for name in facts.model_modules]
    metadatas = [_metadata(Printer(imports), base) for base in facts.bases]
    lines = [
        f'engine = {create}("sqlite://", connect_args={{"check_same_thread": False}}, poolclass={pool})',
        *(f"{metadata}.create_all(engine)" for metadata in metadatas),
        "yield engine",
        "engine.dispose()",
    ]
    comment = ["# create_all only knows the tables of models that were imported"] if importing else []
    return _fixture(imports, "engine", "", [*comment, *importing, *lines], 'scope="session"')


def _db_session(imports: Imports, facts: DatabaseFacts) -> str:
    session = imports.take("sqlalchemy.orm", "Session")
    shown = "".join(f", {name}={value}" for name, value in sorted(facts.session_options.items()) if value is not True)
    tables = [f"{_metadata(Printer(imports), base)}.sorted_tables" for base in facts.bases]
    lines = [f"with {session}(engine{shown}) as session:", "    yield session"]
    if tables:
        lines.append("with engine.begin() as connection:")
    lines += [f"    for table in reversed({each}):\n            connection.execute(table.delete())" for each in tables]
    return _fixture(imports, "db_session", "engine", lines)


def _session_mock(imports: Imports, facts: DatabaseFacts) -> str:
    session = imports.take("sqlalchemy.orm", "Session")
    autospec = imports.take("unittest.mock", "create_autospec")
    comment = "# making the specification takes longer than most tests"
    return _fixture(
        imports, "session_mock", "", [comment, f"return {autospec}({session}, instance=True)"], 'scope="session"'
    )


def _mock_session(imports: Imports, facts: DatabaseFacts) -> str:
    lines = ["yield session_mock", "session_mock.reset_mock(return_value=True, side_effect=True)"]
    return _fixture(imports, "mock_session", "session_mock", lines)


def _save(imports: Imports, facts: DatabaseFacts) -> str:
    imports.module("pytest")
    return _SAVE


def _count(imports: Imports, facts: DatabaseFacts) -> str:
    imports.module("pytest")
    imports.take("sqlalchemy", "func")
    imports.take("sqlalchemy", "select")
    return _COUNT


def _metadata(printer: Printer, base: str) -> str:
    printed = printer.path(base)
    return printed if base.lower().endswith("metadata") else f"{printed}.metadata"


_SAVE = '''@pytest.fixture
def save(db_session):
    """Commit rows, so that the code under test finds them."""

    def commit_rows(*rows):
        db_session.add_all(rows)
        db_session.commit()

    return commit_rows'''

_COUNT = '''@pytest.fixture
def count(db_session):
    """How many rows the table of a model has."""

    def count_rows(model):
        return db_session.scalar(select(func.count()).select_from(model))

    return count_rows'''


def _factory(factory: Factory, imports: Imports, facts: DatabaseFacts) -> str:
    pytest = imports.module("pytest")
    printer = Printer(imports)
    model = printer.path(factory.model)
    usual = [f"            {name!r}: {printer.value(value)}," for name, value in factory.values]
    lines = [
        f"@{pytest}.fixture",
        f"def {factory.fixture}():",
        f'    """Make {_article(model)} {model} with usual values, of which some can be given."""',
        "",
        "    def make(**values):",
        "        usual = {",
        *usual,
        "        }",
        f"        return {model}(**{{**usual, **values}})",
        "",
        "    return make",
    ]
    return "\n".join(lines)


_WRITERS: Mapping[str, Callable[[Imports, DatabaseFacts], str]] = {
    "engine": _engine,
    "db_session": _db_session,
    "save": _save,
    "count": _count,
    "session_mock": _session_mock,
    "mock_session": _mock_session,
}

SHARED_NAMES = frozenset(_WRITERS)


def _article(name: str) -> str:
    return "an" if name[:1] in "AEIOU" else "a"
