"""Which functions a value that is made at import can have an effect on."""

from proctor.mutation.mentions import Mentions

SOURCE = """\
RATES = {"a": 1}
TABLE = sorted(RATES)


def direct():
    return RATES


def derived():
    return TABLE


def other():
    return 3
"""


def test_functions_that_mention_the_name_or_what_was_made_from_it_are_found() -> None:
    assert Mentions(SOURCE).lines_about({"RATES"}) == frozenset({5, 6, 9, 10})


def test_a_name_that_nobody_mentions_has_no_lines() -> None:
    assert Mentions(SOURCE).lines_about({"OTHER"}) == frozenset()
