"""What a search wants to reach: outcomes of decisions, loops, handlers and cases, and the truth of each operand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proctor.execution.records import DECISIONS, Observation, SiteReport

Goal = tuple[int, str]
_CONSTANT_TESTS = frozenset({"True", "False", "1", "0"})
_PLACES = frozenset({"handler", "case", "function"})


@dataclass(frozen=True, slots=True)
class Goals:
    """The goals of a module: `needed` count as branches, `wanted` make tests stronger and never keep a search going."""

    needed: frozenset[Goal]
    wanted: frozenset[Goal]
    sites: Mapping[int, SiteReport]

    @classmethod
    def of(cls, sites: Mapping[int, SiteReport]) -> Goals:
        """The goals that the instrumented source has."""
        needed: set[Goal] = set()
        wanted: set[Goal] = set()
        for site in sites.values():
            if site.kind in DECISIONS and site.text not in _CONSTANT_TESTS:
                needed |= {(site.id, "T"), (site.id, "F")}
            elif site.kind in _PLACES:
                needed.add((site.id, "enter"))
            elif site.kind == "loop":
                needed |= {(site.id, "enter"), (site.id, "done")}
                wanted |= {(site.id, "again"), (site.id, "empty")}
            elif site.kind == "operand":
                wanted |= {(site.id, "T"), (site.id, "F")}
        return cls(frozenset(needed), frozenset(wanted), sites)

    def within(self, functions: frozenset[str]) -> frozenset[Goal]:
        """The needed goals that lie in the given functions."""
        return frozenset(goal for goal in self.needed if self.sites[goal[0]].function in functions)

    def reached(self, seen: Observation) -> frozenset[Goal]:
        """The goals, needed and wanted, that a run reached."""
        found = set(seen.covered)
        found |= {(site, "done") for site, outcome in seen.covered if outcome in ("exhaust", "empty")}
        return frozenset(found & (self.needed | self.wanted))

    def functions_entered(self, seen: Observation) -> frozenset[str]:
        """The functions of the module whose bodies a run entered."""
        entered = (self.sites[site] for site, outcome in seen.covered if outcome == "enter" and site in self.sites)
        return frozenset(site.function for site in entered if site.kind == "function")
