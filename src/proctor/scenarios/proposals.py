"""Variations of a scenario that may decide an open branch: input-to-state first, then the database, then everything else.

Input-to-state correspondence (Aschermann et al., REDQUEEN, NDSS 2019): a value of the scenario that shows up as an
operand of the undecided comparison is the place to change, and the other operand says to what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from proctor.execution.expressions import (
    NONE,
    Call,
    Expression,
    Fields,
    Items,
    Literal,
    Mock,
    Name,
    Opaque,
    Pairs,
    Pattern,
    StandIn,
    Symbol,
    walk,
)
from proctor.execution.records import CallableReport, Filter, Note, Observation, TargetReport, text_of
from proctor.scenarios.compose import Composer
from proctor.scenarios.numbers import like, neighbours, number_of, shifted_days
from proctor.scenarios.patterns import matching, near_misses
from proctor.scenarios.rows import RowSource
from proctor.scenarios.scenario import MockCall, Outcome, Scenario, Slot, Step, slots, with_value
from proctor.scenarios.values import ValueSource, literals, unique

_MOST_SLOTS = 40
_FAILING_CALLS = ("commit()", "flush()", "execute()", "delete()", "refresh()")
_TEXT_CASTS = (str, str.lower, str.upper, str.strip, str.title)


class Proposer:
    """Proposes variations for one callable of a module."""

    def __init__(
        self, target: CallableReport, report: TargetReport, values: ValueSource, rows: RowSource, composer: Composer
    ) -> None:
        self._target = target
        self._report = report
        self._values = values
        self._rows = rows
        self._composer = composer
        self._parameters = {parameter.name: parameter for parameter in target.parameters}

    def directed(self, scenario: Scenario, seen: Observation, open_sites: frozenset[int]) -> Iterator[Scenario]:
        """Variations that aim at decisions which this run reached and left open."""
        places = [slot for slot in slots(scenario) if _is_variable(slot.value)][:_MOST_SLOTS]
        for note in seen.notes:
            site = self._report.sites.get(note.site)
            if site is None or not ({note.site, site.decision} & open_sites):
                continue
            yield from self._from_note(scenario, note, places)
        yield from self._from_filters(scenario, seen.filters)
        yield from self._raising(scenario, open_sites)

    def broad(self, scenario: Scenario, seen: Observation) -> Iterator[Scenario]:
        """Variations in every direction: optional arguments, rows, then each place with each other value."""
        yield from self._optional_arguments(scenario)
        yield from self._row_counts(scenario, seen.filters)
        for slot in slots(scenario):
            for value in self._alternatives(scenario, slot):
                yield with_value(scenario, slot, value)

    def _from_note(self, scenario: Scenario, note: Note, places: list[Slot]) -> Iterator[Scenario]:
        if note.kind in ("test", "decide") and note.operands:
            yield from self._truth(scenario, note.operands[0], places)
        elif note.kind == "cmp":
            left, right = note.operands
            for here, there, op in ((left, right, note.op), (right, left, _mirrored(note.op))):
                hits = [slot for slot in places if corresponds(slot.value, here)]
                for slot in hits:
                    yield from _set_each(scenario, slot, towards(slot.value, here, op, there))
                if not hits:
                    yield from self._indirect(scenario, here, there, places)
        elif note.kind == "call":
            yield from self._predicate(scenario, note, places)
        elif note.kind == "item":
            yield from _missing_key(scenario, note.operands, places)

    def _truth(self, scenario: Scenario, operand: Expression, places: list[Slot]) -> Iterator[Scenario]:
        for slot in places:
            if corresponds(slot.value, operand):
                yield from _set_each(scenario, slot, (*_falsy(slot.value), *self._alternatives(scenario, slot)))

    def _indirect(
        self, scenario: Scenario, here: Expression, there: Expression, places: list[Slot]
    ) -> Iterator[Scenario]:
        """The operand was computed: move every number in proportion, and beyond."""
        seen, wanted = number_of(here), number_of(there)
        if seen is None or wanted is None:
            return
        for slot in places:
            current = number_of(slot.value)
            if current is None:
                continue
            scaled = [current * wanted / seen] if seen else []
            moved = [current + wanted - seen, wanted, current * 10, current * 100]
            for number in (*scaled, *moved):
                for near in neighbours(number.quantize(Decimal("0.01")) if abs(number) < 10**12 else number)[:3]:
                    yield with_value(scenario, slot, like(slot.value, near))

    def _predicate(self, scenario: Scenario, note: Note, places: list[Slot]) -> Iterator[Scenario]:
        receiver, *args = note.operands
        if note.op in ("isinstance", "issubclass"):
            yield from self._of_class(scenario, args, places)
            return
        for subject, wanted in _texts_wanted(note.op, receiver, args):
            for slot in places:
                if corresponds(slot.value, subject):
                    yield from _set_each(scenario, slot, wanted)
        if note.op == "get" and args:
            yield from _missing_key(scenario, (receiver, args[0]), places)

    def _of_class(self, scenario: Scenario, args: list[Expression], places: list[Slot]) -> Iterator[Scenario]:
        if len(args) != 2:
            return
        classes = args[1].items if isinstance(args[1], Items) else (args[1],)
        samples = [sample for cls in classes if isinstance(cls, Symbol) for sample in _samples(cls.path)]
        for slot in places:
            if corresponds(slot.value, args[0]):
                yield from _set_each(scenario, slot, samples)

    def _from_filters(self, scenario: Scenario, filters: Iterable[Filter]) -> Iterator[Scenario]:
        """A statement asked for a column's value: have a row with it, or ask for a row that is there."""
        for item in filters:
            model = self._rows.model_of_table(item.table)
            if model is None or not item.column:
                continue
            existing = self._rows.of_model(scenario, model)
            if item.op in ("==", "like") and isinstance(item.value, Literal | Symbol | Call):
                value = _unlike(item.value) if item.op == "like" else item.value
                for row in existing:
                    yield from _set_column(scenario, row.name, item.column, value)
                yield self._rows.add(scenario, model, {item.column: value})
            for slot in slots(scenario):
                if slot.where[0] == "argument" and slot.value == item.value:
                    for row in existing:
                        yield with_value(scenario, slot, Name(row.name, item.column))

    def _raising(self, scenario: Scenario, open_sites: frozenset[int]) -> Iterator[Scenario]:
        """Open handlers: have the replaced calls raise what they catch."""
        for site_id in sorted(open_sites):
            site = self._report.sites[site_id]
            if site.kind != "handler":
                continue
            for text in _exception_texts(site.text):
                made = self._report.exceptions.get(text)
                if made is not None:
                    yield from _raise_from_each(scenario, made)

    def _optional_arguments(self, scenario: Scenario) -> Iterator[Scenario]:
        given = {argument.name for argument in scenario.act.arguments}
        for parameter in self._target.parameters:
            if parameter.name in given or parameter.kind == "kwargs":
                continue
            for value in (None, *self._values.candidates(parameter.type, parameter.name)[:8]):
                made = self._composer.with_argument(scenario, parameter, value)
                if made is not None:
                    yield made

    def _row_counts(self, scenario: Scenario, filters: Iterable[Filter]) -> Iterator[Scenario]:
        tables = dict.fromkeys(item.table for item in filters)
        for table in tables:
            model = self._rows.model_of_table(table)
            if model is not None:
                yield self._rows.add(scenario, model)
                yield self._rows.add(self._rows.add(scenario, model), model)
        for row in scenario.rows:
            if not _is_used(scenario, row.name):
                yield replace(scenario, bindings=tuple(b for b in scenario.bindings if b is not row))
            model = self._rows.model(row.value.function) if isinstance(row.value, Call) else None
            for relationship in model.relationships if model else ():
                target = self._rows.model(relationship.target)
                if target is not None and relationship.direction == "ONETOMANY":
                    yield self._rows.add(scenario, target)
                    yield self._rows.add(self._rows.add(scenario, target), target)

    def _alternatives(self, scenario: Scenario, slot: Slot) -> tuple[Expression, ...]:
        kind = slot.where[0]
        if kind == "argument" and not slot.path:
            argument = scenario.act.arguments[int(slot.where[1])]
            parameter = self._parameters.get(argument.name)
            if parameter is None:
                return _nearby(slot.value)
            made = self._values.candidates(parameter.type, parameter.name)
            unknown = (Literal(999),) if isinstance(slot.value, Name) and slot.value.attribute else ()
            return unique((*unknown, *made, *_nearby(slot.value)))
        if kind == "binding":
            return self._of_binding(scenario, slot)
        return _nearby(slot.value)

    def _of_binding(self, scenario: Scenario, slot: Slot) -> tuple[Expression, ...]:
        binding = scenario.binding(str(slot.where[1]))
        if binding is None or not slot.path:
            return ()
        if binding.kind == "row" and isinstance(binding.value, Call) and len(slot.path) == 1:
            model = self._rows.model(binding.value.function)
            column = model.column(str(slot.path[0])) if model else None
            if model and column and not column.primary and not column.foreign:
                return self._rows.candidates(model, column)
            return ()
        return _nearby(slot.value)

    def after(self, scenario: Scenario, steps: Iterable[Step]) -> Iterator[Scenario]:
        """The scenario with another call of the same object before it, once for each of the given calls."""
        for step in steps:
            if step.receiver == scenario.act.receiver and _names_of(step) <= _names_in(scenario):
                yield replace(scenario, before=(step,))
                if scenario.rows:
                    rowless = tuple(binding for binding in scenario.bindings if binding.kind != "row")
                    yield _with_plain_ids(replace(scenario, before=(step,), bindings=rowless))

    def unset_columns(self, scenario: Scenario) -> Iterator[Scenario]:
        """Each row with one more of its optional columns set, to each candidate."""
        for row in scenario.rows:
            model = self._rows.model(row.value.function) if isinstance(row.value, Call) else None
            if model is None or not isinstance(row.value, Call):
                continue
            given = {name for name, _ in row.value.keywords}
            for column in model.columns:
                if column.name not in given and not column.foreign:
                    for value in self._rows.candidates(model, column):
                        yield from _set_column(scenario, row.name, column.name, value)


def _is_variable(value: Expression) -> bool:
    return not isinstance(value, Mock | StandIn) and not (isinstance(value, Name) and not value.attribute)


def _set_each(scenario: Scenario, slot: Slot, values: Iterable[Expression]) -> Iterator[Scenario]:
    for value in values:
        if value != slot.value:
            yield with_value(scenario, slot, value)


def _set_column(scenario: Scenario, row: str, column: str, value: Expression) -> Iterator[Scenario]:
    bindings = []
    for binding in scenario.bindings:
        if binding.name == row and isinstance(binding.value, Call):
            keywords = dict(binding.value.keywords)
            keywords[column] = value
            binding = replace(binding, value=replace(binding.value, keywords=tuple(keywords.items())))
        bindings.append(binding)
    yield replace(scenario, bindings=tuple(bindings))


def _names_of(step: Step) -> set[str]:
    values = (part for argument in step.arguments for _, part in walk(argument.value))
    return {value.name for value in values if isinstance(value, Name)}


def _names_in(scenario: Scenario) -> set[str]:
    return {binding.name for binding in scenario.bindings} | {"db_session"}


def _with_plain_ids(scenario: Scenario) -> Scenario:
    """References to rows that are gone become the first id that a database gives."""
    for slot in list(slots(scenario)):
        if isinstance(slot.value, Name) and slot.value.attribute:
            scenario = with_value(scenario, slot, Literal(1))
    return scenario


def _is_used(scenario: Scenario, name: str) -> bool:
    return any(isinstance(slot.value, Name) and slot.value.name == name for slot in slots(scenario))


def _raise_from_each(scenario: Scenario, made: Expression) -> Iterator[Scenario]:
    if scenario.database == "session" and isinstance(made, Call) and made.function.startswith("sqlalchemy."):
        for name in _FAILING_CALLS:
            yield replace(scenario, mock_calls=(MockCall((name,), (Outcome(made, raises=True),)),))
    for index, item in enumerate(scenario.replacements):
        items = list(scenario.replacements)
        items[index] = replace(item, outcomes=(Outcome(made, raises=True),))
        yield replace(scenario, replacements=tuple(items))


def _exception_texts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.strip("()").split(",") if part.strip())


def corresponds(value: Expression, operand: Expression) -> bool:
    """Whether an operand is a scenario's value, or the value cast, trimmed, measured or taken as a number."""
    if value == operand:
        return True
    number, other = number_of(value), number_of(operand)
    if number is not None and other is not None:
        return number == other
    text, seen = text_of(value), text_of(operand)
    if text is not None and seen is not None:
        return any(cast(text) == seen for cast in _TEXT_CASTS)
    if isinstance(operand, Literal) and operand.kind == "int":
        return length_of(value) == operand.value
    return False


def length_of(value: Expression) -> int | None:
    """The length of a text or container expression."""
    if isinstance(value, Literal) and isinstance(value.value, str | bytes):
        return len(value.value)
    return len(value.items) if isinstance(value, Items | Pairs) else None


def towards(value: Expression, here: Expression, op: str, there: Expression) -> tuple[Expression, ...]:
    """Values for a place that corresponds to `here`, such that `here OP there` comes out both ways."""
    if op in ("in", "not in"):
        return _members(there)
    if op == "contains":
        return _containing(value, there)
    wanted = number_of(there)
    if wanted is not None:
        return _numeric(value, here, wanted)
    days = [shifted for days in (0, 1, -1) if (shifted := shifted_days(there, days)) is not None]
    if days:
        return tuple(days)
    if isinstance(there, Opaque | Fields | Pattern):
        return ()
    return (there,)


def _members(container: Expression) -> tuple[Expression, ...]:
    if isinstance(container, Items):
        return container.items
    if isinstance(container, Pairs):
        return tuple(key for key, _ in container.items)
    text = text_of(container)
    return literals((text[:1], text)) if text else ()


def _containing(value: Expression, member: Expression) -> tuple[Expression, ...]:
    text, part = text_of(value), text_of(member)
    if text is not None and part is not None:
        return literals((text + part, part + text, part, text.replace(part, "")))
    if isinstance(value, Items):
        return (Items(value.kind, (*value.items, member)), Items(value.kind, (member,)))
    if isinstance(value, Pairs):
        return (Pairs((*value.items, (member, Literal("value")))), Pairs(((member, Literal(1)),)))
    return ()


def _numeric(value: Expression, here: Expression, wanted: Decimal) -> tuple[Expression, ...]:
    if number_of(value) is not None:
        return tuple(like(value, number) for number in neighbours(wanted))
    size = length_of(value)
    if size is not None and isinstance(here, Literal) and here.kind == "int":
        return tuple(resized(value, int(wanted) + step) for step in (0, 1, -1) if 0 <= int(wanted) + step <= 2000)
    return (like(here, wanted),)


def resized(value: Expression, size: int) -> Expression:
    """A text or container of that length."""
    if isinstance(value, Literal) and isinstance(value.value, str):
        text = value.value
        return Literal((text * (size // max(1, len(text)) + 1))[:size] if text else "x" * size)
    if isinstance(value, Items) and value.items:
        return Items(value.kind, (value.items * (size // len(value.items) + 1))[:size])
    return value


def _mirrored(op: str) -> str:
    return {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "in": "contains", "not in": "contains"}.get(op, op)


def _falsy(value: Expression) -> tuple[Expression, ...]:
    match value:
        case Literal(kind="str"):
            return literals(("",))
        case Literal(kind="int"):
            return literals((0, 1))
        case Literal(kind="bool"):
            return (Literal(not value.value),)
        case Items():
            return (Items(value.kind),)
        case Pairs():
            return (Pairs(),)
    return ()


def _texts_wanted(
    op: str, receiver: Expression, args: list[Expression]
) -> Iterator[tuple[Expression, tuple[Expression, ...]]]:
    """For a predicate on texts: which text was asked about, and texts that answer it both ways."""
    subject = text_of(receiver)
    if op in ("match", "fullmatch", "search"):
        yield from _matching_texts(receiver, args)
    elif subject is not None and op in ("startswith", "endswith") and args:
        options = args[0].items if isinstance(args[0], Items) else (args[0],)
        for option in options:
            part = text_of(option)
            if part is not None:
                joined = part + subject if op == "startswith" else subject + part
                yield receiver, literals((joined, part, subject.removeprefix(part).removesuffix(part)))
    elif subject is not None and op.startswith("is"):
        yield receiver, literals(("abc", "ABC", "Abc", "123", "a1", " ", "", "-", "Ab Cd", "name_1"))


def _matching_texts(
    receiver: Expression, args: list[Expression]
) -> Iterator[tuple[Expression, tuple[Expression, ...]]]:
    pattern, flags, subject = "", 0, None
    if isinstance(receiver, Pattern) and args:
        pattern, flags, subject = receiver.text, receiver.flags, args[0]
    elif len(args) >= 2:
        first = args[0]
        pattern = first.text if isinstance(first, Pattern) else text_of(first) or ""
        flags, subject = (first.flags if isinstance(first, Pattern) else 0), args[1]
    if pattern and subject is not None:
        yield subject, literals((*matching(pattern, flags), *near_misses(pattern, flags)))


def _missing_key(
    scenario: Scenario, operands: tuple[Expression, ...], places: list[Slot]
) -> Iterator[Scenario]:
    container, key = operands[0], operands[1]
    for slot in places:
        if slot.value == key:
            yield from _set_each(scenario, slot, _members(container))
        if isinstance(slot.value, Pairs) and slot.value == container:
            for value in literals(("value", 1, "")):
                yield with_value(scenario, slot, Pairs((*slot.value.items, (key, value))))


_SAMPLES: Mapping[str, tuple[Expression, ...]] = {
    "builtins:str": literals(("text",)),
    "builtins:int": literals((3,)),
    "builtins:float": literals((1.5,)),
    "builtins:bool": literals((True,)),
    "builtins:bytes": literals((b"abc",)),
    "builtins:list": (Items("list", literals((1, 2))),),
    "builtins:tuple": (Items("tuple", literals((1, 2))),),
    "builtins:set": (Items("set", literals((1, 2))),),
    "builtins:dict": (Pairs(((Literal("key"), Literal("value")),)),),
    "decimal:Decimal": (Call("decimal:Decimal", literals(("10.00",))),),
    "builtins:NoneType": (NONE,),
    "datetime:datetime": (Call("datetime:datetime", literals((2024, 1, 15))),),
    "datetime:date": (Call("datetime:date", literals((2024, 1, 15))),),
}


def _samples(path: str) -> tuple[Expression, ...]:
    return _SAMPLES.get(path, ())


def _nearby(value: Expression) -> tuple[Expression, ...]:
    """Other values of the same kind."""
    match value:
        case Literal(kind="bool"):
            return (Literal(not value.value),)
        case Literal(kind="int"):
            return literals((0, 1, -1, 2, int(str(value.value)) + 1, int(str(value.value)) * 10, 100))
        case Literal(kind="float"):
            return literals((0.0, 1.0, -1.0, 0.5, 100.0))
        case Literal(kind="str"):
            return literals(("", "a", "other text", "12", "Not Valid!"))
        case Call(function="decimal:Decimal"):
            return tuple(Call("decimal:Decimal", literals((text,))) for text in ("0", "-1", "0.01", "1", "100", "1000"))
        case Items():
            return (Items(value.kind), Items(value.kind, value.items[:1] * 2))
        case Pairs():
            return (Pairs(),)
        case Symbol() | Call() | Name():
            return ()
    return ()


def _unlike(value: Expression) -> Expression:
    """A value that a LIKE pattern finds."""
    text = text_of(value)
    return Literal(text.replace("%", "").replace("_", "x")) if text is not None else value
