"""The search over object states: arrive at new ones by calls that change something, and try what is open in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from proctor.analysis.state_uses import StateUses
from proctor.scenarios.collaborators import Collaborators
from proctor.scenarios.goals import Goal
from proctor.scenarios.scenario import Scenario
from proctor.scenarios.search import Search
from proctor.scenarios.states import StatePool, enlarged, in_states, with_objects

_RUNS = 60
_GROWTH_RUNS = 400
_FEWEST_GROWN = 3
_MOST_GROWN = 24
_FEW_ACTS = 2
_MOST_OWN = 3


def enlarge(searches: Iterable[Search]) -> None:
    """Make what the searches found with many items, too."""
    for search in searches:
        search.try_out(made for item in search.found[:_FEW_ACTS] for made in enlarged(item.scenario))


class StateSearch:
    """Tries callables in the states of a pool; what a search runs there adds to the pool again."""

    def __init__(self, pool: StatePool, uses: StateUses, collaborators: Collaborators) -> None:
        self._pool = pool
        self._uses = uses
        self._collaborators = collaborators

    def grow(self, owner: str, searches: Sequence[Search], given_up: frozenset[Goal]) -> frozenset[Goal]:
        """Make the calls of a class that change something in the states not tried yet; the goals that they reached."""
        if not any(search.open_goals(given_up) for search in searches):
            return frozenset()
        changing = [search for search in searches if self._changes(search)]
        share = _GROWTH_RUNS // (3 * len(changing) or 1)
        states = self._pool.fresh(owner, max(_FEWEST_GROWN, min(_MOST_GROWN, share)))
        for search in changing:
            acts = [replace(item.scenario, before=()) for item in search.found][:_FEW_ACTS]
            search.try_out(in_states(search.target, acts, states, self._leads_to))
        return frozenset(goal for search in changing for goal in search.reached)

    def _changes(self, search: Search) -> bool:
        is_call = search.target.kind != "constructor" and bool(search.found)
        return is_call and bool(self._uses.of(search.target.qualname).writes)

    def search_in(self, search: Search, base: Scenario, given_up: frozenset[Goal]) -> None:
        """Try a callable in the known states, and with objects in them; go on from there when that led on."""
        target = search.target
        acts = list(dict.fromkeys([base, *(item.scenario for item in search.found)]))
        seeds = [made for scenario in acts[:_MOST_OWN] for made in with_objects(scenario, target, self._pool)]
        if base.act.receiver and target.owner:
            alone = [replace(scenario, before=()) for scenario in acts]
            seeds += in_states(target, alone, self._pool.of(target.owner), self._leads_to)
        known = len(search.found)
        fresh = search.unseen(self._collaborators.lifted(seed) for seed in seeds)
        search.try_out(list(islice(fresh, _RUNS)))
        if len(search.found) > known:
            search.run((), given_up, limit=search.runs + _RUNS)

    def _leads_to(self, step: str, target: str) -> bool:
        """Whether a call changes an attribute that the target reads."""
        return bool(self._uses.of(step.partition(":")[2]).writes & self._uses.of(target).reads)
