"""Strings for regular expressions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.scenarios.patterns import matching, near_misses

SUPPORTED = [
    r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
    r"\d{3}-\d{4}",
    r"^(?=.*\d)(?=.*[A-Z])[\w!]{8,}$",
    r"(a|bc)+?d",
    r"(?P<x>ab?)-(?P=x)",
    r"(?!admin)[a-z]+",
    r"^\+?1?\d{9,15}$",
    r"^(([a-z]+)|(\d+))(?(2)-|_)$",
    r"^#(?:[0-9a-fA-F]{3}){1,2}$",
    r"(?>ab|a)c",
    r"x{2,3}+y",
    r"[^\W\d_]+",
    r"\bfoo\b",
]


@pytest.mark.parametrize("pattern", SUPPORTED)
def test_strings_match_as_a_whole_and_near_misses_do_not(pattern):
    assert [bool(re.fullmatch(pattern, text)) for text in matching(pattern)] == [True] * len(matching(pattern))
    assert [bool(re.fullmatch(pattern, text)) for text in near_misses(pattern)] == [False] * len(near_misses(pattern))
    assert (matching(pattern) == (), near_misses(pattern) == ()) == (False, False)


def test_strings_cover_alternatives_and_numbers_of_repeats():
    assert matching("yes|no") == ("yes", "no")
    assert matching("^[A-Z]{2}[0-9]{1,3}$", limit=3) == ("AA0", "ZA0", "AZ0")
    assert matching("ab*") == ("ab", "a", "abb")


def test_the_limit_and_the_flags_are_respected():
    assert matching("[a-c]", limit=2) == ("a", "c")
    assert matching("a # a letter", re.VERBOSE) == ("a",)
    assert near_misses("abc", re.IGNORECASE, limit=3) == ("", "ab", "bc")


def test_what_must_follow_is_appended_when_nothing_matches_as_a_whole():
    assert matching("foo(?=bar)") == ("foobar",)


@pytest.mark.parametrize("pattern", ["(", "a{300}", "(?P<", "[z-a]", "a{99999999999999999999}"])
def test_what_cannot_be_built_gives_nothing(pattern):
    assert (matching(pattern), near_misses(pattern)) == ((), ())


@given(st.text(alphabet="ab(|)*+?[]^$.\\d{2}", max_size=12))
def test_no_pattern_raises_and_every_string_is_verified(pattern):
    for text in matching(pattern):
        assert re.match(pattern, text)
    for text in near_misses(pattern):
        assert not re.fullmatch(pattern, text)
