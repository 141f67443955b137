"""What the end-to-end tests share: environments, a command line with a cache of its own, projects of two shapes."""

import os
from pathlib import Path

import pytest
from command_line import REPOSITORY, CommandLine, copy_project, write_files
from environments import environment

PROJECTS = REPOSITORY / "tests/projects"
RUNNER = "pytest==8.4.2\ncoverage==7.17.3\n"
DATABASE = f"{RUNNER}sqlalchemy==2.0.50\n"


def command_line(folder: Path) -> CommandLine:
    """A cache that shares nothing with other tests but the packages that were installed beside environments."""
    overlays = REPOSITORY / ".cache/overlays"
    overlays.mkdir(parents=True, exist_ok=True)
    folder.mkdir()
    (folder / "overlays").symlink_to(overlays, target_is_directory=True)
    return CommandLine(folder)


@pytest.fixture
def proctor(tmp_path: Path) -> CommandLine:
    return command_line(tmp_path / "cache")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def plain_environment() -> Path:
    return environment(RUNNER)


@pytest.fixture(scope="session")
def database_environment() -> Path:
    return environment(DATABASE)


@pytest.fixture
def library(tmp_path: Path, database_environment: Path) -> Path:
    return copy_project(PROJECTS / "library-loans", tmp_path / "library-loans", database_environment)


@pytest.fixture
def text_tools(tmp_path: Path, plain_environment: Path) -> Path:
    return copy_project(PROJECTS / "text-tools", tmp_path / "text-tools", plain_environment)


@pytest.fixture
def small_project(tmp_path: Path, plain_environment: Path) -> Path:
    """One module with one function, so that a whole run takes a moment."""
    root = write_files(
        tmp_path / "small",
        {
            "pyproject.toml": """
                [project]
                name = "small"
                version = "1.0"
                """,
            "small/__init__.py": "",
            "small/parcels.py": '''
                """What a parcel costs."""


                def postage(grams: int, express: bool = False) -> int:
                    """The price in cents."""
                    if grams <= 0:
                        raise ValueError("a parcel weighs something")
                    price = 200 if grams <= 1000 else 450
                    return price * 2 if express else price
                ''',
        },
    )
    (root / ".venv").symlink_to(plain_environment, target_is_directory=True)
    return root
