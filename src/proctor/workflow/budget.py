"""The caps of a run: a task reserves the most it may spend before it starts, so that a fan-out cannot overshoot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from types import TracebackType
from typing import Self

from proctor.errors import BudgetReached
from proctor.workflow.clock import Clock, SystemClock
from proctor.workflow.records import Record, Usage


@dataclass(frozen=True, slots=True)
class Caps(Record):
    """What a run may spend at most; None is no cap, and seconds are wall time."""

    tokens: int | None = None
    money: Decimal | None = None
    agents: int | None = None
    seconds: float | None = None

    def over(self, earlier: Caps) -> Caps:
        """Return these caps, with the earlier one wherever none is set here."""
        ours, theirs = self.to_json(), earlier.to_json()
        return Caps.from_json({name: theirs[name] if cap is None else cap for name, cap in ours.items()})


_NO_CAPS = Caps()


class Reservation:
    """A claim on the budget, used as a `with` block; left unsettled, it costs the worst case it reserved."""

    def __init__(self, worst_case: Usage, settle: Callable[[Reservation, Usage], None]) -> None:
        self.worst_case = worst_case
        self.is_open = True
        self._settle = settle

    def settle(self, actual: Usage) -> None:
        """Replace the worst case by what was spent; only the first call counts."""
        self._settle(self, actual)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.settle(self.worst_case)


class Budget:
    """The caps of one run, what it has spent, and what its running tasks may still spend; safe between threads."""

    def __init__(
        self,
        max_tokens: int | None = None,
        max_money: Decimal | None = None,
        max_agents: int | None = None,
        max_seconds: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.caps = Caps(max_tokens, max_money, max_agents, max_seconds)
        self._clock = clock or SystemClock()
        self._began = self._clock.monotonic()
        self._lock = Lock()
        self._spent = Usage()
        self._held = _Held()
        self._agents = 0

    @property
    def spent(self) -> Usage:
        """Return what was spent so far."""
        with self._lock:
            return self._spent

    @property
    def agents(self) -> int:
        """Return how many reservations were granted so far."""
        with self._lock:
            return self._agents

    @property
    def held(self) -> Usage:
        """Return what the running tasks may still spend."""
        with self._lock:
            return self._held.total

    def carry_over(self, spent: Usage, agents: int) -> None:
        """Count what earlier parts of this run have spent; wall time begins anew."""
        with self._lock:
            self._spent += spent
            self._agents += agents

    def reserve(self, worst_case: Usage, agents: int = 1) -> Reservation:
        """Claim the most that one task may spend, or raise BudgetReached when that could pass a cap."""
        with self._lock:
            self._check(worst_case, agents)
            self._held.add(worst_case)
            self._agents += agents
            return Reservation(worst_case, self._settle)

    def _settle(self, reservation: Reservation, actual: Usage) -> None:
        with self._lock:
            if reservation.is_open:
                reservation.is_open = False
                self._held.remove(reservation.worst_case)
                self._spent += actual

    def _check(self, worst_case: Usage, agents: int) -> None:
        if self.caps == _NO_CAPS:
            return
        total = self._held.total + self._spent + worst_case
        elapsed = Decimal(self._clock.monotonic() - self._began)
        if self.caps.money is not None and total.money is None:
            raise _price_unknown()
        _check_cap("tokens", Decimal(total.tokens), _decimal(self.caps.tokens))
        _check_cap("money", total.money or Decimal(0), self.caps.money)
        _check_cap("agents", Decimal(self._agents + agents), _decimal(self.caps.agents))
        _check_cap("seconds", elapsed + Decimal(worst_case.seconds), _decimal(self.caps.seconds))


class _Held:
    """The sum of the open reservations, kept up to date: a fan-out has thousands of them."""

    def __init__(self) -> None:
        self._tokens = 0
        self._money = Decimal(0)
        self._unpriced = 0
        self._seconds = 0.0

    @property
    def total(self) -> Usage:
        return Usage(self._tokens, self._seconds, None if self._unpriced else self._money)

    def add(self, usage: Usage) -> None:
        self._change(usage, 1)

    def remove(self, usage: Usage) -> None:
        self._change(usage, -1)

    def _change(self, usage: Usage, sign: int) -> None:
        self._tokens += sign * usage.tokens
        self._seconds += sign * usage.seconds
        if usage.money is None:
            self._unpriced += sign
        else:
            self._money += sign * usage.money


def _decimal(cap: float | None) -> Decimal | None:
    return None if cap is None else Decimal(cap)


def _check_cap(name: str, total: Decimal, cap: Decimal | None) -> None:
    if cap is not None and total > cap:
        raise BudgetReached(
            f"budget: the next task could bring {name} to {total:.6g}, and the cap is {cap:.6g}",
            hint="resume the run with a higher cap; what is finished is kept",
            slug="budget-reached",
        )


def _price_unknown() -> BudgetReached:
    return BudgetReached(
        "budget: money is capped, but the price of the next task or of an earlier one is unknown",
        hint="cap tokens instead of money, or use a model whose price is known",
        slug="price-unknown",
    )
