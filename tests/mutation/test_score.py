"""Figures from fates: the best fate of a mutant counts, equivalent ones count nowhere, survivors are ranked."""

from proctor.mutation.mutants import mutants_of
from proctor.mutation.score import Fate, MutationScore, Survivor, in_all, most_telling, score_of

COMPARED, SHOWN = (
    mutants_of("def f(a):\n    if a > 1:\n        return 'big'\n    return 'small'\n")[index] for index in (0, 4)
)


def test_a_mutant_that_any_part_of_the_work_killed_is_killed() -> None:
    score = score_of([Fate(COMPARED, "unreached"), Fate(COMPARED, "killed"), Fate(COMPARED, "unnoticed")], 9)

    assert score == MutationScore(9, 1, 1, 0, 0, 0, 0)


def test_the_rate_counts_what_no_test_reaches_and_leaves_equivalent_ones_out() -> None:
    score = MutationScore(known=90, sampled=12, killed=6, unnoticed=2, unreached=2, equivalent=1, untried=1)

    assert (score.reached, score.valid, score.rate) == (8, 10, 60.0)


def test_without_a_valid_mutant_there_is_no_rate() -> None:
    assert MutationScore(1, 1, 0, 0, 0, 1, 0).rate is None


def test_survivors_say_what_stands_there_and_what_nobody_noticed() -> None:
    score = score_of([Fate(COMPARED, "unnoticed")], 9)

    assert score.survivors == (Survivor(2, "f", "comparison", "a > 1", "a >= 1"),)


def test_a_score_goes_to_json_and_back() -> None:
    score = score_of([Fate(COMPARED, "unnoticed"), Fate(SHOWN, "killed")], 9)

    assert MutationScore.from_json(score.to_json()) == score


def test_the_most_telling_survivors_are_one_a_line_and_boundaries_before_words() -> None:
    word, call, boundary = (
        Survivor(2, "f", "constant", "'a'", "''"),
        Survivor(2, "f", "call", "g(a, b)", "g(b, a)"),
        Survivor(9, "g", "comparison", "a > 1", "a >= 1"),
    )
    score = MutationScore(9, 3, 0, 3, 0, 0, 0, (word, call, boundary))

    assert most_telling(score, 5) == (call, boundary)
    assert most_telling(score, 1) == (boundary,)


def test_modules_are_added_up_without_their_survivors() -> None:
    score = MutationScore(9, 8, 1, 2, 3, 1, 1, (Survivor(1, "f", "call", "a", "b"),))

    assert in_all([score, score]) == MutationScore(18, 16, 2, 4, 6, 2, 2)
