"""How children are confined: generated tests strictly, tests that people wrote as a boundary allows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from proctor.execution.confinement.policy import SOFT, Confinement, Sockets
from proctor.execution.interpreter import Interpreter
from proctor.jobs.testgen.workplace import Conditions, Workplace

PYTHON = Interpreter("/usr/bin/python3", (3, 11, 7), "/usr", (), "linux-x86_64")
BWRAP = Confinement("bwrap", "all 6 probe acts refused", "/usr/bin/bwrap")

Place = Callable[[Confinement, Sockets], Workplace]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    def made(confinement: Confinement, sockets: Sockets) -> Workplace:
        return Workplace(
            tmp_path, PYTHON, (".",), tmp_path, {}, lambda text: None, confinement=confinement, sockets=sockets
        )

    return made


@pytest.mark.parametrize(
    ("sockets", "permits"), [("none", ()), ("unix", ("unix",)), ("loopback", ("unix", "loopback"))]
)
def test_generated_tests_write_the_private_folder_and_start_nothing(place: Place, tmp_path, sockets, permits) -> None:
    settings = place(BWRAP, sockets).settings(Conditions())

    assert (settings.confinement, settings.sockets, settings.permits) == (BWRAP, sockets, permits)
    assert settings.policy.writable == (tmp_path / ".proctor-child",)


@pytest.mark.parametrize(("level", "permits"), [(BWRAP, ("unix", "loopback", "programs")), (SOFT, ())])
def test_tests_of_people_write_their_whole_copy_and_start_programs_inside_a_boundary(
    place: Place, tmp_path, level, permits
) -> None:
    settings = place(level, "none").settings_for_people(Conditions(), seconds=7)

    assert (settings.confinement, settings.permits, settings.limits.wall_seconds) == (level, permits, 7)
    assert settings.policy.writable == (tmp_path,)
