"""Splits a large class or module into groups of methods that belong together, one task each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import ceil
from typing import Any, Self

from proctor.analysis.facts import CallableFacts, ClassFacts, ModuleFacts

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_CALL_WEIGHT = 2.0
_FILLERS = {"by", "for", "of", "to", "from", "with", "in", "and", "or", "the", "a", "is", "all", "async"}
_FAMILIES = {
    "asks": {
        "get",
        "list",
        "find",
        "search",
        "filter",
        "count",
        "fetch",
        "load",
        "read",
        "paginate",
        "query",
        "lookup",
    },
    "changes": {"create", "add", "update", "delete", "remove", "cancel", "complete", "set", "save", "close", "open"},
    "judges": {
        "calculate",
        "compute",
        "apply",
        "validate",
        "check",
        "verify",
        "estimate",
        "can",
        "has",
        "is",
        "ensure",
    },
}


@dataclass(frozen=True, slots=True)
class Group:
    """Methods, by qualified name in source order, under the verbs that dominate them."""

    name: str
    methods: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The group that `to_json` described."""
        return cls(data["name"], tuple(data["methods"]))


def logical_groups(facts: ClassFacts | ModuleFacts, max_methods: int = 12) -> tuple[Group, ...]:
    """Groups of public methods that share vocabulary, state or models; one group when there are few."""
    found = facts.methods if isinstance(facts, ClassFacts) else facts.callables
    methods = [each for each in found if each.is_public]
    if not methods:
        return ()
    clusters = [range(len(methods))] if len(methods) <= max_methods else _clusters(methods, max_methods)
    members = [[methods[number] for number in sorted(cluster)] for cluster in clusters]
    members.sort(key=lambda group: group[0].line)
    names = _distinct([_name(group) for group in members])
    return tuple(
        Group(name, tuple(each.qualname for each in group)) for name, group in zip(names, members, strict=True)
    )


def _clusters(methods: Sequence[CallableFacts], max_methods: int) -> list[list[int]]:
    """Merge the two most alike clusters until there are as few as fit; ties go to what comes first in the source."""
    wanted = ceil(len(methods) / max_methods)
    largest = min(max_methods, ceil(len(methods) / wanted * 1.5))
    alike = _similarities(methods)
    clusters = [[number] for number in range(len(methods))]
    while len(clusters) > wanted:
        pairs = [pair for pair in combinations(range(len(clusters)), 2) if _size(clusters, pair) <= largest]
        if not pairs:
            break
        left, right = max(pairs, key=lambda pair: _average(alike, clusters[pair[0]], clusters[pair[1]]))
        clusters[left] += clusters.pop(right)
    return clusters


def _size(clusters: list[list[int]], pair: tuple[int, int]) -> int:
    return len(clusters[pair[0]]) + len(clusters[pair[1]])


def _average(alike: dict[tuple[int, int], float], left: list[int], right: list[int]) -> float:
    total = sum(alike[min(a, b), max(a, b)] for a in left for b in right)
    # Rounded, because sums in another order may differ in their last bits.
    return round(total / (len(left) * len(right)), 9)


def _similarities(methods: Sequence[CallableFacts]) -> dict[tuple[int, int], float]:
    features = [set(_features(method)) for method in methods]
    spread = Counter(feature for each in features for feature in each)
    return {
        (a, b): _weight(sorted(features[a] & features[b]), spread) + _calls_between(methods[a], methods[b])
        for a, b in combinations(range(len(methods)), 2)
    }


def _weight(shared: Iterable[str], spread: Counter[str]) -> float:
    """What few methods share binds them more than what nearly all of them have."""
    return sum(1 / (spread[feature] - 1) for feature in shared)


def _calls_between(left: CallableFacts, right: CallableFacts) -> float:
    return _CALL_WEIGHT * ((right.name in left.self_calls) + (left.name in right.self_calls))


def _features(method: CallableFacts) -> Iterator[str]:
    verb, *nouns = _words(method.name)
    yield f"verb {verb}"
    yield from (f"family {family}" for family, verbs in _FAMILIES.items() if verb in verbs)
    yield from (f"noun {noun}" for noun in nouns)
    yield from (f"name {name}" for name in method.names)
    yield from (f"state {name}" for name in (*method.self_reads, *method.self_writes))
    yield from (f"uses {name}" for name in method.self_calls)
    yield f"owner {method.qualname.rpartition('.')[0]}"


def _words(name: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(name)]
    kept = [_singular(word) for word in words[1:] if word not in _FILLERS]
    return [*(words[:1] or [name]), *kept]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _name(group: Sequence[CallableFacts]) -> str:
    """The three commonest verbs, or nouns where there is only one verb."""
    words = [_words(method.name) for method in group]
    verbs = Counter(each[0] for each in words)
    nouns = Counter(noun for each in words for noun in each[1:])
    if len(verbs) == 1 and nouns:
        return f"{next(iter(verbs))} {', '.join(_commonest(nouns))}"
    return ", ".join(_commonest(verbs))


def _commonest(words: Counter[str]) -> list[str]:
    return sorted(sorted(words, key=lambda word: (-words[word], word))[:3])


def _distinct(names: Sequence[str]) -> list[str]:
    counts = Counter(names)
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(f"{name} ({seen[name]})" if counts[name] > 1 else name)
    return result
