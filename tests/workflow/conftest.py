from pathlib import Path

import pytest
from workflow_doubles import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "journal.db")
