"""Caps as they are typed."""

from decimal import Decimal

import pytest

from proctor.cli.caps import read_caps
from proctor.errors import RequestError
from proctor.workflow.budget import Caps


@pytest.mark.parametrize(
    ("budget", "flags", "caps"),
    [
        (None, {}, Caps()),
        ("tokens=200k, money=$5", {}, Caps(tokens=200_000, money=Decimal(5))),
        ("agents=3,minutes=1.5", {"agents": "4"}, Caps(agents=4, seconds=90.0)),
        (None, {"tokens": "2M", "money": "0.25", "minutes": None}, Caps(tokens=2_000_000, money=Decimal("0.25"))),
    ],
)
def test_caps_are_read_as_people_write_them(budget, flags, caps):
    assert read_caps(budget, flags) == caps


@pytest.mark.parametrize(
    ("budget", "flags"), [("tokens", {}), ("euros=5", {}), ("tokens=many", {}), (None, {"agents": "-1"})]
)
def test_what_is_no_cap_is_refused(budget, flags):
    with pytest.raises(RequestError) as caught:
        read_caps(budget, flags)

    assert caught.value.slug == "bad-cap"
