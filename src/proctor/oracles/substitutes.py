"""Other ways to the goals of scenarios of which nothing could be said that holds twice."""

from __future__ import annotations

from collections.abc import Sequence

from proctor.oracles.cases import Case, Observers, establish
from proctor.scenarios.goals import Goal
from proctor.scenarios.search import Found, selected

_MOST_ROUNDS = 3


def substitutes(
    spare: Sequence[Found],
    kept: Sequence[Found],
    held: Sequence[Case],
    observers: Observers,
    needed: frozenset[Goal],
) -> list[Case]:
    """Cases that reach what the kept scenarios without a case were to reach, from the spare ones; no database."""
    stable = {case.scenario for case in held}
    if any(item.scenario.database for item in kept):
        return []
    lost = {goal for item in kept if item.scenario not in stable for goal in item.reached} & needed
    lost -= {goal for item in kept if item.scenario in stable for goal in item.reached}
    left = list(spare)
    cases: list[Case] = []
    for _ in range(_MOST_ROUNDS):
        chosen = selected([item for item in left if item.reached & lost], frozenset(lost))
        if not lost or not chosen:
            break
        made = establish(observers, "unit", [item.scenario for item in chosen])
        stable = {case.scenario for case in made}
        cases += made
        lost -= {goal for item in chosen if item.scenario in stable for goal in item.reached}
        left = [item for item in left if item not in chosen]
    return cases
