"""Fixtures: those that all modules share (the database, the mock of it, row factories) and those of one module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from proctor.execution.records import ModelReport
from proctor.oracles.cases import Case
from proctor.writing.printing import Imports, Printer
from proctor.writing.style import Factory, ModuleStyle, factories

DATABASE_FIXTURES = ("engine", "db_session", "mock_session", "save", "count")
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
    known = {*DATABASE_FIXTURES, *(factory.fixture for factory in style.factories.values())}
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
    yield _fixture(imports, "frozen_clock", "monkeypatch", lines, autouse=True)


def _environment(style: ModuleStyle, imports: Imports) -> str:
    lines = [f"monkeypatch.setenv({name!r}, {value!r})" for name, value in style.environment]
    return _fixture(imports, "environment", "monkeypatch", lines, autouse=True)


def _fixture(imports: Imports, name: str, arguments: str, lines: list[str], *, autouse: bool = False) -> str:
    pytest = imports.module("pytest")
    decorator = f"@{pytest}.fixture(autouse=True)" if autouse else f"@{pytest}.fixture"
    return "\n".join([decorator, f"def {name}({arguments}):", *(f"    {line}" for line in lines)])


def shared_source(
    names: frozenset[str],
    models: Mapping[str, ModelReport],
    model_modules: Sequence[str],
    bases: Sequence[str],
    session_options: Mapping[str, bool],
) -> str:
    """The body of conftest.py: the shared fixtures of that name, with what they need."""
    imports = Imports()
    parts = []
    if names & set(DATABASE_FIXTURES):
        parts += _database(names, imports, bases, session_options, model_modules)
    for factory in factories(models).values():
        if factory.fixture in names:
            parts.append(_factory(factory, imports))
    return "\n\n\n".join([imports.source(), *parts]) + "\n"


def _database(
    names: frozenset[str],
    imports: Imports,
    bases: Sequence[str],
    options: Mapping[str, bool],
    model_modules: Sequence[str],
) -> Iterator[str]:
    printer = Printer(imports)
    session = imports.take("sqlalchemy.orm", "Session")
    if names & {"db_session", "save", "count"}:
        yield _engine(imports, [_metadata(printer, base) for base in bases], model_modules)
        shown = "".join(f", {name}={value}" for name, value in sorted(options.items()) if value is not True)
        yield _fixture(
            imports, "db_session", "engine", [f"with {session}(engine{shown}) as session:", "    yield session"]
        )
    if "save" in names:
        yield _SAVE.replace("pytest", imports.module("pytest"))
    if "count" in names:
        imports.take("sqlalchemy", "func")
        imports.take("sqlalchemy", "select")
        yield _COUNT
    if "mock_session" in names:
        autospec = imports.take("unittest.mock", "create_autospec")
        yield _fixture(imports, "mock_session", "", [f"return {autospec}({session}, instance=True)"])


def _metadata(printer: Printer, base: str) -> str:
    printed = printer.path(base)
    return printed if base.lower().endswith("metadata") else f"{printed}.metadata"


def _engine(imports: Imports, metadatas: Sequence[str], model_modules: Sequence[str]) -> str:
    create = imports.take("sqlalchemy", "create_engine")
    pool = imports.take("sqlalchemy.pool", "StaticPool")
    importing = [f"{imports.take('importlib', 'import_module')}({name!r})" for name in model_modules]
    lines = [
        f'engine = {create}("sqlite://", connect_args={{"check_same_thread": False}}, poolclass={pool})',
        *(f"{metadata}.create_all(engine)" for metadata in metadatas),
        "yield engine",
        "engine.dispose()",
    ]
    comment = ["# create_all only knows the tables of models that were imported"] if importing else []
    return _fixture(imports, "engine", "", [*comment, *importing, *lines])


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


def _factory(factory: Factory, imports: Imports) -> str:
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


def _article(name: str) -> str:
    return "an" if name[:1] in "AEIOU" else "a"
