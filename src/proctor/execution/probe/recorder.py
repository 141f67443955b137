"""Notes what the instrumented target does: decisions taken, operands compared, handlers and cases entered.

One recorder lives as the global that instrumented modules call. Between `start` and `finish` it fills one record;
operands are kept as references and described once at the end, so a decision costs a set lookup.
"""

from __future__ import annotations

import operator
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, Final

from .describe import Json, describe

_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}
_NOTES_PER_SITE: Final = 3
_EVENT_LIMIT: Final = 160

_Operands = tuple[object, ...]
_Note = tuple[int, str, str, _Operands, object]


class Recorder:
    """The `__proctor__` of instrumented modules."""

    def __init__(self) -> None:
        self._covered: dict[tuple[int, str], bool] = {}
        self._notes: list[_Note] = []
        self._seen: dict[int, list[int]] = {}
        self.active = False

    def start(self) -> None:
        """Begin an empty record."""
        self._covered = {}
        self._notes = []
        self._seen = {}
        self.active = True

    def finish(self, names: Mapping[int, str] | None = None) -> Json:
        """End the record: outcomes reached per site, in first-reached order, and the operands noted on the way."""
        self.active = False
        notes = [self._described(note, names) for note in self._notes]
        return {"covered": [list(key) for key in self._covered], "notes": [note for note in notes if note]}

    def test(self, site: int, value: object) -> object:
        """An operand of a decision: its truth is an outcome."""
        self._outcome(site, value)
        self._note(site, "test", "truth", (value,))
        return value

    def decide(self, site: int, value: object) -> object:
        """A decision: its truth is an outcome."""
        self._outcome(site, value)
        self._note(site, "decide", "truth", (value,))
        return value

    def cmp(self, site: int, op: str, left: object, right: object) -> object:
        """Perform a comparison and note its operands."""
        result = _OPERATORS[op](left, right)
        self._note(site, "cmp", op, (left, right), result)
        return result

    def chain(self, site: int, ops: Sequence[str], thunks: Sequence[Callable[[], object]]) -> object:
        """Perform a chained comparison with its short circuit, noting each pair."""
        left = thunks[0]()
        result: object = True
        for op, thunk in zip(ops, thunks[1:]):
            right = thunk()
            result = self.cmp(site, op, left, right)
            if not result:
                return result
            left = right
        return result

    def loop(self, site: int, iterable: Iterable[object]) -> Iterator[object]:
        """Iterate, telling whether the body was entered and whether the loop ran out."""
        entered = 0
        for item in iterable:
            if entered < 2:
                entered += 1
                self._mark(site, "enter" if entered == 1 else "again")
            yield item
        self._mark(site, "exhaust" if entered else "empty")

    async def aloop(self, site: int, iterable: AsyncIterable[object]) -> AsyncIterator[object]:
        """The asynchronous twin of `loop`."""
        entered = 0
        async for item in iterable:
            if entered < 2:
                entered += 1
                self._mark(site, "enter" if entered == 1 else "again")
            yield item
        self._mark(site, "exhaust" if entered else "empty")

    def enter(self, site: int) -> None:
        """A handler, a case or a function body was entered."""
        self._mark(site, "enter")

    def call(
        self,
        site: int,
        name: str,
        function: Callable[..., object],
        args: Sequence[object],
        keywords: Mapping[str, object],
    ) -> object:
        """Perform a predicate call and note what it was asked."""
        result = function(*args, **keywords)
        receiver = getattr(function, "__self__", None)
        self._note(site, "call", name, (receiver, *args), result)
        return result

    def item(self, site: int, container: Any, key: object) -> object:  # noqa: ANN401 - whatever the target subscripts
        """Perform a subscript; a missing key is noted before the error goes on."""
        try:
            return container[key]
        except (KeyError, IndexError):
            self._note(site, "item", "missing", (container, key))
            raise

    def _outcome(self, site: int, value: object) -> None:
        try:
            outcome = "T" if value else "F"
        except Exception:  # noqa: BLE001 - a value whose truth raises says so itself, when the target asks for it
            return
        self._mark(site, outcome)

    def _mark(self, site: int, outcome: str) -> None:
        if self.active:
            self._covered[(site, outcome)] = True

    def _note(self, site: int, kind: str, op: str, operands: _Operands, result: object = None) -> None:
        if not self.active:
            return
        seen = self._seen.get(site)
        if seen is None:
            seen = self._seen[site] = []
        if len(seen) < _NOTES_PER_SITE and len(self._notes) < _EVENT_LIMIT:
            seen.append(len(self._notes))
            self._notes.append((site, kind, op, operands, result))
        elif len(seen) == _NOTES_PER_SITE:
            # The first ones and the last: where a scanner stopped is what decides how it goes on.
            self._notes[seen[-1]] = (site, kind, op, operands, result)

    def _described(self, note: _Note, names: Mapping[int, str] | None) -> Json:
        site, kind, op, operands, result = note
        try:
            outcome: bool | None = bool(result)
        except Exception:  # noqa: BLE001 - SQL expressions refuse to be true or false
            outcome = None
        return {
            "site": site,
            "kind": kind,
            "op": op,
            "operands": [_described_operand(operand, names) for operand in operands],
            "result": outcome,
        }


def _described_operand(operand: Any, names: Mapping[int, str] | None) -> Json:  # noqa: ANN401 - whatever was compared
    try:
        if isinstance(operand, str):  # enum members that are texts, and stand-ins, whose attributes must not be asked
            return describe(operand, names, 3, objects=False)
        pattern = getattr(operand, "pattern", None)
        if isinstance(pattern, str) and hasattr(operand, "fullmatch"):
            return {"t": "pattern", "v": pattern, "f": int(operand.flags)}
        return describe(operand, names, 3, objects=False)
    except Exception:  # noqa: BLE001 - a hostile repr, property or __class__ must not end the scenario
        return {"t": "opaque", "c": "builtins:object"}
