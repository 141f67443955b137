"""The levels that this machine has, for tests that promise the same of each."""

import pytest
from levels_here import LEVELS

from proctor.execution.confinement.policy import Confinement


@pytest.fixture(params=LEVELS)
def any_level(request: pytest.FixtureRequest) -> Confinement:
    """Every level, the soft one included."""
    return LEVELS[request.param]


@pytest.fixture(params=[name for name in LEVELS if name != "soft"])
def boundary(request: pytest.FixtureRequest) -> Confinement:
    """Every level that is a boundary."""
    return LEVELS[request.param]
