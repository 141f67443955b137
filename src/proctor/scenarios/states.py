"""Object states that scenarios arrived at: kept once each, shortest way first, as places where other calls can start.

Calls that are worth making are those after which an object is in a state of a new kind, and objects that calls give
back are objects like others (feedback-directed generation: Pacheco et al., Randoop, ICSE 2007).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from proctor.execution.expressions import Call, Expression, Items, Literal, Name, walk
from proctor.execution.records import CallableReport, ClassReport, Observation, TypeReport
from proctor.scenarios.rows import snake
from proctor.scenarios.scenario import Binding, Scenario, Slot, Step, slots, with_value

_MOST_STEPS = 4
_MOST_STATES = 80
_MOST_ACTS = 8
_MOST_OBJECTS = 6
_MANY = Call("builtins:list", (Call("builtins:range", (Literal(20),)),))

IsRelevant = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class State:
    """How to arrive at an object: what is arranged, what is called, and the name under which the object stands."""

    cls: str
    receiver: str
    bindings: tuple[Binding, ...]
    before: tuple[Step, ...]

    @property
    def cost(self) -> tuple[int, int]:
        """How long the way is."""
        return len(self.before), sum(1 for binding in self.bindings for _ in walk(binding.value))

    @property
    def expression(self) -> Expression | None:
        """The object as a value that needs nothing before it, where it is one."""
        if self.before or len(self.bindings) != 1:
            return None
        return self.bindings[0].value


class StatePool:
    """The states of a module's objects that any scenario arrived at."""

    def __init__(self, classes: Mapping[str, ClassReport], owners: frozenset[str]) -> None:
        self._classes = classes
        self._owners = owners
        self._states: dict[str, dict[str, State]] = {}
        self._expanded: set[tuple[str, str, str]] = set()

    def notice(self, scenario: Scenario, seen: Observation) -> None:
        """Keep what a run left behind: the receiver as it is now, and an object that was given back."""
        if seen.outcome != "returned" or scenario.database or scenario.replacements or scenario.assignments:
            return
        if "receiver" in seen.states:
            self._keep(seen.states["receiver"], _after(scenario, seen.states["receiver"]))
        if seen.states.get("result"):
            self._keep(seen.states["result"], _given(scenario, _class_of(seen.states["result"])))

    def _keep(self, key: str, state: State | None) -> None:
        cls = _class_of(key)
        if state is None or cls not in self._owners or len(state.before) > _MOST_STEPS:
            return
        kept = self._states.setdefault(cls, {})
        known = kept.get(key)
        if known is None and len(kept) >= _MOST_STATES:
            return
        if known is None or state.cost < known.cost:
            kept[key] = state

    def __len__(self) -> int:
        return sum(len(kept) for kept in self._states.values())

    def fresh(self, owner: str, most: int) -> list[State]:
        """The next states of a class that this was not asked for before, shortest ways first."""
        waiting = [(cls, key) for cls, kept in self._states.items() if self._is_a(cls, owner) for key in kept]
        waiting = [place for place in waiting if (owner, *place) not in self._expanded]
        waiting.sort(key=lambda place: self._states[place[0]][place[1]].cost)
        self._expanded.update((owner, *place) for place in waiting[:most])
        return [self._states[cls][key] for cls, key in waiting[:most]]

    def of(self, owner: str) -> list[State]:
        """The states of objects that have the methods of `owner`, shortest ways first."""
        found = [state for cls, kept in self._states.items() if self._is_a(cls, owner) for state in kept.values()]
        return sorted(found, key=lambda state: state.cost)

    def _is_a(self, cls: str, owner: str) -> bool:
        facts = self._classes.get(cls)
        return cls == owner or (facts is not None and owner in facts.bases)

    def objects(self, kind: TypeReport) -> list[Expression]:
        """Objects of the type's classes as values, the simplest first."""
        names = [part.name for part in kind.alternatives if part.kind == "class"]
        found = [state.expression for name in names for state in self.of(name)]
        return [value for value in found if value is not None][:_MOST_OBJECTS]

    def any_objects(self) -> list[Expression]:
        """One object of each class of the module as a value."""
        found = [self.objects(TypeReport("class", cls))[:1] for cls in self._states]
        return [value for values in found for value in values][:_MOST_OBJECTS]


def in_states(
    target: CallableReport, acts: list[Scenario], states: list[State], is_relevant: IsRelevant
) -> Iterator[Scenario]:
    """The calls of a target in each state, first in those that a call made which changes what the target reads."""
    near = [state for state in states if not state.before or is_relevant(state.before[-1].target, target.qualname)]
    far = [state for state in states if state not in near]
    ordered = (*near, *far)
    for scenario in acts[:1]:
        for state in ordered:
            yield from _with_held(_in_state(scenario, state), state)
    places = [(2 * i + k, act, state) for i, act in enumerate(acts[:_MOST_ACTS]) for k, state in enumerate(ordered)]
    for _, scenario, state in sorted(places, key=lambda place: place[0]):
        made = _in_state(scenario, state)
        if made is not None:
            yield made


def _with_held(scenario: Scenario | None, state: State) -> Iterator[Scenario]:
    """The call with values for its first argument that went into the object before: what is asked for is there."""
    if scenario is None or not scenario.act.arguments:
        return
    slot = Slot(("argument", 0), (), scenario.act.arguments[0].value)
    for value in _held(state):
        yield with_value(scenario, slot, value)


def _held(state: State) -> list[Expression]:
    """The first plain value that went in, one from the middle, and the last."""
    given = [binding.value for binding in state.bindings]
    given += [argument.value for step in state.before for argument in step.arguments]
    parts = list(dict.fromkeys(part for value in given for _, part in walk(value)))
    if _MANY in parts:
        return [Literal(7), Literal(0), Literal(19)]
    plain = [part for part in parts if isinstance(part, Literal)]
    return list(dict.fromkeys([plain[0], plain[len(plain) // 2], plain[-1]])) if plain else []


def enlarged(scenario: Scenario) -> Iterator[Scenario]:
    """The scenario with many items in the place of few: what a structure does when it is full shows only then."""
    for slot in slots(scenario):
        if isinstance(slot.value, Items) and slot.value.items and slot.value.kind in ("list", "set", "iter"):
            yield with_value(scenario, slot, _MANY)


def with_objects(scenario: Scenario, target: CallableReport, pool: StatePool) -> Iterator[Scenario]:
    """The scenario with other objects as arguments: of the parameter's class, and for operators of the receiver's."""
    kinds = {parameter.name: parameter.type for parameter in target.parameters}
    for position, argument in enumerate(scenario.act.arguments):
        slot = Slot(("argument", position), (), argument.value)
        kind = kinds.get(argument.name, TypeReport("unknown"))
        for value in _objects_for(scenario, target, kind, pool):
            if value != argument.value:
                yield with_value(scenario, slot, value)


def _objects_for(scenario: Scenario, target: CallableReport, kind: TypeReport, pool: StatePool) -> Iterator[Expression]:
    yield from pool.objects(kind)
    if kind.kind == "unknown" and not target.owner:
        yield from pool.any_objects()
    is_operand = scenario.act.kind == "operator" and kind.kind == "atom"
    if target.owner and scenario.act.receiver and (kind.kind == "unknown" or is_operand):
        yield Name(scenario.act.receiver)
        yield from pool.objects(TypeReport("class", target.owner))


def _after(scenario: Scenario, key: str) -> State | None:
    act = scenario.act
    if not act.receiver or act.consume in ("throw", "with", "with_error"):
        return None
    before = scenario.before if act.kind in ("property",) else (*scenario.before, act)
    return State(_class_of(key), act.receiver, scenario.bindings, before)


def _given(scenario: Scenario, cls: str) -> State | None:
    """An object that a call made: written as a value where nothing else is needed, else as a named step."""
    act = scenario.act
    if act.consume not in ("", "await") or act.is_statement or act.kind == "property":
        return None
    name = snake(cls.partition(":")[2].rpartition(".")[2])
    if not act.receiver and not act.consume and not scenario.before and not scenario.bindings:
        args = tuple(argument.value for argument in act.arguments if not argument.keyword)
        keywords = tuple((argument.name, argument.value) for argument in act.arguments if argument.keyword)
        return State(cls, name, (Binding(name, Call(act.target, args, keywords)),), ())
    taken = {binding.name for binding in scenario.bindings} | {step.name for step in scenario.before}
    while name in taken:
        name = f"other_{name}"
    return State(cls, name, scenario.bindings, (*scenario.before, replace(act, name=name)))


def _in_state(scenario: Scenario, state: State) -> Scenario | None:
    """The scenario's call on the object of a state; the rest of its arrangement stays."""
    old = scenario.act.receiver
    names = {binding.name for binding in state.bindings} | {step.name for step in state.before}
    others = tuple(binding for binding in scenario.bindings if binding.name not in {old, *names})
    act = replace(scenario.act, receiver=state.receiver)
    made = replace(scenario, bindings=(*state.bindings, *others), before=state.before, act=act)
    return _renamed(made, old, state.receiver)


def _renamed(scenario: Scenario, old: str, new: str) -> Scenario | None:
    arguments = scenario.act.arguments
    given = [part for argument in arguments for _, part in walk(argument.value) if isinstance(part, Name)]
    if old == new or not any(part.name == old for part in given):
        return scenario
    plain = [replace(a, value=Name(new)) if a.value == Name(old) else a for a in arguments]
    still = any(isinstance(part, Name) and part.name == old for a in plain for _, part in walk(a.value))
    return None if still else replace(scenario, act=replace(scenario.act, arguments=tuple(plain)))


def _class_of(key: str) -> str:
    return key.partition("(")[0]
