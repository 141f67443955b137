"""What became of the mutants: who was noticed, who was not, and the figures that a report shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from proctor.mutation.mutants import Mutant

FateKind = Literal["killed", "unnoticed", "unreached", "equivalent", "untried"]
_RANKS: tuple[FateKind, ...] = ("killed", "unnoticed", "unreached", "untried", "equivalent")
# A reader learns most from a boundary or a condition that no test looks at, and least from a word of a message.
_TELLING = (
    "comparison",
    "condition",
    "connective",
    "exception",
    "deletion",
    "call",
    "arithmetic",
    "augmented",
    "return",
    "loop-control",
    "slice",
    "default",
    "confusion",
    "constant",
)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant: killed by a test, reached and not noticed, not reached, or set aside."""

    mutant: Mutant
    kind: FateKind


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that tests reach and none notices."""

    line: int
    function: str
    operator: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MutationScore:
    """The figures of a module. `sampled` mutants were looked at out of `known`; equivalent ones count nowhere else."""

    known: int
    sampled: int
    killed: int
    unnoticed: int
    unreached: int
    equivalent: int
    untried: int
    survivors: tuple[Survivor, ...] = ()

    @property
    def reached(self) -> int:
        """Mutants that at least one test executes."""
        return self.killed + self.unnoticed

    @property
    def valid(self) -> int:
        """Mutants that a test could notice."""
        return self.reached + self.unreached

    @property
    def rate(self) -> float | None:
        """Percent of the valid mutants that are killed."""
        return 100.0 * self.killed / self.valid if self.valid else None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        counts = {name: getattr(self, name) for name in self.__slots__ if name != "survivors"}
        survivors = [{name: getattr(item, name) for name in item.__slots__} for item in self.survivors]
        return {**counts, "survivors": survivors}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MutationScore:
        """The score that `to_json` described."""
        return cls(**{**data, "survivors": tuple(Survivor(**item) for item in data["survivors"])})


def merged(fates: Iterable[Fate]) -> list[Fate]:
    """One fate a mutant: the best that any part of the work found."""
    best: dict[object, Fate] = {}
    for fate in fates:
        other = best.get(fate.mutant.key)
        if other is None or _RANKS.index(fate.kind) < _RANKS.index(other.kind):
            best[fate.mutant.key] = fate
    return sorted(best.values(), key=lambda fate: fate.mutant.key)


def score_of(fates: Iterable[Fate], known: int) -> MutationScore:
    """The figures, with the survivors in the order of the source."""
    once = merged(fates)
    counts = {kind: sum(fate.kind == kind for fate in once) for kind in _RANKS}
    survivors = tuple(_survivor(fate.mutant) for fate in once if fate.kind == "unnoticed")
    return MutationScore(
        known,
        len(once),
        counts["killed"],
        counts["unnoticed"],
        counts["unreached"],
        counts["equivalent"],
        counts["untried"],
        survivors,
    )


def _survivor(mutant: Mutant) -> Survivor:
    shown = [" ".join(text.split()) for text in (mutant.before, mutant.after)]
    return Survivor(mutant.line, mutant.unit.qualname, mutant.operator, *shown)


def most_telling(score: MutationScore, most: int) -> tuple[Survivor, ...]:
    """The survivors that say most about the tests, one a line, in the order of the source."""
    ranked = sorted(score.survivors, key=lambda item: (_TELLING.index(item.operator), item.line))
    by_line: dict[int, Survivor] = {}
    for item in ranked:
        by_line.setdefault(item.line, item)
    return tuple(sorted(list(by_line.values())[:most], key=lambda item: item.line))


def in_all(scores: Iterable[MutationScore]) -> MutationScore:
    """The sum of several modules, without their survivors."""
    total = MutationScore(0, 0, 0, 0, 0, 0, 0)
    for score in scores:
        names = (name for name in MutationScore.__slots__ if name != "survivors")
        total = replace(total, **{name: getattr(total, name) + getattr(score, name) for name in names})
    return total
