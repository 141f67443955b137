"""The search: run scenarios, keep those that reach something new, vary them where branches are still open, and stop."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from proctor.execution.expressions import Expression, Fields, Items, Literal, Name, Pairs
from proctor.execution.records import CallableReport, Note, Observation
from proctor.scenarios.border import replaced, settled
from proctor.scenarios.consumption import other_ways
from proctor.scenarios.goals import Goal, Goals
from proctor.scenarios.numbers import number_of
from proctor.scenarios.proposals import Proposer
from proctor.scenarios.scenario import Scenario, slots

_BATCH = 40
_EDGE_RUNS = 16
_MOST_SPARE = 3
_MOST_REBUILT = 12


class Observer(Protocol):
    """Runs scenarios; the target's process is one."""

    def observe(self, scenarios: list[Scenario], *, detail: bool = False, record: bool = False) -> list[Observation]:
        """One observation a scenario, in order."""


@dataclass(frozen=True, slots=True)
class Found:
    """A scenario that the search kept, with what it reached."""

    scenario: Scenario
    seen: Observation
    reached: frozenset[Goal]


def never() -> bool:
    """The end of a search that nobody hurries."""
    return False


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How many runs a search may spend on one callable, how many more once no branch is open, and when to stop.

    While it still gets on, it may spend `extension` times as many.
    """

    runs: int = 400
    extra_runs: int = 48
    extension: int = 6
    is_over: Callable[[], bool] = never


class Search:
    """The search for one callable; deterministic, as nothing in it looks at a clock unless its user hurries it."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it works with is passed in, so that tests and twins can choose it
        self,
        target: CallableReport,
        goals: Goals,
        proposer: Proposer,
        observer: Observer,
        limits: SearchLimits,
        is_acceptable: Callable[[Observation], bool],
        notice: Callable[[Scenario, Observation], None] | None = None,
    ) -> None:
        self.target = target
        self._goals = goals
        self._proposer = proposer
        self._observer = observer
        self.limits = limits
        self._is_acceptable = is_acceptable
        self._notice = notice
        self._seen: set[Scenario] = set()
        self._directed: deque[Iterator[Scenario]] = deque()
        self._paired: deque[Iterator[Scenario]] = deque()
        self._broad: deque[Iterator[Scenario]] = deque()
        self._distances: dict[int, Decimal] = {}
        self._endings: set[tuple[str, ...]] = set()
        self.reached: set[Goal] = set()
        self.functions: set[str] = {target.qualname}
        self.found: list[Found] = []
        self.spare: list[Found] = []
        self._spared: Counter[Goal] = Counter()
        self.failed: list[tuple[Scenario, Observation]] = []
        self.crashes: list[tuple[Scenario, Observation]] = []
        self.runs = 0
        self._last_gain = 0

    def run(
        self, seeds: Iterable[Scenario], elsewhere: frozenset[Goal] = frozenset(), limit: int | None = None
    ) -> list[Found]:
        """Search from the seeds, or go on, until nothing is open or the limit of runs is reached.

        Goals reached `elsewhere` count as reached unless they are the target's own.
        """
        self._evaluate(list(seeds))
        extra = self.limits.extra_runs if self._has_open_wishes() else min(_EDGE_RUNS, self.limits.extra_runs)
        while self.runs < self._allowed(limit or self.limits.runs) and not self.limits.is_over():
            is_open = bool(self.open_goals(elsewhere))
            if not is_open and extra <= 0:
                break
            left = self._allowed(limit or self.limits.runs) - self.runs
            batch = self._next_batch(min(_BATCH, left if is_open else extra))
            if not batch:
                break
            if not is_open:
                extra -= len(batch)
            self._evaluate(batch)
        return self.found

    def _allowed(self, limit: int) -> int:
        """The limit of runs, and more while the search still gets on."""
        return max(limit, min(self._last_gain + min(limit, self.limits.runs), limit * self.limits.extension))

    def _has_open_wishes(self) -> bool:
        """Whether there are outcomes of the target's own operands and loops that no run has shown."""
        sites = self._goals.sites
        own = (goal for goal in self._goals.wanted if sites[goal[0]].function == self.target.qualname)
        return any(goal not in self.reached for goal in own)

    def open_goals(self, elsewhere: frozenset[Goal] = frozenset()) -> frozenset[Goal]:
        """The needed goals in the functions that this callable is known to enter, and that are not reached."""
        own = self._goals.within(frozenset({self.target.qualname}))
        entered = self._goals.within(frozenset(self.functions)) - elsewhere
        return (own | entered) - self.reached

    def _next_batch(self, size: int) -> list[Scenario]:
        batch: list[Scenario] = []
        for pool in (self._directed, self._paired, self._broad):
            while pool and len(batch) < size:
                proposals = pool.popleft()
                fresh = self._next_unseen(proposals)
                if fresh is not None:
                    batch.append(fresh)
                    pool.append(proposals)
            if batch:
                return batch
        return batch

    def _next_unseen(self, proposals: Iterator[Scenario]) -> Scenario | None:
        for scenario in proposals:
            if scenario not in self._seen:
                self._seen.add(scenario)
                return scenario
        return None

    def _evaluate(self, scenarios: list[Scenario]) -> None:
        self._seen.update(scenarios)
        self.runs += len(scenarios)
        for scenario, seen in zip(scenarios, self._observer.observe(scenarios), strict=True):
            self._consider(*self._past_the_border(scenario, seen))

    def _past_the_border(self, scenario: Scenario, seen: Observation) -> tuple[Scenario, Observation]:
        """Replace calls that tried to leave the sandbox, and give what they return the shape that the target uses."""
        for _ in range(8):
            changed = replaced(scenario, seen) or settled(scenario, seen) or self._proposer.answered(scenario, seen)
            if changed is None:
                break
            scenario = changed
            self.runs += 1
            seen = self._observer.observe([scenario])[0]
        return scenario, seen

    def try_out(self, scenarios: Iterable[Scenario]) -> None:
        """Run the scenarios that were not run yet, and go on from none of them now."""
        self._evaluate(list(self.unseen(scenarios)))

    def unseen(self, scenarios: Iterable[Scenario]) -> Iterator[Scenario]:
        """Those of the scenarios that were not run yet, each once."""
        return (scenario for scenario in dict.fromkeys(scenarios) if scenario not in self._seen)

    def _consider(self, scenario: Scenario, seen: Observation) -> None:
        if self._notice is not None:
            self._notice(scenario, seen)
        if not seen.ended:
            self.failed.append((scenario, seen))
            if seen.outcome in ("unconsumed", "endless"):
                self._directed.appendleft(self._consumed_otherwise(scenario, seen))
            if seen.outcome == "unbuildable" and not self.found:
                self._rebuild(scenario, seen)
            return
        self.functions |= self._goals.functions_entered(seen)
        if not self._is_acceptable(seen):
            self.crashes.append((scenario, seen))
            self._recover(scenario, seen)
            return
        reached = self._goals.reached(seen)
        ending = _ending_key(seen)
        if reached <= self.reached and ending in self._endings:
            self._spare(Found(scenario, seen, reached))
            self._step_closer(scenario, seen)
            return
        self._endings.add(ending)
        if (reached - self.reached) & self._goals.needed:
            self._last_gain = self.runs
        self.reached |= reached
        self.found.append(Found(scenario, seen, reached))
        self._go_on_from(scenario, seen)

    def _spare(self, item: Found) -> None:
        """Keep a few other ways to each goal: of the first, it may turn out that nothing stable can be said."""
        rare = {goal for goal in item.reached & self._goals.needed if self._spared[goal] < _MOST_SPARE}
        if rare:
            self._spared.update(rare)
            self.spare.append(item)

    def _rebuild(self, scenario: Scenario, seen: Observation) -> None:
        """Another complaint about the same arrangement is a step on: go on from the first of each."""
        complaint = ("unbuildable", seen.reason.partition("'")[0])
        if complaint not in self._endings and len(self._endings) < _MOST_REBUILT:
            self._endings.add(complaint)
            self._directed.appendleft(self._proposer.directed(scenario, seen, frozenset()))
            self._broad.appendleft(self._proposer.broad(scenario, seen))

    def _recover(self, scenario: Scenario, seen: Observation) -> None:
        """A crash of a new kind shows operands, too: what was missing or of the wrong kind can be put right."""
        ending = ("crash", *_ending_key(seen))
        if ending in self._endings:
            self._step_closer(scenario, seen)
            return
        self._endings.add(ending)
        self._go_on_from(scenario, seen)

    def _step_closer(self, scenario: Scenario, seen: Observation) -> None:
        """Nothing new was reached, but an open comparison came nearer to its turning point: go on from there."""
        open_sites = self._open_sites()
        for note in seen.notes:
            site = self._goals.sites.get(note.site)
            distance = _distance(note)
            if site is None or distance is None or not ({note.site, site.decision} & open_sites):
                continue
            if distance < self._distances.get(note.site, Decimal("Infinity")):
                self._distances[note.site] = distance
                self._go_on_from(scenario, seen)
                return

    def _go_on_from(self, scenario: Scenario, seen: Observation) -> None:
        self._directed.appendleft(self._proposer.directed(scenario, seen, self._open_sites()))
        self._directed.appendleft(self._consumed_otherwise(scenario, seen))
        self._paired.append(self._proposer.paired(scenario, seen, self._open_sites(needed_only=True)))
        self._directed.append(self._proposer.answers(scenario, self._open_sites()))
        self._broad.append(self._proposer.broad(scenario, seen))

    def _consumed_otherwise(self, scenario: Scenario, seen: Observation) -> Iterator[Scenario]:
        sites = self._goals.sites.values()
        handles = any(site.kind == "handler" and site.function == self.target.qualname for site in sites)
        return other_ways(scenario, seen, handles_errors=handles)

    def _open_sites(self, *, needed_only: bool = False) -> frozenset[int]:
        goals = self._goals.needed if needed_only else self._goals.needed | self._goals.wanted
        sites = self._goals.sites
        return frozenset(site for site, _ in goals - self.reached if sites[site].function in self.functions)


def _distance(note: Note) -> Decimal | None:
    if note.kind != "cmp" or len(note.operands) != 2:
        return None
    left, right = number_of(note.operands[0]), number_of(note.operands[1])
    return abs(left - right) if left is not None and right is not None else None


def _ending_key(seen: Observation) -> tuple[str, ...]:
    raised = seen.raised
    return (seen.outcome, raised.type, str(raised.line)) if raised else (seen.outcome, _kind_of(seen.result))


def _kind_of(result: Expression | None) -> str:
    """A coarse view of a returned value: what a reader would call a different answer."""
    match result:
        case Literal(value=None) | Literal(value=bool()):
            return str(result.value)
        case Items(items=()) | Pairs(items=()) | Literal(value="" | 0):
            return "empty"
        case Fields(fields=fields) if any(_kind_of(item) == "empty" for _, item in fields if isinstance(item, Items)):
            return "empty"
    return "value"


def selected(found: list[Found], wanted: frozenset[Goal]) -> list[Found]:
    """The fewest scenarios that together reach what all reach of `wanted`, and every way to end; in order found."""
    open_goals = {goal for item in found for goal in item.reached & wanted}
    open_endings = {_ending_key(item.seen) for item in found}
    chosen = [item for item in found if item.seen.outcome == "returned"][:1]
    open_goals -= {goal for item in chosen for goal in item.reached}
    open_endings -= {_ending_key(item.seen) for item in chosen}
    rest = [item for item in found if item not in chosen]
    while rest and (open_goals or open_endings):
        best = max(rest, key=lambda item: (len(item.reached & open_goals), _ending_key(item.seen) in open_endings))
        if not best.reached & open_goals and _ending_key(best.seen) not in open_endings:
            break
        rest.remove(best)
        chosen.append(best)
        open_goals -= best.reached
        open_endings.discard(_ending_key(best.seen))
    return [item for item in found if item in chosen]


def minimised(item: Found, needed: frozenset[Goal], goals: Goals, observer: Observer) -> Found:
    """The scenario without what it does not need to reach the same goals and end the same way."""
    for _ in range(4):
        smaller = list(_smaller(item.scenario))
        if not smaller:
            return item
        fits = [
            Found(scenario, seen, goals.reached(seen))
            for scenario, seen in zip(smaller, observer.observe(smaller), strict=True)
            if _is_as_good(seen, item, needed, goals)
        ]
        if not fits:
            return item
        item = fits[0]
    return item


def _is_as_good(seen: Observation, item: Found, needed: frozenset[Goal], goals: Goals) -> bool:
    if not seen.ended or _ending_key(seen) != _ending_key(item.seen):
        return False
    same_message = (seen.raised.message if seen.raised else "") == (
        item.seen.raised.message if item.seen.raised else ""
    )
    return same_message and item.reached & needed <= goals.reached(seen)


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    """Simplifications, the largest first."""
    if scenario.before:
        yield replace(scenario, before=())
    for step in scenario.before[:-1]:
        yield replace(scenario, before=tuple(other for other in scenario.before if other is not step))
    keyword_only = [argument for argument in scenario.act.arguments if argument.keyword]
    for argument in keyword_only:
        rest = tuple(other for other in scenario.act.arguments if other is not argument)
        yield replace(scenario, act=replace(scenario.act, arguments=rest))
    for row in reversed(scenario.rows):
        dropped = replace(scenario, bindings=tuple(binding for binding in scenario.bindings if binding is not row))
        if not _mentions(dropped, row.name):
            yield dropped


def _mentions(scenario: Scenario, name: str) -> bool:
    return any(isinstance(slot.value, Name) and slot.value.name == name for slot in slots(scenario))
