from decimal import Decimal

import pytest

from proctor.workflow.budget import Caps
from proctor.workflow.estimate import FREE_AGENTS, Estimate, estimated
from proctor.workflow.records import Usage


def test_the_estimate_is_the_sum_of_the_worst_cases() -> None:
    estimate = estimated([Usage(100, 1.0, Decimal("0.5")), Usage(50, 2.0, Decimal("0.25"))])

    assert estimate == Estimate(2, Usage(150, 3.0, Decimal("0.75")))
    assert str(estimate) == "2 agents, at most 150 tokens (0.75 $)"


def test_an_unknown_price_is_said_and_not_taken_for_nothing() -> None:
    assert str(estimated([Usage(100), Usage(50, money=None)])) == "2 agents, at most 150 tokens (price unknown)"


@pytest.mark.parametrize(
    ("estimate", "caps", "expected"),
    [
        (Estimate(FREE_AGENTS, Usage()), Caps(), (False, True)),
        (Estimate(FREE_AGENTS + 1, Usage()), Caps(), (True, False)),
        (Estimate(FREE_AGENTS + 1, Usage()), Caps(agents=10), (True, True)),
        (Estimate(1, Usage(2_000_000)), Caps(agents=10), (True, False)),
        (Estimate(1, Usage(2_000_000)), Caps(money=Decimal(5)), (True, True)),
    ],
)
def test_a_large_run_needs_approval_or_a_cap_on_what_makes_it_large(
    estimate: Estimate, caps: Caps, expected: tuple[bool, bool]
) -> None:
    assert (estimate.needs_approval, estimate.is_covered_by(caps)) == expected


def test_new_caps_go_over_earlier_ones() -> None:
    earlier = Caps(tokens=10, money=Decimal("1.50"))

    assert Caps(tokens=20, agents=3).over(earlier) == Caps(20, Decimal("1.50"), 3, None)
