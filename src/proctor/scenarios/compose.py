"""The first scenario of a target: a receiver, typical required arguments, and rows where ids ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from proctor.execution.expressions import Call, Expression, Items, Literal, Name, Symbol, walk
from proctor.execution.probe.operators import OPERATORS
from proctor.execution.records import CallableReport, ParameterReport, TargetReport, TypeReport
from proctor.scenarios.consumption import usual_way
from proctor.scenarios.producers import with_optionals
from proctor.scenarios.rows import RowSource, snake
from proctor.scenarios.scenario import Argument, Binding, Scenario, Step
from proctor.scenarios.values import ValueSource, other_text

_MOST_OPTIONS = 8


class Composer:
    """Builds scenarios of one module's callables."""

    def __init__(self, report: TargetReport, values: ValueSource, rows: RowSource) -> None:
        self._report = report
        self._values = values
        self._rows = rows
        self.producers = values.producers

    def base(self, target: CallableReport) -> Scenario | None:
        """The plainest call that the annotations allow, or None when a receiver or argument cannot be made."""
        scenario = Scenario(target.qualname, _act(self._report.module, target))
        if target.owner and target.kind in ("method", "property", "setter"):
            built = self._receiver(scenario, target.owner)
            if built is None:
                return None
            scenario = built
        for parameter in target.parameters:
            if parameter.has_default or parameter.kind in ("args", "kwargs"):
                continue
            given = self.with_argument(scenario, parameter)
            if given is None:
                return None
            scenario = given
        return with_database(scenario)

    def with_argument(
        self, scenario: Scenario, parameter: ParameterReport, value: Expression | None = None
    ) -> Scenario | None:
        """The scenario with a value for one more parameter: the given one, or the most typical."""
        if value is None:
            scenario, value = self._typical(scenario, parameter)
        if value is None:
            return None
        by_keyword = parameter.kind == "keyword" or (parameter.has_default and parameter.kind != "positional")
        argument = Argument(parameter.name, value, by_keyword)
        act = replace(scenario.act, arguments=(*scenario.act.arguments, argument))
        return with_database(replace(scenario, act=act))

    def _typical(self, scenario: Scenario, parameter: ParameterReport) -> tuple[Scenario, Expression | None]:
        model = self._rows.model_of_id(parameter.name)
        if model is not None:
            if not self._rows.of_model(scenario, model):
                scenario = self._rows.add(scenario, model)
            key = next((column.name for column in model.columns if column.primary), "id")
            return scenario, Name(self._rows.of_model(scenario, model)[0].name, key)
        for part in parameter.type.alternatives:
            mapped = self._rows.model(part.name)
            if mapped is not None:
                scenario = self._rows.add(scenario, mapped)
                return scenario, Name(self._rows.of_model(scenario, mapped)[-1].name)
        return scenario, self._unlike_rows(scenario, parameter)

    def _unlike_rows(self, scenario: Scenario, parameter: ParameterReport) -> Expression | None:
        """A typical value that the rows do not hold already: an update is to change something."""
        held = {value for row in scenario.rows if isinstance(row.value, Call) for _, value in row.value.keywords}
        candidates = self._values.candidates(parameter.type, parameter.name)
        first = next(iter(candidates), None)
        if first not in held or not isinstance(first, Literal) or not isinstance(first.value, str):
            return next((value for value in candidates[:3] if value not in held), first)
        return Literal(other_text(first.value))

    def _receiver(self, scenario: Scenario, owner: str) -> Scenario | None:
        facts = self._report.classes.get(owner)
        if facts is None or facts.local:
            return None
        mapped = self._rows.model(owner)
        if mapped is not None:
            scenario = self._rows.add(scenario, mapped)
            name = self._rows.of_model(scenario, mapped)[-1].name
            return replace(scenario, act=replace(scenario.act, receiver=name))
        name = snake(owner.partition(":")[2].rpartition(".")[2])
        made = next(iter(self._made(owner)), None)
        if made is not None:
            act = replace(scenario.act, receiver=name)
            return replace(scenario, bindings=(*scenario.bindings, Binding(name, made)), act=act)
        if facts.abstract or facts.kind in ("typeddict",):
            return None
        keywords: list[tuple[str, Expression]] = []
        positional: list[Expression] = []
        for parameter in facts.parameters:
            if parameter.has_default or parameter.kind in ("args", "kwargs"):
                continue
            scenario, value = self._typical(scenario, parameter)
            if value is None:
                return None
            if parameter.kind == "keyword" or facts.kind == "dataclass":
                keywords.append((parameter.name, value))
            else:
                positional.append(value)
        binding = Binding(name, Call(owner, tuple(positional), tuple(keywords)))
        act = replace(scenario.act, receiver=name)
        return replace(scenario, bindings=(*scenario.bindings, binding), act=act)

    def _made(self, owner: str) -> Iterator[Expression]:
        """Objects of a class that were seen to be made, the members of an enum, objects of a concrete subclass."""
        yield from self.producers.of(owner)
        facts = self._report.classes[owner]
        if facts.kind == "enum":
            yield from (Symbol(member) for member in facts.members)
        elif facts.abstract or facts.kind == "protocol":
            for path in self.producers.subclasses(owner):
                yield from self._values.candidates(TypeReport("class", path), "value")

    def receivers(self, value: Call) -> Iterator[Expression]:
        """Other objects of the class that a receiver is of: made in another way, or with one more argument."""
        owner = next((path for path in self._report.classes if value in self.producers.of(path)), value.function)
        yield from self.producers.of(owner)
        facts = self._report.classes.get(value.function)
        if facts is None:
            return
        candidates = {p.name: self._values.candidates(p.type, p.name)[:_MOST_OPTIONS] for p in facts.parameters}
        yield from with_optionals(value, facts.parameters, candidates)
        for position, parameter in enumerate(facts.parameters):
            if parameter.kind == "args":
                yield from (
                    replace(value, args=(*value.args[:position], *items.items))
                    for items in self._values.candidates(TypeReport("list"), parameter.name)
                    if isinstance(items, Items)
                )
                break
            for made in candidates[parameter.name][1:]:
                if position < len(value.args):
                    yield replace(value, args=(*value.args[:position], made, *value.args[position + 1 :]))
                elif parameter.name in dict(value.keywords):
                    yield replace(value, keywords=tuple((dict(value.keywords) | {parameter.name: made}).items()))


def _act(module: str, target: CallableReport) -> Step:
    consume = usual_way(target)
    if target.kind == "constructor":
        return Step("function", f"{target.owner}", target.qualname.rpartition(".")[0], consume=consume)
    if target.kind == "method" and target.name in OPERATORS:
        return Step("operator", f"{module}:{target.qualname}", target.name, consume=consume)
    kind = target.kind if target.kind in ("method", "property", "setter") else "function"
    return Step(kind, f"{module}:{target.qualname}", target.name, consume=consume)


def with_database(scenario: Scenario) -> Scenario:
    """The scenario with a real session when anything in it refers to one."""
    needs = any(
        isinstance(part, Name) and part.name == "db_session"
        for value in _values_of(scenario)
        for _, part in walk(value)
    )
    return replace(scenario, database="session") if needs and not scenario.database else scenario


def _values_of(scenario: Scenario) -> tuple[Expression, ...]:
    arguments = tuple(argument.value for argument in scenario.act.arguments)
    return (*arguments, *(binding.value for binding in scenario.bindings))
