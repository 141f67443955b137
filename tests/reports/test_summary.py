import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.reports.records import Bug, ModuleOutcome, PhaseTime, RunReport, SandboxLine
from proctor.reports.summary import render_summary, summary_json

_TEXT = """\
Workflow complete. Summary:
  Files created or changed: 3
  Tests written:            12 passing, 1 xfailed (known bugs documented)
  Bugs found:               1 (shop/prices.py:14 Prices.search: no guard against None)
  Modules:                  1 done
  Tokens:                   0

Coverage before and after:
  Module                lines %     branches %  tests  xfailed  status
  shop/prices.py   25.0 → 100.0    0.0 → 100.0     12        1  done
  Total            25.0 → 100.0    0.0 → 100.0     12        1

Mended on the way:
  - a mock that did not raise

Add to the project's requirements:
  - bcrypt<4.1

Notes:
  - one note

Time:
  Phase 1:                  2.0 s
  Wrap-up:                  0.5 s
  Total:                    3.3 s

  Sandbox:                  soft (no bubblewrap here)
  Manifest:                 abababababababababababababababababababababababababababababababab
  Read:                     COVERAGE_REPORT.md, .proctor/bugs_found.md
"""


def first_line(report):
    return render_summary(report).splitlines()[0]


def test_the_summary_tells_all_of_a_complete_run(run_report, outcome, bug):
    report = run_report(
        outcome(xfailed=1),
        bugs=(bug(),),
        remedies=("a mock that did not raise",),
        requirements=("bcrypt<4.1",),
        notes=("one note",),
    )

    assert render_summary(report) == _TEXT


def test_a_run_with_an_unfinished_module_never_calls_itself_complete(run_report, outcome):
    report = run_report(outcome(), outcome("a.py", status="failed"), outcome("b.py", status="skipped"))

    assert first_line(report) == "Workflow ended with 2 of 3 modules not finished. Summary:"
    assert "  Modules:                  1 done, 1 failed, 1 skipped\n" in render_summary(report)


def test_a_missed_minimum_is_in_the_first_line(run_report, outcome):
    report = run_report(outcome(), outcome("a.py", status="below"))

    assert first_line(report) == "Workflow complete, 1 module below the minimum of 85.0 %. Summary:"


def test_a_run_that_changed_nothing_says_so(run_report):
    assert first_line(run_report(unchanged=True)) == "Workflow complete, nothing to change. Summary:"


def test_what_was_not_measured_is_a_dash_and_the_total_says_so(run_report, outcome, coverage):
    report = run_report(outcome(before=None, after=coverage("shop/prices.py", 3, 2)), outcome("a.py", after=None))

    assert render_summary(report).partition("Coverage before and after:\n")[2].partition("\n\n")[0] == (
        "  Module                            lines %     branches %  tests  xfailed  status\n"
        "  a.py                         25.0 →     –    0.0 →     –     12        0  done\n"
        "  shop/prices.py                  – →  66.7      – →     –     12        0  done\n"
        "  Total of what was measured   25.0 →  66.7    0.0 →     –     24        0"
    )


def test_what_is_left_open_is_listed_by_module(run_report, outcome):
    report = run_report(
        outcome(open_branches=("line 3: x never true", "line 5: y never false")),
        outcome("a.py", status="failed", note="cannot be imported"),
    )

    assert "Left open:\n  - a.py: failed: cannot be imported\n  - shop/prices.py: 2 branches not taken\n" in (
        render_summary(report)
    )


def test_control_characters_do_not_reach_the_terminal(run_report, outcome):
    text = render_summary(run_report(outcome(status="failed", note="\x1b[31mred\x1b[0m\nand \udcff")))

    assert r"  - shop/prices.py: failed: \x1b[31mred\x1b[0m and \udcff" in text


texts = st.text(max_size=300)
numbers = st.integers(0, 10**5)
modules = st.builds(
    ModuleOutcome,
    path=texts,
    module=texts,
    before=st.none(),
    after=st.none(),
    passed=numbers,
    xfailed=numbers,
    test_file=st.none() | texts,
    groups=st.just(()),
    status=st.sampled_from(["done", "below", "failed", "skipped"]),
    note=texts,
    replaced=st.just(()),
    open_branches=st.lists(texts, max_size=2).map(tuple),
)
bugs = st.builds(Bug, number=numbers, line=numbers, severity=st.just("low"), evidence=st.just(()))
lines = st.lists(texts, max_size=2).map(tuple)
reports = st.builds(
    RunReport,
    project=texts,
    modules=st.lists(modules, max_size=2).map(tuple),
    bugs=st.lists(bugs, max_size=2).map(tuple),
    phases=st.lists(st.builds(PhaseTime, texts, st.floats(0, 10**6)), max_size=2).map(tuple),
    seconds=st.floats(0, 10**6),
    files_written=lines,
    tokens=numbers,
    sandbox=st.builds(SandboxLine, texts, texts),
    requirements=lines,
    remedies=lines,
    minimum=st.floats(0, 100),
    notes=lines,
    unchanged=st.booleans(),
    manifest_digest=texts,
)


@given(reports)
def test_no_line_is_over_100_columns_whatever_the_texts_are(report):
    text = render_summary(report)

    assert [line for line in text.splitlines() if len(line) > 100] == []
    assert text.replace("\n", "").isprintable()


@given(reports)
def test_the_json_is_ascii_and_reads_back_whatever_the_texts_are(report):
    text = summary_json(report)

    assert text.isascii()
    assert json.loads(text)["notes"] == list(report.notes)


def test_the_json_has_totals_and_rates_instead_of_line_lists(run_report, outcome, coverage):
    data = json.loads(summary_json(run_report(outcome(before=None, after=coverage("shop/prices.py", 3, 2, 2, 1)))))

    after = {
        "statements": 3,
        "covered_statements": 2,
        "branches": 2,
        "covered_branches": 1,
        "line_rate": 66.7,
        "branch_rate": 50.0,
    }
    assert data["totals"] == {"passed": 12, "xfailed": 0, "before": None, "after": after}
    assert data["modules"][0]["before"] is None
    assert data["modules"][0]["after"] == after | {"missing_lines": [3], "missing_branches": [[0, 1]]}


@pytest.mark.parametrize("render", [render_summary, summary_json])
def test_modules_are_in_order_of_their_paths_however_they_arrive(render, run_report, outcome):
    report = run_report(outcome("a.py"), outcome("b.py"))

    assert render(replace(report, modules=report.modules[::-1])) == render(report)
