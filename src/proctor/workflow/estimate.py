"""What a run may cost at most, before it starts, and whether somebody has to say yes to that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proctor.workflow.budget import Caps
from proctor.workflow.records import Record, Usage

# from here on a run that nobody approved and nothing caps does not start
FREE_AGENTS = 1000
FREE_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True)
class Estimate(Record):
    """The worst case of a run: every agent spends all that it may; money is None when a price is unknown."""

    agents: int
    worst_case: Usage

    @property
    def needs_approval(self) -> bool:
        """Tell whether the run is so large that somebody should know before it starts."""
        return self.agents > FREE_AGENTS or self.worst_case.tokens > FREE_TOKENS

    def is_covered_by(self, caps: Caps) -> bool:
        """Tell whether a cap was set for what makes the run large."""
        agents = self.agents <= FREE_AGENTS or caps.agents is not None
        tokens = self.worst_case.tokens <= FREE_TOKENS or caps.tokens is not None or caps.money is not None
        return agents and tokens

    def __str__(self) -> str:
        price = "price unknown" if self.worst_case.money is None else f"{self.worst_case.money:.2f} $"
        return f"{self.agents} agents, at most {self.worst_case.tokens} tokens ({price})"


def estimated(worst_cases: Sequence[Usage]) -> Estimate:
    """Add up the worst cases of the agents of a run."""
    return Estimate(len(worst_cases), sum(worst_cases, Usage()))
