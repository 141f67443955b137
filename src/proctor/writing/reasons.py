"""Why a test exists: the outcomes of conditions that it reaches and others do not, as words and as sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from proctor.execution.records import DECISIONS, SiteReport
from proctor.oracles.cases import Case

Sites = Mapping[int, SiteReport]
Goal = tuple[int, str]
Json = dict[str, Any]
_OUTCOMES = {"T": "is true", "F": "is false", "enter": "is entered", "empty": "does not run", "again": "runs again"}
_OPERATORS = {"not": "not", "==": "equals", "!=": "differs_from", "<": "below", ">": "above", "in": "in", "is": "is"}


def only_reached(case: Case, others: Sequence[Case]) -> frozenset[Goal]:
    """What the case reaches and none of the others does."""
    return case.covered - {goal for other in others if other is not case for goal in other.covered}


def condition_words(case: Case, others: Sequence[Case], sites: Sites) -> Iterator[str]:
    """Words of the decisions by whose outcome the case differs from the others, those that only it takes first."""
    own = only_reached(case, others)
    seen_elsewhere = frozenset.intersection(*(other.covered for other in others)) if others else frozenset[Goal]()
    for goal in (*sorted(own), *sorted(case.covered - seen_elsewhere - own)):
        site = sites.get(goal[0])
        if site is not None and site.kind in DECISIONS and goal[1] in ("T", "F"):
            words = _words(site.text)
            if words:
                yield f"{'when' if goal[1] == 'T' else 'unless'}_{words}"


def _words(text: str) -> str:
    """The names and comparisons of a condition's text, without the receiver."""
    without_quotes = re.sub(r"[\"'](\w*)[\"']", r" \1 ", text)
    found = re.findall(r"\bnot\b|\bin\b|==|!=|<|>|[a-z]+[a-z0-9_]*", without_quotes.replace("self.", "").lower())
    parts = [_OPERATORS.get(part, part.strip("_")) for part in found]
    return re.sub(r"__+", "_", "_".join(parts[:5])).strip("_")


def sentence(goal: Goal, sites: Sites) -> str:
    """What was reached, for a reader: the line, the condition and its outcome."""
    site = sites[goal[0]]
    what = site.text or site.function
    return f"line {site.line}: {site.kind} `{what}` {_OUTCOMES.get(goal[1], goal[1])}"


def reasons(cases: Mapping[str, Case], sites: Sites) -> dict[str, Json]:
    """For each test, by its node id: what it calls, how that ends, what it reaches, and what it alone reaches.

    A test without anything of its own repeats what others reach with other values, or checks it in another place.
    """
    counted = Counter(goal for case in cases.values() for goal in case.covered)
    return {name: _reason(case, counted, sites) for name, case in cases.items()}


def _reason(case: Case, counted: Mapping[Goal, int], sites: Sites) -> Json:
    known = sorted((goal for goal in case.covered if goal[0] in sites), key=lambda goal: (sites[goal[0]].line, goal))
    told = [goal for goal in known if sites[goal[0]].kind != "function" and goal[1] in _OUTCOMES]
    return {
        "target": case.target,
        "kind": case.kind,
        "ends": f"raises {case.raises.type.partition(':')[2]}" if case.raises else "returns",
        "reaches": len(told),
        "only": [sentence(goal, sites) for goal in told if counted[goal] == 1],
        "finding": case.finding.issue if case.finding else "",
    }
