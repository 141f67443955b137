"""The source of a test module: imports, fixtures of the module, a class a method for unit and for integration tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from proctor.execution.records import ModelReport
from proctor.oracles.cases import Case
from proctor.scenarios.scenario import Scenario
from proctor.writing.families import WrittenTest, written_tests
from proctor.writing.fixtures import SHARED_NAMES, DatabaseFacts, module_fixtures, shared_fixtures, used_shared
from proctor.writing.functions import CaseWriter, Draft
from proctor.writing.naming import class_name, name_cases
from proctor.writing.printing import Imports
from proctor.writing.reasons import Sites
from proctor.writing.style import ModuleStyle, common_environment, factories, receivers


@dataclass(frozen=True, slots=True)
class WrittenClass:
    """A test class: its name and its tests."""

    name: str
    tests: tuple[WrittenTest, ...]


@dataclass(frozen=True, slots=True)
class GeneratedModule:
    """A test module as text, with the shared fixtures that it expects in conftest.py."""

    source: str
    classes: tuple[WrittenClass, ...]
    shared: frozenset[str]
    models: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many tests pytest will collect."""
        return sum(test.count for cls in self.classes for test in cls.tests)

    def cases(self) -> dict[str, Case]:
        """The case behind each test, by the part of its node id after the file."""
        return {
            f"{cls.name}::{test.name}{f'[{identity}]' if identity else ''}": case
            for cls in self.classes
            for test in cls.tests
            for identity, case in test.members
        }


@dataclass(frozen=True, slots=True)
class ModuleContents:
    """What is to be written about one module under test."""

    module: str
    cases: tuple[Case, ...]
    bases: Mapping[str, Scenario]
    models: Mapping[str, ModelReport]
    frozen: tuple[str, ...] = ()
    inline: DatabaseFacts | None = None
    sites: Sites = field(default_factory=dict)


def render_module(contents: ModuleContents) -> GeneratedModule:
    """Write the test module of one module under test, unformatted.

    It is written twice: only then is it known which names the imports take, and local names keep away from them.
    """
    imports = Imports(_fixture_names(contents))
    _written(contents, imports, frozenset())
    return _written(contents, Imports(_fixture_names(contents)), imports.names)


def _fixture_names(contents: ModuleContents) -> frozenset[str]:
    """The names of the shared fixtures that tests of this module may ask for."""
    made = (factory.fixture for factory in factories(contents.models).values())
    return frozenset({*SHARED_NAMES, *made}) if contents.models else frozenset()


def _written(contents: ModuleContents, imports: Imports, taken: frozenset[str]) -> GeneratedModule:
    style = ModuleStyle(
        contents.module,
        receivers(contents.cases, taken),
        factories(contents.models),
        common_environment(contents.cases),
        contents.frozen,
        taken,
    )
    classes = tuple(_classes(contents, style, imports))
    body = "\n\n\n".join(_class_source(cls) for cls in classes)
    fixtures = module_fixtures(style, contents.cases, imports)
    shared = used_shared([*fixtures, body], style)
    if contents.inline is not None:
        fixtures = [*_inlined(shared, contents.inline, imports), *fixtures]
    doc = f'"""Tests of {contents.module}."""'
    source = "\n\n\n".join([f"{doc}\n\n{imports.source()}", *imports.definitions(), *fixtures, body]) + "\n"
    models = tuple(path for path, factory in style.factories.items() if factory.fixture in shared)
    return GeneratedModule(source, classes, shared, models)


def _inlined(names: frozenset[str], facts: DatabaseFacts, imports: Imports) -> Iterator[str]:
    """The shared fixtures themselves, for a project whose conftest.py belongs to somebody."""
    for fixture in shared_fixtures(names, facts):
        imports.add_lines(fixture.imports)
        yield fixture.source


def _classes(contents: ModuleContents, style: ModuleStyle, imports: Imports) -> Iterator[WrittenClass]:
    targets = dict.fromkeys(case.target for case in contents.cases)
    taken: set[str] = set()
    for target in targets:
        for kind, suffix in (("unit", ""), ("integration", "Integration")):
            cases = [case for case in contents.cases if case.target == target and case.kind == kind]
            if cases:
                name = _free(_class_name(target, suffix, targets), taken)
                drafts = _drafts(cases, contents, style, imports)
                yield WrittenClass(name, written_tests(drafts, imports))


def _drafts(cases: Sequence[Case], contents: ModuleContents, style: ModuleStyle, imports: Imports) -> list[Draft]:
    names = name_cases(list(cases), contents.bases.get(cases[0].target), contents.sites)
    return [CaseWriter(case, style, imports).draft(name) for case, name in zip(cases, names, strict=True)]


def _class_name(target: str, suffix: str, targets: Mapping[str, None]) -> str:
    """The method's name, with its class before it where another class has a method of that name."""
    method = target.rpartition(".")[2]
    same = [other for other in targets if other.rpartition(".")[2] == method]
    if len(same) > 1 or method.startswith("__"):
        return class_name("_".join(part.strip("_") for part in target.split(".")), suffix)
    return class_name(target, suffix)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "Again"
    taken.add(name)
    return name


def _class_source(cls: WrittenClass) -> str:
    tests = "\n\n".join(_indented(test.source) for test in cls.tests)
    return f"class {cls.name}:\n{tests}"


def _indented(source: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in source.split("\n"))
