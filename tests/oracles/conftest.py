"""The laboratory of the searches, with programs whose ends are hard to judge."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))

import judged_programs
from laboratory import Laboratory, laboratory


@pytest.fixture(scope="session")
def values(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("values"), judged_programs.VALUES) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("ledger"), judged_programs.LEDGER) as loaded:
        yield loaded
