"""What the tests of one file share: fixtures for receivers, factories for rows, the environment and the clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from proctor.execution.expressions import Call, Expression, Name, walk
from proctor.execution.records import ModelReport
from proctor.oracles.cases import Case
from proctor.scenarios.rows import RowSource, snake
from proctor.scenarios.scenario import Binding, Scenario, Step

# What every test has, or pytest keeps for itself.
_KEPT = frozenset({"self", "request", "result"})


@dataclass(frozen=True, slots=True)
class Factory:
    """A fixture that makes rows of a model: plausible values, of which a test overrides what matters to it."""

    fixture: str
    model: str
    values: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class ModuleStyle:
    """The shared parts of one test file."""

    module: str
    receivers: Mapping[Binding, str] = field(default_factory=dict)
    factories: Mapping[str, Factory] = field(default_factory=dict)
    environment: tuple[tuple[str, str], ...] = ()
    frozen: tuple[str, ...] = ()
    taken: frozenset[str] = frozenset()

    def free(self, name: str, used: Iterable[str] = ()) -> str:
        """A local name that hides nothing the file imports, and that a class leaves as it is."""
        local = name.lstrip("_") or name
        while local in self.taken or local in used or local in _KEPT:
            local = f"given_{local}"
        return local

    def fixture_of(self, binding: Binding) -> str | None:
        """The fixture that makes this binding, if one does."""
        return self.receivers.get(binding)


def factories(models: Mapping[str, ModelReport]) -> dict[str, Factory]:
    """One factory a model, by its class path; keys to other rows are left to the test."""
    rows = RowSource(models)
    made = {}
    for path, model in models.items():
        binding = next(row for row in rows.add(_EMPTY, model).rows if _is_of(row, path))
        assert isinstance(binding.value, Call)
        values = tuple((name, value) for name, value in binding.value.keywords if not isinstance(value, Name))
        made[path] = Factory(f"make_{snake(path.partition(':')[2].rpartition('.')[2])}", path, values)
    return made


def receivers(cases: Iterable[Case], taken: frozenset[str] = frozenset()) -> dict[Binding, str]:
    """Fixture names for the receivers that several tests build in the same way."""
    counted: Counter[tuple[Binding, str]] = Counter()
    for case in cases:
        binding = case.scenario.binding(case.scenario.act.receiver)
        if binding is not None and binding.kind != "row" and _is_self_contained(binding.value):
            counted[binding, case.scenario.database] += 1
    found: dict[Binding, str] = {}
    for (binding, database), count in counted.items():
        plain = ModuleStyle("", taken=taken).free(binding.name)
        name = f"{plain}_on_mock" if database == "mock" else plain
        if count > 1 and name not in found.values():
            found[binding] = name
    return found


def _is_self_contained(value: Expression) -> bool:
    """Whether a value needs no other binding than a session fixture."""
    return all(part.name in ("db_session", "mock_session") for _, part in walk(value) if isinstance(part, Name))


def _is_of(row: Binding, path: str) -> bool:
    return isinstance(row.value, Call) and row.value.function == path


_EMPTY = Scenario("", Step("function", "", ""))


def common_environment(cases: Sequence[Case]) -> tuple[tuple[str, str], ...]:
    """The variables that most cases set, with the value that most of them give."""
    counted = Counter(pair for case in cases for pair in case.scenario.environment if pair[1] is not None)
    chosen: dict[str, str] = {}
    for (name, value), count in counted.most_common():
        if name not in chosen and value is not None and count * 2 > len(cases):
            chosen[name] = value
    return tuple(sorted(chosen.items()))
