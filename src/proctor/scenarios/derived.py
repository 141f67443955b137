"""Operands that are a part of a text of the scenario: a character that a scanner looks at, a line, a field.

Input-to-state correspondence on substrings: what the part is compared with is written where the part stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from proctor.execution.expressions import Expression, Items, Literal
from proctor.execution.records import Note, Observation, text_of
from proctor.scenarios.correspondence import corresponds, mirrored, texts_wanted
from proctor.scenarios.scenario import Scenario, Slot, slots, with_value
from proctor.scenarios.texts import TextSource, rewritten
from proctor.scenarios.values import alternating

_MOST_MEMBERS = 8
_MOST_TEXTS = 4
_MOST_PARTS = 4
_LONGEST_PART = 2


def texts_rewritten(source: TextSource, scenario: Scenario, seen: Observation) -> Iterator[Scenario]:
    """The texts of a scenario by what was compared, by the words of the vocabulary, and by both, taken in turns."""
    places = [slot for slot in slots(scenario) if is_text(slot.value)]
    for slot in places:
        source.keep(content_of(slot.value) or "")
    return alternating(
        _echoes(scenario, seen, places),
        alternating(*(_varied(source, scenario, slot) for slot in places[:_MOST_TEXTS])),
        _words_placed(source, scenario, seen, places),
    )


def _echoes(scenario: Scenario, seen: Observation, places: list[Slot]) -> Iterator[Scenario]:
    """What a scanner compared, written into the text, though both outcomes are known: elsewhere they may lead on."""
    for note in reversed(seen.notes):
        yield from parts_rewritten(scenario, note, places)


def _varied(source: TextSource, scenario: Scenario, slot: Slot) -> Iterator[Scenario]:
    """One text exchanged for examples and words, and changed by them."""
    for text in (*source.wholes(), *source.variations(content_of(slot.value) or "")):
        yield with_value(scenario, slot, with_content(slot.value, text))


def _words_placed(source: TextSource, scenario: Scenario, seen: Observation, places: list[Slot]) -> Iterator[Scenario]:
    """Every word where a scanner looked last."""
    for part in last_parts(seen.notes):
        for word in source.words():
            yield from part_rewritten(scenario, part, (word,), places)


def parts_rewritten(scenario: Scenario, note: Note, places: Iterable[Slot]) -> Iterator[Scenario]:
    """Variations of the texts of which an operand is a part."""
    for part, options in _wanted(note):
        yield from part_rewritten(scenario, part, options, places)


def part_rewritten(scenario: Scenario, part: str, options: Iterable[str], places: Iterable[Slot]) -> Iterator[Scenario]:
    """Variations of the texts that hold a part, with each option in its place."""
    for slot in places:
        text = content_of(slot.value)
        if text is None or corresponds(slot.value, Literal(part)) or part not in text:
            continue
        for option in options:
            for made in rewritten(text, part, option):
                yield with_value(scenario, slot, with_content(slot.value, made))


def last_parts(notes: Sequence[Note]) -> tuple[str, ...]:
    """The characters that comparisons looked at last, the latest first."""
    parts = [
        text
        for note in reversed(notes)
        if note.kind == "cmp"
        for operand in note.operands[:1]
        if (text := content_of(operand)) is not None and len(text) <= _LONGEST_PART
    ]
    return tuple(dict.fromkeys(parts))[:_MOST_PARTS]


def _wanted(note: Note) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The operands that are texts, and what each is to become."""
    if note.kind == "cmp":
        left, right = note.operands
        for here, there, op in ((left, right, note.op), (right, left, mirrored(note.op))):
            part = content_of(here)
            if part is not None:
                yield part, tuple(_compared(part, op, there))
    elif note.kind == "call" and note.operands:
        receiver, *args = note.operands
        for subject, wanted in texts_wanted(note.op, receiver, args):
            part = content_of(subject)
            if part is not None:
                yield part, tuple(text for value in wanted if (text := text_of(value)) is not None)
    elif note.kind in ("test", "decide"):
        part = content_of(note.operands[0])
        if part is not None and len(part) > 1:
            yield part, ("",)
    elif note.kind == "item":
        part = content_of(note.operands[1])
        if part:
            yield part, tuple(_members(note.operands[0]))


def _compared(part: str, op: str, there: Expression) -> Iterator[str]:
    if op in ("in", "not in"):
        yield from _members(there)
    elif op == "contains":
        member = content_of(there)
        if member is not None:
            yield from (part + member, member + part, part.replace(member, ""), part + member + part)
    else:
        other = content_of(there)
        if other is not None:
            yield from (other, part + other, other + part)


def _members(container: Expression) -> Iterator[str]:
    if isinstance(container, Items):
        yield from (text for item in container.items[:_MOST_MEMBERS] if (text := content_of(item)) is not None)
    text = content_of(container)
    if text is not None:
        yield from dict.fromkeys(text[:_MOST_MEMBERS])
    else:
        yield from (text for key in _keys(container) if (text := content_of(key)) is not None)


def _keys(container: Expression) -> Iterator[Expression]:
    pairs = getattr(container, "items", ())
    yield from (pair[0] for pair in pairs[:_MOST_MEMBERS] if isinstance(pair, tuple))


def content_of(value: Expression) -> str | None:
    """The text of a str or bytes literal."""
    if isinstance(value, Literal) and isinstance(value.value, bytes):
        return value.value.decode("latin-1")
    return text_of(value)


def is_text(value: Expression) -> bool:
    """Whether it is a str or bytes literal."""
    return isinstance(value, Literal) and isinstance(value.value, str | bytes)


def with_content(place: Expression, text: str) -> Expression:
    """A literal of the same kind with another text."""
    is_bytes = isinstance(place, Literal) and isinstance(place.value, bytes)
    return Literal(text.encode("latin-1", "replace")) if is_bytes else Literal(text)
