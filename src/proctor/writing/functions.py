"""Writes one case as the body of a test: arrange, act, assert. What may differ within a family stays a token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proctor.execution.expressions import NONE, Call, Expression, Literal, Name, Symbol, is_printable, walk
from proctor.oracles.assertions import Assertion, Called, Equals, HasLength, IsInstance, Raises, RowCount, Warns
from proctor.oracles.cases import Case
from proctor.scenarios.scenario import Argument, Binding, MockCall, Outcome, Replacement, Scenario, Step
from proctor.writing.calls import is_idle, operation, other_function, throw_lines, used_up, with_block
from proctor.writing.printing import Imports, Printer
from proctor.writing.style import ModuleStyle

# The exceptions that so much raises that only the message tells one from another.
_BROAD = frozenset(f"builtins:{name}" for name in ("BaseException", "Exception", "ValueError", "OSError"))
_TOKEN = "\0{}\0"


@dataclass(frozen=True, slots=True)
class Draft:
    """A test before families are merged: its lines hold tokens, whose printed values stand in `tokens`."""

    case: Case
    name: str
    fixtures: tuple[str, ...]
    decorators: tuple[str, ...]
    lines: tuple[str, ...]
    tokens: tuple[tuple[str, str], ...]

    def filled(self, kept: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """The lines with every token printed, but for those that became parameters."""
        lines = self.lines
        for name, value in self.tokens:
            shown = name if name in kept else value
            lines = tuple(line.replace(_TOKEN.format(name), shown) for line in lines)
        return lines


class CaseWriter:
    """Writes one case."""

    def __init__(self, case: Case, style: ModuleStyle, imports: Imports) -> None:
        self._case = case
        self._scenario = case.scenario
        self._style = style
        self._imports = imports
        self._fixtures: list[str] = []
        self._tokens: dict[str, str] = {}
        self._renamed = _renamed(self._scenario, style)
        self._printer = Printer(imports, self._renamed)

    def draft(self, name: str) -> Draft:
        """The case as a draft of that name."""
        arranged = list(self._arrange())
        acted = list(self._act())
        checked = list(self._assert())
        lines = [*arranged, *([""] if arranged else []), *acted, *([""] if checked else []), *checked]
        return Draft(
            self._case,
            name,
            tuple(dict.fromkeys(self._fixtures)),
            tuple(self._decorators()),
            tuple(lines),
            tuple(self._tokens.items()),
        )

    def _use(self, fixture: str) -> str:
        self._fixtures.append(fixture)
        return fixture

    def _decorators(self) -> Iterator[str]:
        finding = self._case.finding
        if finding is not None:
            pytest = self._imports.module("pytest")
            error = self._printer.path(finding.exception)
            yield f"@{pytest}.mark.xfail(strict=True, raises={error}, reason={finding.issue!r})"

    # --- arrange

    def _arrange(self) -> Iterator[str]:
        yield from self._environment()
        for item in self._scenario.replacements:
            yield from self._replacement(item)
        yield from self._bindings()
        for name, attribute, value in self._scenario.assignments:
            if self._is_mentioned(name):
                yield f"{self._name(name)}.{attribute} = {self._printer.value(value)}"
        if self._scenario.database == "mock" or self._scenario.mock_calls:
            for call in self._scenario.mock_calls:
                yield self._mock_call(call)
        for step in self._scenario.before:
            yield from self._before(step)
        for argument in self._scenario.act.arguments:
            if self._is_looked_at(argument):
                yield f"{self._name(argument.name)} = {self._printer.value(argument.value)}"

    def _is_looked_at(self, argument: Argument) -> bool:
        """Whether something is said of the argument after the call, so that it needs a name."""
        is_named = any(isinstance(part, Name) for _, part in walk(argument.value))
        is_free = not is_named and argument.name != "result"
        return is_free and any(_speaks_of(assertion, argument.name) for assertion in self._case.assertions)

    def _environment(self) -> Iterator[str]:
        common = dict(self._style.environment)
        for name, value in self._scenario.environment:
            if value is None:
                yield f"{self._use('monkeypatch')}.delenv({name!r}, raising=False)"
            elif common.get(name) != value:
                yield f"{self._use('monkeypatch')}.setenv({name!r}, {value!r})"

    def _replacement(self, item: Replacement) -> Iterator[str]:
        autospec = self._imports.take("unittest.mock", "create_autospec")
        holder = self._holder(item.holder)
        answer = self._outcomes(item.outcomes)
        local = self._style.free(local_name(item.name))
        yield f"{local} = {autospec}({holder}.{item.name}, {answer})"
        yield f"{self._use('monkeypatch')}.setattr({holder}, {item.name!r}, {local})"

    def _holder(self, holder: str) -> str:
        module, _, qualname = holder.partition(":")
        if not qualname:
            return self._imports.module(module)
        if "." in qualname or module.count(".") == 0:
            return f"{self._imports.module(module)}.{qualname}"
        return self._printer.path(holder)

    def _outcomes(self, outcomes: tuple[Outcome, ...]) -> str:
        first = outcomes[0]
        if len(outcomes) == 1:
            return f"{'side_effect' if first.raises else 'return_value'}={self._printer.value(first.value)}"
        return f"side_effect=[{', '.join(self._printer.value(outcome.value) for outcome in outcomes)}]"

    def _bindings(self) -> Iterator[str]:
        saved: list[str] = []
        for binding in self._scenario.bindings:
            fixture = self._style.fixture_of(binding)
            if fixture is not None:
                self._use(fixture)
                continue
            if binding.kind == "row":
                is_named = self._is_mentioned(binding.name)
                made = self._row(binding)
                saved.append(self._name(binding.name) if is_named else made)
                if is_named:
                    yield f"{self._name(binding.name)} = {made}"
            elif self._is_mentioned(binding.name) or binding.name == self._scenario.act.receiver:
                if saved:
                    yield self._save(saved)
                    saved = []
                yield f"{self._name(binding.name)} = {self._row(binding)}"
        if saved:
            yield self._save(saved)
        self._note_session()

    def _save(self, saved: list[str]) -> str:
        return f"{self._use('save')}({', '.join(saved)})"

    def _note_session(self) -> None:
        values = [binding.value for binding in self._scenario.bindings if self._style.fixture_of(binding) is None]
        values += [argument.value for argument in self._scenario.act.arguments]
        for value in values:
            for _, part in walk(value):
                if isinstance(part, Name) and part.name in ("db_session", "mock_session", "tmp_path"):
                    self._use(part.name)

    def _row(self, binding: Binding) -> str:
        factory = self._style.factories.get(binding.value.function) if isinstance(binding.value, Call) else None
        if factory is None or not isinstance(binding.value, Call):
            return self._printer.value(binding.value)
        usual = dict(factory.values)
        given = [(name, value) for name, value in binding.value.keywords if usual.get(name) != value]
        return f"{self._use(factory.fixture)}({self._printer.arguments((), tuple(given))})"

    def _mock_call(self, call: MockCall) -> str:
        session = self._use("mock_session" if self._scenario.database == "mock" else "db_session")
        chain = ".return_value.".join(part.removesuffix("()") for part in call.path)
        kind, _, value = self._outcomes(call.outcomes).partition("=")
        return f"{session}.{chain}.{kind} = {value}"

    def _is_mentioned(self, name: str) -> bool:
        """Whether anything but the database knows the binding."""
        scenario = self._scenario
        steps = (scenario.act, *scenario.before)
        answering: tuple[Replacement | MockCall, ...] = (*scenario.replacements, *scenario.mock_calls)
        values: list[Expression] = [argument.value for step in steps for argument in step.arguments]
        values += [binding.value for binding in scenario.bindings if binding.name != name]
        values += [outcome.value for item in answering for outcome in item.outcomes]
        values += [value for _, _, value in scenario.assignments]
        named = any(isinstance(part, Name) and part.name == name for value in values for _, part in walk(value))
        named = named or any(subject == name for subject, _, _ in scenario.assignments)
        return (
            named
            or any(step.receiver == name for step in steps)
            or any(_speaks_of(a, name) for a in self._case.assertions)
        )

    # --- act

    def _act(self) -> Iterator[str]:
        step = self._scenario.act
        called = self._call(step, tokens=True)
        if step.consume == "throw":
            lines, called = throw_lines(called)
            yield from lines
        speaks = any(_speaks_of(assertion, "result") for assertion in self._case.assertions)
        acted = self._acted(step, called, "result" if speaks else "")
        contexts = [] if self._case.finding is not None else list(self._contexts())
        if contexts:
            yield f"with {', '.join(contexts)}:"
        yield from (f"    {line}" if contexts else line for line in acted)

    def _contexts(self) -> Iterator[str]:
        """What the call must raise or warn of."""
        for assertion in self._case.assertions:
            if isinstance(assertion, Warns):
                yield f"{self._imports.module('pytest')}.warns({self._warns(assertion)})"
        if self._case.raises is not None:
            yield f"{self._imports.module('pytest')}.raises({self._raises(self._case.raises)})"

    def _warns(self, warns: Warns) -> str:
        category = self._printer.path(warns.type)
        return f"{category}, match={self._pattern(warns.match)}" if warns.match else category

    def _acted(self, step: Step, called: str, name: str) -> list[str]:
        if step.consume in ("with", "with_error"):
            return with_block(called, step.consume, name)
        if name and not step.is_statement:
            return [f"{name} = {called}"]
        return [f"_ = {called}" if is_idle(step) and step.kind != "property" else called]

    def _raises(self, raises: Raises) -> str:
        error = self._printer.path(raises.type)
        if not raises.match:
            return f'{error}, match=r"^$"' if raises.is_silent and raises.type in _BROAD else error
        return f"{error}, match={self._token('message', self._pattern(raises.match))}"

    def _pattern(self, message: str) -> str:
        if re.escape(message).replace("\\ ", " ").replace("\\-", "-") == message:
            return repr(message)
        return f"{self._imports.module('re')}.escape({message!r})"

    def _call(self, step: Step, *, tokens: bool = False) -> str:
        arguments = [self._argument(argument, tokens=tokens) for argument in step.arguments]
        return used_up(self._step_call(step, arguments), step.consume, self._imports)

    def _step_call(self, step: Step, arguments: list[str]) -> str:
        receiver = self._name(step.receiver)
        match step.kind:
            case "property":
                return f"{receiver}.{step.member}"
            case "setter":
                return f"{receiver}.{step.member} = {arguments[0]}"
            case "operator":
                function = other_function(step.member, self._imports)
                return f"{function}({receiver})" if function else operation(step.member, receiver, arguments)
        called = f"{receiver}.{step.member}" if step.receiver else self._printer.path(step.target)
        return f"{called}({', '.join(arguments)})"

    def _before(self, step: Step) -> Iterator[str]:
        called = self._call(step)
        if step.name:
            yield f"{self._name(step.name)} = {called}"
        else:
            yield from self._acted(step, called, "")

    def _name(self, name: str) -> str:
        return self._renamed.get(name, name)

    def _argument(self, argument: Argument, *, tokens: bool) -> str:
        printed = self._printer.value(argument.value)
        is_free = not any(isinstance(part, Name) for _, part in walk(argument.value))
        if tokens and self._is_looked_at(argument):
            shown = self._name(argument.name)
        else:
            shown = self._token(argument.name, printed) if tokens and is_free else printed
        return f"{argument.name}={shown}" if argument.keyword else shown

    def _token(self, name: str, printed: str) -> str:
        bound = (shown for known, shown in self._renamed.items() if known != name)
        used = {*bound, *self._fixtures, *self._tokens}
        local = self._style.free(name, used)
        self._tokens[local] = printed
        return _TOKEN.format(local)

    # --- assert

    def _assert(self) -> Iterator[str]:
        if self._case.finding is not None:
            return
        rolled_back = False
        for assertion in self._case.assertions:
            if self._is_about_rows(assertion) and not rolled_back:
                rolled_back = True
                if self._case.committed:
                    yield f"{self._use('db_session')}.rollback()  # only what was committed counts"
            yield from self._assertion(assertion)

    def _is_about_rows(self, assertion: Assertion) -> bool:
        if self._scenario.database != "session":
            return False
        rows = {row.name for row in self._scenario.rows}
        return isinstance(assertion, RowCount) or (
            isinstance(assertion, Equals) and assertion.subject.partition(".")[0] in rows
        )

    def _assertion(self, assertion: Assertion) -> Iterator[str]:
        match assertion:
            case Equals(subject=subject, expected=expected):
                yield self._equals(self._subject(subject), expected)
            case HasLength(subject=subject, size=size):
                yield f"assert len({self._subject(subject)}) == {size}"
            case IsInstance(subject=subject, cls=cls):
                yield f"assert isinstance({self._subject(subject)}, {self._printer.path(cls)})"
            case RowCount(model=model, count=count):
                yield f"assert {self._use('count')}({self._printer.path(model)}) == {count}"
            case Called():
                yield self._called(assertion)

    def _subject(self, subject: str) -> str:
        """The subject under the names of the file, with the fixtures and modules that it speaks of."""
        first = first_name(subject)
        if first == "capsys":
            self._use(first)
        if subject.startswith("math."):
            self._imports.module("math")
        return re.sub(rf"(?<![\w.]){re.escape(first)}\b", self._renamed.get(first, first), subject, count=1)

    def _equals(self, subject: str, expected: Expression) -> str:
        is_same = expected == NONE or (isinstance(expected, Literal) and expected.kind == "bool")
        if isinstance(expected, Name):
            return f"assert {subject} is {self._printer.value(expected)}"
        if subject.startswith("math."):
            return f"assert {subject}"
        printed = self._printer.compared(expected)
        if subject == "result" and is_printable(expected) and not isinstance(expected, Symbol):
            is_free = not any(isinstance(part, Name) for _, part in walk(expected))
            printed = self._token("expected", printed) if is_free else printed
        return f"assert {subject} {'is' if is_same else '=='} {printed}"

    def _called(self, called: Called) -> str:
        name = self._style.free(local_name(called.mock))
        if called.method:
            is_local = self._scenario.binding(called.mock) is not None
            name = f"{called.mock if is_local else self._use(called.mock)}.{called.method}"
        if called.times == 0:
            return f"{name}.assert_not_called()"
        if called.times > 1:
            return f"assert {name}.call_count == {called.times}"
        if called.arguments is None:
            return f"{name}.assert_called_once()"
        args = tuple(value for key, value in called.arguments if not key)
        keywords = tuple((key, value) for key, value in called.arguments if key)
        return f"{name}.assert_called_once_with({self._printer.arguments(args, keywords)})"


def _renamed(scenario: Scenario, style: ModuleStyle) -> dict[str, str]:
    """What the arranged objects are called in the file."""
    names = {binding.name: style.fixture_of(binding) or binding.name for binding in scenario.bindings}
    names |= {step.name: step.name for step in scenario.before if step.name}
    found = {name: style.free(shown) for name, shown in names.items()}
    for argument in scenario.act.arguments:  # some are given a name, to be looked at after the call
        if argument.name != "result":
            found.setdefault(argument.name, style.free(argument.name, found.values()))
    return found


def local_name(name: str) -> str:
    """The local name of a replaced call."""
    return f"{name.lower()}_call"


def first_name(subject: str) -> str:
    """The name that a subject such as `len(name.items[0])` speaks of."""
    return re.split(r"[.\[)]", re.sub(r"^(?:math\.)?\w+\(", "", subject))[0]


def _speaks_of(assertion: Assertion, name: str) -> bool:
    if isinstance(assertion, Equals | HasLength | IsInstance):
        first = first_name(assertion.subject)
        mentions = isinstance(assertion, Equals) and any(
            isinstance(part, Name) and part.name == name for _, part in walk(assertion.expected)
        )
        return first == name or mentions
    if isinstance(assertion, Called) and assertion.mock == name:
        return True
    if isinstance(assertion, Called) and assertion.arguments:
        return any(isinstance(p, Name) and p.name == name for _, v in assertion.arguments for _, p in walk(v))
    return False
