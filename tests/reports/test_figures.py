import pytest

from proctor.reports.figures import Coverage, coverage_of, rate_text, total_after, total_before


def test_a_total_weighs_by_statements_and_branches_not_by_files(coverage):
    small, large = coverage("a.py", 10, 10, 2, 2), coverage("b.py", 90, 0, 6, 0)

    total = coverage_of(small, large)

    assert total == Coverage(100, 10, 8, 2)
    assert (total.line_rate, total.branch_rate) == (10.0, 25.0)


def test_what_has_nothing_to_cover_has_no_rate():
    assert (Coverage(0, 0, 0, 0).line_rate, Coverage(0, 0, 0, 0).branch_rate) == (None, None)


def test_totals_leave_out_what_was_not_measured(outcome, coverage):
    modules = [outcome("a.py", before=None), outcome("b.py", after=None, before=coverage("b.py", 5, 1))]

    assert (total_before(modules), total_after(modules)) == (Coverage(5, 1, 0, 0), Coverage(40, 40, 8, 8))


def test_a_total_of_nothing_measured_is_none(outcome):
    assert total_before([outcome(before=None)]) is None
    assert total_after([]) is None


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (None, "–"),
        (0.0, "0.0"),
        (200 / 3, "66.7"),
        (84.94, "84.9"),
        (84.96, "84.9"),
        (85.0, "85.0"),
        (85.06, "85.1"),
        (99.96, "99.9"),
        (100.0, "100.0"),
    ],
)
def test_a_rate_never_reads_as_a_limit_that_it_misses(rate, text):
    assert rate_text(rate, minimum=85.0) == text
