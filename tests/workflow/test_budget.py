from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workflow_doubles import EchoAgent, TickingClock, Workshop, phase, plan_of

from proctor.errors import BudgetReached
from proctor.workflow.budget import Budget, Caps, Reservation
from proctor.workflow.limits import Limits
from proctor.workflow.records import Reply, Task, Usage

WORST = st.builds(Usage, st.integers(0, 50), st.just(0.0), st.decimals(0, 5, places=2))
CAPS = st.builds(Caps, st.integers(0, 200), st.decimals(0, 20, places=2), st.integers(0, 12))


def budget_with(caps: Caps) -> Budget:
    return Budget(caps.tokens, caps.money, caps.agents)


def holds(caps: Caps, total: Usage, agents: int) -> bool:
    assert caps.tokens is not None
    assert caps.money is not None
    assert caps.agents is not None
    assert total.money is not None
    return total.tokens <= caps.tokens and total.money <= caps.money and agents <= caps.agents


def share(worst: Usage, percent: int) -> Usage:
    assert worst.money is not None
    return Usage(worst.tokens * percent // 100, 0.0, worst.money * percent / 100)


@settings(deadline=None)
@given(CAPS, st.lists(st.tuples(WORST, st.integers(0, 100), st.booleans()), max_size=20), st.data())
def test_no_order_of_starts_and_ends_overshoots_and_nothing_that_fits_is_refused(
    caps: Caps, calls: list[tuple[Usage, int, bool]], data: st.DataObject
) -> None:
    budget, running, agents = budget_with(caps), list[tuple[Reservation, Usage]](), 0

    for worst, percent, ends_another in calls:
        possible = sum((reservation.worst_case for reservation, _ in running), budget.spent) + worst
        try:
            running.append((budget.reserve(worst), share(worst, percent)))
        except BudgetReached:
            assert not holds(caps, possible, agents + 1)
        else:
            agents += 1
            assert holds(caps, possible, agents)
        if running and ends_another:
            reservation, actual = running.pop(data.draw(st.integers(0, len(running) - 1)))
            reservation.settle(actual)
    for reservation, actual in running:
        reservation.settle(actual)

    assert holds(caps, budget.spent, budget.agents)
    assert budget.agents == agents


def test_threads_that_reserve_at_the_same_moment_do_not_overshoot() -> None:
    budget, start = Budget(max_tokens=35), Barrier(8)

    def spend(number: int) -> bool:
        start.wait()
        try:
            with budget.reserve(Usage(10)) as reservation:
                reservation.settle(Usage(10))
        except BudgetReached:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        granted = list(threads.map(spend, range(8)))

    assert (sum(granted), budget.spent) == (3, Usage(30))


class SpendingAgent(EchoAgent):
    """Spends a share of its worst case that depends on the task."""

    def __init__(self, worst: Usage, shares: dict[str, int]) -> None:
        super().__init__()
        self.worst, self.shares = worst, shares

    async def run(self, task: Task, feedback: object) -> Reply:
        return Reply({}, share(self.worst, self.shares[task.id]))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(CAPS, WORST, st.lists(st.integers(0, 100), min_size=1, max_size=12), st.integers(1, 5))
def test_a_fan_out_never_overshoots(
    tmp_path_factory: pytest.TempPathFactory, caps: Caps, worst: Usage, shares: list[int], concurrency: int
) -> None:
    workshop = Workshop(tmp_path_factory.mktemp("fan-out") / "journal.db")
    by_task = {f"t{number}": percent for number, percent in enumerate(shares)}
    budget = budget_with(caps)

    run = workshop.run(
        plan_of(phase("p", *by_task)),
        SpendingAgent(worst, by_task),
        limits=Limits(concurrency, worst_case=worst),
        budget=budget,
    )

    assert holds(caps, run.usage, run.census.get("accepted", 0))
    assert (run.usage, run.status == "paused") == (budget.spent, "skipped" in run.census)


@pytest.mark.parametrize(
    ("budget", "worst", "message"),
    [
        (Budget(max_tokens=9), Usage(10), "could bring tokens to 10, and the cap is 9"),
        (Budget(max_money=Decimal("0.50")), Usage(money=Decimal("0.75")), "bring money to 0.75, and the cap is 0.50"),
        (Budget(max_agents=0), Usage(), "could bring agents to 1, and the cap is 0"),
        (Budget(max_seconds=4, clock=TickingClock()), Usage(seconds=4), "bring seconds to 5, and the cap is 4"),
        (Budget(max_money=Decimal(9)), Usage(money=None), "the price of the next task or of an earlier one is unknown"),
    ],
)
def test_a_refusal_says_which_cap_it_protects(budget: Budget, worst: Usage, message: str) -> None:
    with pytest.raises(BudgetReached) as caught:
        budget.reserve(worst)

    assert message in caught.value.message
    assert (budget.spent, budget.agents) == (Usage(), 0)


def test_without_caps_everything_is_granted_and_counted() -> None:
    budget = Budget()

    with budget.reserve(Usage(10, money=None)) as reservation:
        reservation.settle(Usage(4, money=None))
        reservation.settle(Usage(99))

    assert (budget.spent, budget.agents) == (Usage(4, money=None), 1)


def test_a_reservation_left_unsettled_costs_its_worst_case() -> None:
    budget = Budget()

    with pytest.raises(RuntimeError), budget.reserve(Usage(10)):
        raise RuntimeError

    assert budget.spent == Usage(10)


def test_what_earlier_parts_of_a_run_spent_counts_against_its_caps() -> None:
    budget = Budget(max_tokens=100, max_agents=3)
    budget.carry_over(Usage(80), 2)

    with pytest.raises(BudgetReached, match="could bring tokens to 110"):
        budget.reserve(Usage(30))
    with budget.reserve(Usage(20)):
        assert budget.held == Usage(20)
    assert (budget.held, budget.spent, budget.agents) == (Usage(), Usage(100), 3)
