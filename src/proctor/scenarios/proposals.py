"""Variations of a scenario that may decide an open branch: input-to-state first, then the database, then all else.

Input-to-state correspondence (Aschermann et al., REDQUEEN, NDSS 2019): a value of the scenario that shows up as an
operand of the undecided comparison is the place to change, and the other operand says to what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import chain

from proctor.analysis.influences import Influences
from proctor.execution.expressions import (
    NONE,
    Call,
    Expression,
    Items,
    Literal,
    Mock,
    Name,
    Pairs,
    StandIn,
    Symbol,
    walk,
)
from proctor.execution.records import (
    CallableReport,
    Filter,
    Note,
    Observation,
    ParameterReport,
    SiteReport,
    TargetReport,
    TypeReport,
    text_of,
)
from proctor.scenarios.collaborators import Collaborators
from proctor.scenarios.complaints import answered, having
from proctor.scenarios.compose import Composer
from proctor.scenarios.correspondence import (
    corresponds,
    falsy,
    members,
    mirrored,
    nearby,
    samples,
    texts_wanted,
    towards,
)
from proctor.scenarios.derived import parts_rewritten, texts_rewritten
from proctor.scenarios.edits import EditSource, set_column
from proctor.scenarios.numbers import like, neighbours, number_of
from proctor.scenarios.places import parameter_at
from proctor.scenarios.rows import RowSource
from proctor.scenarios.scenario import Argument, Binding, MockCall, Outcome, Scenario, Slot, Step, slots, with_value
from proctor.scenarios.texts import TextSource
from proctor.scenarios.values import ValueSource, alternating, literals, unique

_MOST_SLOTS = 40
_MOST_SAMPLES = 3
_OF_NO_CLASS = (NONE, Literal("text"), Literal(3))
_MOST_KEYWORDS = 6
_FAILING_CALLS = ("commit()", "flush()", "execute()", "delete()", "refresh()")


class Proposer:
    """Proposes variations for one callable of a module."""

    def __init__(  # noqa: PLR0913, PLR0917 - the sources are shared by all proposers of a module, so they are passed in
        self,
        target: CallableReport,
        report: TargetReport,
        influences: Influences,
        values: ValueSource,
        rows: RowSource,
        composer: Composer,
        texts: TextSource | None = None,
    ) -> None:
        self._target = target
        self._texts = texts
        self._report = report
        self._values = values
        self._rows = rows
        self._composer = composer
        self._edits = EditSource(target, influences, values, rows, composer)
        self._collaborators = Collaborators(report, values)
        self._parameters = {parameter.name: parameter for parameter in target.parameters}

    def directed(self, scenario: Scenario, seen: Observation, open_sites: frozenset[int]) -> Iterator[Scenario]:
        """Variations that aim at decisions which this run reached and left open."""
        places = [slot for slot in slots(scenario) if _is_variable(slot.value)][:_MOST_SLOTS]
        yield from answered(scenario, seen, [slot for slot in places if not self._is_annotated(scenario, slot)])
        for note in seen.notes:
            site = self._report.sites.get(note.site)
            is_aimed = site is not None and bool({note.site, site.decision} & open_sites)
            if not is_aimed and note.kind not in ("item", "call"):
                continue
            yield from self._from_note(scenario, note, places)
            yield from parts_rewritten(scenario, note, places)
        yield from self._from_filters(scenario, seen.filters)
        yield from self._raising(scenario, open_sites)
        for site in self._reached(seen, open_sites):
            for edit in self._edits.singles(scenario, site, _notes_at(seen, site)):
                yield edit(scenario)

    def _is_annotated(self, scenario: Scenario, slot: Slot) -> bool:
        """Whether an annotation says what stands there: a crash is then no reason to give something else."""
        if slot.where[0] != "argument" or slot.path:
            return False
        parameter = self._parameters.get(scenario.act.arguments[int(slot.where[1])].name)
        return parameter is not None and parameter.type.kind == "atom" and parameter.type.name != "builtins:object"

    def answered(self, scenario: Scenario, seen: Observation) -> Scenario | None:
        """The scenario with answers for the collaborators that were asked, or None when all have some."""
        return self._collaborators.answered(scenario, seen)

    def answers(self, scenario: Scenario, open_sites: frozenset[int]) -> Iterator[Scenario]:
        """The scenario with other answers of its collaborators, those among them that open handlers catch."""
        sites = (self._report.sites[site] for site in sorted(open_sites))
        caught = [text for site in sites if site.kind == "handler" for text in _exception_texts(site.text)]
        return self._collaborators.otherwise(scenario, frozenset(caught))

    def paired(self, scenario: Scenario, seen: Observation, open_sites: frozenset[int]) -> Iterator[Scenario]:
        """Two changes at once that the words of an open decision suggest."""
        for site in self._reached(seen, open_sites):
            yield from self._edits.pairs(scenario, site, _notes_at(seen, site), site.id)

    def _reached(self, seen: Observation, open_sites: frozenset[int]) -> list[SiteReport]:
        """Open places that this run came near to: decisions it took, and loops it ran."""
        reached = {site for site, _ in seen.covered}
        return [self._report.sites[site] for site in sorted(open_sites & reached)]

    def broad(self, scenario: Scenario, seen: Observation) -> Iterator[Scenario]:
        """Variations in every direction, taken in turns: each place with each other value, and texts."""
        values = chain(self.other_values(scenario, seen), self.unset_columns(scenario))
        if self._texts is None or scenario.database:
            # With a database it is rows that decide; texts would only take their turns.
            return values
        return alternating(values, texts_rewritten(self._texts, scenario, seen))

    def other_values(self, scenario: Scenario, seen: Observation) -> Iterator[Scenario]:
        """Optional arguments, rows, receivers, then each place with each other value."""
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
            for here, there, op in ((left, right, note.op), (right, left, mirrored(note.op))):
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
                yield from _set_each(scenario, slot, (*falsy(slot.value), *self._alternatives(scenario, slot)))

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
        if note.op == "hasattr" and len(args) == 2:
            for slot in places:
                if corresponds(slot.value, args[0]):
                    yield from _set_each(scenario, slot, (*having(text_of(args[1]) or ""), *_OF_NO_CLASS))
            return
        for subject, wanted in texts_wanted(note.op, receiver, args):
            for slot in places:
                if corresponds(slot.value, subject):
                    yield from _set_each(scenario, slot, wanted)
        if note.op == "get" and args:
            yield from _missing_key(scenario, (receiver, args[0]), places)

    def _of_class(self, scenario: Scenario, args: list[Expression], places: list[Slot]) -> Iterator[Scenario]:
        if len(args) != 2:
            return
        classes = args[1].items if isinstance(args[1], Items) else (args[1],)
        wanted = [sample for cls in classes if isinstance(cls, Symbol) for sample in self._samples(cls.path)]
        for slot in places:
            if corresponds(slot.value, args[0]):
                yield from _set_each(scenario, slot, (*wanted, *_OF_NO_CLASS))

    def _samples(self, path: str) -> tuple[Expression, ...]:
        """Instances of a class: of the standard library's, or of one that can be built."""
        return samples(path) or self._values.candidates(TypeReport("class", path), "value")[:_MOST_SAMPLES]

    def _from_filters(self, scenario: Scenario, filters: Iterable[Filter]) -> Iterator[Scenario]:
        """A statement asked for a column's value: have a row with it, or ask for a row that is there."""
        for item in filters:
            model = self._rows.model_of_table(item.table)
            if model is None or not item.column:
                continue
            existing = self._rows.of_model(scenario, model)
            if item.op in ("==", "like") and isinstance(item.value, Literal | Symbol | Call):
                value = _unlike(item.value) if item.op == "like" else item.value
                column = model.column(item.column)
                for row in existing if column is None or not column.primary else ():
                    yield set_column(row.name, item.column, value, scenario)
                if value != NONE and not any(_holds(row, item.column, value) for row in existing):
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
            if parameter.name in given:
                continue
            if parameter.kind == "kwargs":
                yield from self._keywords(scenario, parameter)
                continue
            for value in (None, *self._values.candidates(parameter.type, parameter.name)[:8]):
                made = self._composer.with_argument(scenario, parameter, value)
                if made is not None:
                    yield made

    def _keywords(self, scenario: Scenario, parameter: ParameterReport) -> Iterator[Scenario]:
        """Keyword arguments that no parameter names: those that the body asks for."""
        for value in self._values.candidates(parameter.type, parameter.name)[:_MOST_KEYWORDS]:
            if isinstance(value, Pairs) and value.items:
                named = [(text_of(key) or "", item) for key, item in value.items]
                added = tuple(Argument(name, item, keyword=True) for name, item in named if name.isidentifier())
                act = replace(scenario.act, arguments=(*scenario.act.arguments, *added))
                yield replace(scenario, act=act)

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
                return nearby(slot.value)
            made = self._values.candidates(parameter.type, parameter.name)
            unknown = (Literal(999),) if isinstance(slot.value, Name) and slot.value.attribute else ()
            return unique((*unknown, *made, *nearby(slot.value)))
        if kind == "binding":
            return self._of_binding(scenario, slot)
        if kind == "argument":
            return self._of_nested(scenario.act.arguments[int(slot.where[1])].value, slot)
        return nearby(slot.value)

    def _of_nested(self, root: Expression, slot: Slot) -> tuple[Expression, ...]:
        parameter = parameter_at(root, slot.path, self._report.classes)
        made = self._values.candidates(parameter.type, parameter.name) if parameter is not None else ()
        return unique((*made, *nearby(slot.value)))

    def _of_binding(self, scenario: Scenario, slot: Slot) -> tuple[Expression, ...]:
        binding = scenario.binding(str(slot.where[1]))
        if binding is not None and not slot.path and binding.kind != "row" and isinstance(binding.value, Call):
            return unique(self._composer.receivers(binding.value))
        if binding is None or not slot.path:
            return ()
        if binding.kind == "row" and isinstance(binding.value, Call) and len(slot.path) == 1:
            model = self._rows.model(binding.value.function)
            column = model.column(str(slot.path[0])) if model else None
            if model and column and not column.primary and not column.foreign:
                return self._rows.candidates(model, column)
            return ()
        return self._of_nested(binding.value, slot)

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
                        yield set_column(row.name, column.name, value, scenario)


def _holds(row: Binding, column: str, value: Expression) -> bool:
    return isinstance(row.value, Call) and dict(row.value.keywords).get(column) == value


def _notes_at(seen: Observation, site: SiteReport) -> list[Note]:
    return [note for note in seen.notes if note.site == site.id]


def _is_variable(value: Expression) -> bool:
    return not isinstance(value, Mock | StandIn) and not (isinstance(value, Name) and not value.attribute)


def _set_each(scenario: Scenario, slot: Slot, values: Iterable[Expression]) -> Iterator[Scenario]:
    for value in values:
        if value != slot.value:
            yield with_value(scenario, slot, value)


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


def _missing_key(scenario: Scenario, operands: tuple[Expression, ...], places: list[Slot]) -> Iterator[Scenario]:
    container, key = operands[0], operands[1]
    for slot in places:
        if slot.value == key:
            yield from _set_each(scenario, slot, members(container))
        if isinstance(slot.value, Pairs) and slot.value == container:
            for value in literals(("value", 1, "")):
                yield with_value(scenario, slot, Pairs((*slot.value.items, (key, value))))


def _unlike(value: Expression) -> Expression:
    """A value that a LIKE pattern finds."""
    text = text_of(value)
    return Literal(text.replace("%", "").replace("_", "x")) if text is not None else value
