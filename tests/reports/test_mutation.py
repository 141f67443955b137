"""What the tests notice, in the report, in the summary and as data."""

import json

from proctor.mutation.score import MutationScore, Survivor
from proctor.reports.coverage_report import render_coverage_report
from proctor.reports.mutation import mutation_text, noticed_section
from proctor.reports.summary import render_summary, summary_json

BOUNDARY = Survivor(14, "Prices.search", "comparison", "a > 1", "a >= 1")
VALUE = Survivor(3, "", "constant", "'|'", "''")
SMALL = MutationScore(12, 12, 8, 2, 1, 1, 0, (VALUE, BOUNDARY))
LARGE = MutationScore(900, 100, 60, 0, 20, 15, 5)


def test_the_section_has_a_row_a_module_the_rule_and_the_survivors_by_line(outcome):
    section = noticed_section([outcome("shop/mail.py", mutation=SMALL), outcome(mutation=LARGE)])

    assert section[:7] == [
        "## What the tests notice",
        "",
        "| Module | Mutants | Reached | Killed | Score | Set aside |",
        "| --- | --- | --- | --- | --- | --- |",
        "| `shop/mail.py` | 12 | 10 | 8 | 72.7 | 1 |",
        "| `shop/prices.py` | 100 of 900 | 60 | 60 | 75.0 | 20 |",
        "| **Total** | 112 of 912 | 70 | 68 | 74.7 | 21 |",
    ]
    assert section[9:] == [
        "",
        "Reached by tests of `shop/mail.py` and not noticed:",
        "",
        "- line 3: `'|'` → `''`",
        "- line 14 in `Prices.search`: `a > 1` → `a >= 1`",
    ]


def test_without_mutants_nothing_is_said(outcome, run_report):
    assert noticed_section([outcome()]) == []
    assert mutation_text([outcome()]) == ""
    assert "mutant" not in render_coverage_report(run_report()).lower()


def test_the_report_and_the_summary_show_the_score(outcome, run_report):
    report = run_report(outcome(mutation=SMALL))

    assert "| `shop/prices.py` | 12 | 10 | 8 | 72.7 | 1 |" in render_coverage_report(report).splitlines()
    line = next(line for line in render_summary(report).splitlines() if "Mutants:" in line)
    assert " ".join(line.split()) == "Mutants: 8 of 11 killed (72.7 %), 2 reached and not noticed"


def test_the_data_has_the_counts_the_rate_and_the_most_telling_survivors(outcome, run_report):
    data = json.loads(summary_json(run_report(outcome(mutation=SMALL))))["modules"][0]["mutation"]

    shown = [{name: getattr(item, name) for name in Survivor.__slots__} for item in (VALUE, BOUNDARY)]
    assert data == {
        "known": 12,
        "sampled": 12,
        "killed": 8,
        "unnoticed": 2,
        "unreached": 1,
        "equivalent": 1,
        "untried": 0,
        "survivors": shown,
        "reached": 10,
        "rate": 800 / 11,
        "most_telling": shown,
    }
