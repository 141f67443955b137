"""Which test a line belongs to."""

import pytest

from proctor.jobs.testgen.attribution import tests_at as found_at

SOURCE = """import pytest

SECRET = 1


def helper():
    return 2


def test_plain():
    return 3


class TestThing:
    value = 4

    @pytest.mark.slow
    def test_method(self):
        return 5

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param(
                "6",
                id="six",
            ),
            pytest.param("7", id="seven"),
            "8",
        ],
    )
    async def test_family(self, given):
        return 9
"""
EXPECTED = {
    "SECRET = 1": (),
    "return 2": (),
    "return 3": ("test_plain",),
    "value = 4": (),
    "mark.slow": ("TestThing::test_method",),
    "return 5": ("TestThing::test_method",),
    '"6",': ("TestThing::test_family[six]",),
    'param("7"': ("TestThing::test_family[seven]",),
    '"8",': ("TestThing::test_family",),
    "return 9": ("TestThing::test_family",),
}


@pytest.mark.parametrize("text", EXPECTED)
def test_a_line_belongs_to_the_smallest_test_around_it(text):
    (line,) = [number for number, line in enumerate(SOURCE.splitlines(), 1) if text in line]

    assert found_at(SOURCE, line) == EXPECTED[text]
