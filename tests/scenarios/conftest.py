"""Two laboratories, each loaded once: searches leave nothing behind in them, as every scenario runs in a fork."""

from collections.abc import Iterator

import programs
import pytest
from laboratory import Laboratory, laboratory


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("plain"), programs.PLAIN) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("database"), programs.DATABASE) as loaded:
        yield loaded
