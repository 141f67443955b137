"""Whole test modules, written from what searches of small programs found."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))
sys.path.insert(0, str(Path(__file__).parents[1] / "oracles"))
sys.path.insert(0, str(Path(__file__).parent))

import judged_programs
import named_programs
import programs
from laboratory import Laboratory, laboratory

from proctor.oracles.cases import Case
from proctor.writing.fixtures import DatabaseFacts, conftest_source, shared_fixtures
from proctor.writing.formatting import formatted
from proctor.writing.module import GeneratedModule, ModuleContents, render_module


@dataclass(frozen=True)
class WrittenSuite:
    """A project with a module, the tests that were written for it, and what they were written from."""

    root: Path
    lab: Laboratory
    cases: tuple[Case, ...]
    module: GeneratedModule

    @property
    def source(self) -> str:
        return (self.root / "tests" / "test_lab.py").read_text()

    @property
    def conftest(self) -> str:
        return (self.root / "tests" / "conftest.py").read_text()


def contents_of(lab: Laboratory, inline: DatabaseFacts | None = None) -> ModuleContents:
    targets = [target for target in lab.report.callables if lab.composer.base(target) is not None]
    cases = tuple(case for target in targets for case in lab.cases(target.qualname))
    bases = {target.qualname: lab.base(target.qualname) for target in targets}
    return ModuleContents("lab", cases, bases, lab.report.models, (), inline)


def database_facts(lab: Laboratory) -> DatabaseFacts:
    return DatabaseFacts(lab.report.models, ("lab",), lab.report.bases, lab.report.session_options)


def write_suite(root: Path, lab: Laboratory) -> WrittenSuite:
    contents = contents_of(lab)
    module = render_module(contents)
    shared = conftest_source(shared_fixtures(module.shared, database_facts(lab)))
    (root / "lab.py").write_text(lab.source)
    (root / "tests").mkdir()
    for name, source in (("tests/test_lab.py", module.source), ("tests/conftest.py", shared)):
        (root / name).write_text(formatted(source, name, root))
    return WrittenSuite(root, lab, contents.cases, module)


SOURCES = {
    "plain": programs.PLAIN,
    "database": programs.DATABASE,
    "values": judged_programs.VALUES,
    "ledger": judged_programs.LEDGER,
    "surroundings": judged_programs.SURROUNDINGS,
    "names": named_programs.NAMES,
}


@pytest.fixture(scope="session")
def suite_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], WrittenSuite]]:
    """Write the suite of a program once, whatever order the tests come in."""
    with ExitStack() as stack:

        @cache
        def written(name: str) -> WrittenSuite:
            lab = stack.enter_context(laboratory(tmp_path_factory.mktemp(f"{name}-lab"), SOURCES[name]))
            return write_suite(tmp_path_factory.mktemp(f"{name}-project"), lab)

        yield written


@pytest.fixture(params=SOURCES)
def suite(request: pytest.FixtureRequest, suite_of: Callable[[str], WrittenSuite]) -> WrittenSuite:
    return suite_of(request.param)
