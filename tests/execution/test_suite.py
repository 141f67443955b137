"""A run of pytest is reported test by test, and is believed only when its report is whole."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proctor.execution.child import ChildSettings
from proctor.execution.coverage_data import FileCoverage
from proctor.execution.suite import Frame, OutcomeRecord, SuiteResult, run_suite

Write = Callable[[str, str], Path]
Run = Callable[..., SuiteResult]

EVERY_OUTCOME = """
    import pytest

    class Refusal(ValueError):
        pass

    def refuse():
        raise Refusal("no")

    @pytest.fixture
    def broken():
        raise RuntimeError("setup")

    @pytest.fixture
    def leaking():
        yield
        raise RuntimeError("teardown")

    def test_passed(): assert True
    def test_failed(): assert 1 + 1 == 3, "sum"
    def test_raised(): refuse()
    def test_setup(broken): pass
    def test_teardown(leaking): pass
    def test_lookup(nowhere): pass
    def test_skipped(): pytest.skip("later")
    @pytest.mark.skip(reason="never")
    def test_marked(): pass
    @pytest.mark.xfail(strict=True, reason="known")
    def test_xfailed(): refuse()
    @pytest.mark.xfail(reason="known")
    def test_xpassed(): pass
    @pytest.mark.xfail(strict=True, reason="known")
    def test_strict(): pass
    @pytest.mark.parametrize("value", ["ä/::b"])
    def test_parameter(value): pass
"""


@pytest.fixture
def run(settings: ChildSettings, scratch: Path) -> Run:
    def run_tests(*paths: str, **options: Any) -> SuiteResult:
        return run_suite(settings, paths, rootdir=scratch, **options)

    return run_tests


def names(result: SuiteResult) -> list[str]:
    return [outcome.nodeid.partition("::")[2] for outcome in result.outcomes]


def test_each_outcome_has_its_phase_exception_and_message(run: Run, write: Write) -> None:
    write("tests/test_all.py", EVERY_OUTCOME)

    result = run("tests")

    assert [
        (name, o.outcome, o.phase, o.exception, o.message)
        for name, o in zip(names(result), result.outcomes, strict=True)
    ] == [
        ("test_passed", "passed", "call", "", ""),
        ("test_failed", "failed", "call", "AssertionError", "sum\nassert (1 + 1) == 3"),
        ("test_raised", "failed", "call", "test_all.Refusal", "no"),
        ("test_setup", "error", "setup", "RuntimeError", "setup"),
        ("test_teardown", "error", "teardown", "RuntimeError", "teardown"),
        ("test_lookup", "error", "setup", "_pytest.fixtures.FixtureLookupError", "fixture not found: nowhere"),
        ("test_skipped", "skipped", "call", "Skipped", "later"),
        ("test_marked", "skipped", "setup", "Skipped", "never"),
        ("test_xfailed", "xfailed", "call", "test_all.Refusal", "no"),
        ("test_xpassed", "xpassed", "call", "", "known"),
        ("test_strict", "failed", "call", "", "[XPASS(strict)] known"),
        ("test_parameter[\\xe4/::b]", "passed", "call", "", ""),
    ]
    assert (result.complete, result.timed_out, result.is_green, result.collection_errors) == (True, False, False, ())


def test_frames_are_those_of_the_project_and_the_crash_is_the_innermost(run: Run, write: Write) -> None:
    app = write("app.py", "def divide(a, b):\n    return a / b\n")
    test = write("tests/test_app.py", "import app\n\ndef test_divide():\n    app.divide(1, 0)\n")

    (outcome,) = run("tests").outcomes

    frames = (Frame(str(test), 4, "test_divide"), Frame(str(app), 2, "divide"))
    assert replace(outcome, duration=0.0) == OutcomeRecord(
        "tests/test_app.py::test_divide",
        "failed",
        "call",
        "ZeroDivisionError",
        "division by zero",
        frames[1],
        frames,
    )


def test_an_exception_that_did_not_come_crashes_in_the_test_and_not_in_pytest(run: Run, write: Write) -> None:
    test = write("tests/test_a.py", "import pytest\ndef test_a():\n    with pytest.raises(ValueError):\n        pass\n")

    (outcome,) = run("tests").outcomes

    assert (outcome.exception, outcome.crash) == ("Failed", Frame(str(test), 3, "test_a"))


def test_files_that_cannot_be_collected_are_reported_and_the_others_are_run(run: Run, write: Write) -> None:
    syntax = write("tests/test_a.py", "x = 1\ndef (:\n")
    missing = write("tests/test_b.py", "import nowhere_to_be_found\n")
    raising = write("tests/test_c.py", "x = 1\n1 / 0\n")
    write("tests/test_d.py", "def test_fine(): pass\n")

    result = run("tests")

    assert [(e.nodeid, e.phase, e.exception, e.crash) for e in result.collection_errors] == [
        ("tests/test_a.py", "collection", "SyntaxError", Frame(str(syntax), 2, "<module>")),
        ("tests/test_b.py", "collection", "ModuleNotFoundError", Frame(str(missing), 1, "<module>")),
        ("tests/test_c.py", "collection", "ZeroDivisionError", Frame(str(raising), 2, "<module>")),
    ]
    assert result.collection_errors[1].message == "No module named 'nowhere_to_be_found'"
    assert (names(result), result.complete, result.is_green) == (["test_fine"], True, False)


def test_a_conftest_that_cannot_be_imported_is_a_collection_error_of_an_incomplete_run(run: Run, write: Write) -> None:
    conftest = write("tests/conftest.py", "raise LookupError('no settings')\n")
    write("tests/test_a.py", "def test_a(): pass\n")

    result = run("tests")

    (error,) = result.collection_errors
    assert (error.nodeid, error.exception, error.message) == (str(conftest), "LookupError", "no settings")
    assert error.crash == Frame(str(conftest), 1, "<module>")
    assert (result.outcomes, result.complete) == ((), False)


@pytest.mark.parametrize("leave", ["os._exit(0)", "os.kill(os.getpid(), 9)", "pytest.exit('enough', 0)"])
def test_a_run_that_leaves_early_is_not_complete_though_what_it_reported_is_kept(
    run: Run, write: Write, leave: str
) -> None:
    write("tests/test_a.py", f"import os, pytest\ndef test_a(): pass\ndef test_b(): {leave}\ndef test_c(): pass\n")

    result = run("tests")

    assert [(name, o.outcome) for name, o in zip(names(result), result.outcomes, strict=True)] == [("test_a", "passed")]
    assert (result.complete, result.is_green) == (False, False)


def test_lines_that_the_plugin_did_not_sign_do_not_count_nor_do_copies_of_signed_ones(run: Run, write: Write) -> None:
    write(
        "tests/test_a.py",
        """
        import json, os, pathlib, tempfile

        def test_signed(): pass

        def test_forges():
            (report,) = pathlib.Path(tempfile.gettempdir()).glob("suite-*/report.jsonl")
            signature, _, body = report.read_text().splitlines()[0].partition(" ")
            last = {"number": 2, "kind": "final", "final": True, "selected": 2, "denials": []}
            with report.open("a") as file:
                file.write(f"{signature} {body}\\n")
                file.write(f"{signature} {json.dumps(last)}\\n")
                file.write("[1]\\nnot json\\n")
            os._exit(0)
        """,
    )

    result = run("tests")

    assert (names(result), result.complete) == (["test_signed"], False)


def test_a_failure_that_is_taken_out_of_the_report_leaves_it_incomplete(run: Run, write: Write) -> None:
    write(
        "tests/test_a.py",
        """
        import pathlib, tempfile

        def test_fails(): assert False

        def test_hides_it():
            (report,) = pathlib.Path(tempfile.gettempdir()).glob("suite-*/report.jsonl")
            report.write_text("")
        """,
    )

    result = run("tests")

    assert (result.outcomes, result.complete) == ((), False)


def test_a_fork_of_the_test_process_reports_nothing(run: Run, write: Write) -> None:
    write(
        "tests/test_a.py",
        """
        import os

        def test_forks():
            if os.fork() == 0:
                raise SystemExit(1)
            os.wait()
        """,
    )

    result = run("tests")

    assert ([o.outcome for o in result.outcomes], result.complete) == (["passed"], True)


def test_a_hanging_test_ends_with_the_wall_time_and_is_said_to_have(
    settings: ChildSettings, scratch: Path, write: Write
) -> None:
    write("tests/test_a.py", "import threading\ndef test_hangs(): threading.Event().wait()\n")
    hurried = replace(settings, limits=replace(settings.limits, wall_seconds=3))

    result = run_suite(hurried, ["tests"], rootdir=scratch, coverage_of=["tests/test_a.py"])

    assert (result.outcomes, result.complete, result.timed_out, result.coverage) == ((), False, True, {})


def test_tests_do_not_see_the_settings_of_the_report(run: Run, write: Write) -> None:
    write(
        "tests/test_a.py",
        "import os\ndef test_a(): assert [name for name in os.environ if name.startswith('PROCTOR')] == []\n",
    )

    assert run("tests").is_green


def test_a_denial_fails_the_test_and_names_the_code_that_tried(run: Run, write: Write) -> None:
    mail = write("mail.py", "import socket\ndef send():\n    socket.create_connection(('smtp.example.com', 25))\n")
    test = write("tests/test_a.py", "import mail\ndef test_a():\n    mail.send()\ndef test_b(): pass\n")

    refused, untouched = run("tests").outcomes

    assert (refused.outcome, refused.exception) == ("failed", "proctor_probe.guard.ActDenied")
    assert refused.message == "socket.getaddrinfo smtp.example.com:25"
    (denial,) = refused.denials
    assert (denial.act, denial.detail) == ("socket.getaddrinfo", "smtp.example.com:25")
    ours = [frame for frame in denial.stack if frame.path in (str(mail), str(test))]
    assert ours == [Frame(str(test), 3, "test_a"), Frame(str(mail), 3, "send")]
    assert (untouched.outcome, untouched.denials) == ("passed", ())


def test_a_denial_at_import_belongs_to_the_file_that_could_not_be_collected(run: Run, write: Write) -> None:
    write("tests/test_a.py", "import os\nos.system('true')\n")
    write("tests/test_b.py", "def test_b(): pass\n")

    result = run("tests")

    (error,) = result.collection_errors
    assert (error.exception, [d.act for d in error.denials]) == ("proctor_probe.guard.ActDenied", ["os.system"])
    assert names(result) == ["test_b"]


def test_only_the_chosen_tests_run(run: Run, write: Write) -> None:
    write("tests/test_a.py", "def test_a(): pass\ndef test_b(): pass\ndef test_c(): pass\n")

    result = run("tests", only=["tests/test_a.py::test_c", "tests/test_a.py::test_a"])

    assert (names(result), result.complete) == (["test_a", "test_c"], True)


def test_a_seed_decides_the_order_and_the_files_are_mixed(run: Run, write: Write) -> None:
    for module in "abc":
        write(f"tests/test_{module}.py", "".join(f"def test_{module}{n}(): pass\n" for n in range(5)))

    plain, first, again, other = (names(run("tests", order_seed=seed)) for seed in (None, 1, 1, 2))

    assert plain == [f"test_{module}{n}" for module in "abc" for n in range(5)]
    assert first == again
    assert sorted(first) == sorted(other) == plain
    assert [first != plain, other != plain, first != other] == [True, True, True]
    assert [name[5] for name in first] != sorted(name[5] for name in first)


def test_the_projects_own_options_do_not_get_in_the_way(run: Run, write: Write) -> None:
    write(
        "pytest.ini",
        """
        [pytest]
        addopts = --cov=app -n 2 -x --no-such-option
        required_plugins = pytest-cov>=1 pytest-xdist pytest-randomly
        filterwarnings = error
        """,
    )
    write("tests/test_a.py", "def test_a(): assert False\ndef test_b(): pass\n")

    result = run("tests")

    assert [o.outcome for o in result.outcomes] == ["failed", "passed"]


def test_the_hash_seed_is_the_given_one(run: Run, write: Write) -> None:
    write("tests/test_a.py", "import os\ndef test_a(): assert os.environ['PYTHONHASHSEED'] == '42'\n")

    assert (run("tests", hash_seed=42).is_green, run("tests", hash_seed=41).is_green) == (True, False)


def test_coverage_is_measured_for_the_named_files_also_when_no_test_imports_them(run: Run, write: Write) -> None:
    write("app/__init__.py", "")
    write("app/used.py", "def sign(x):\n    if x < 0:\n        return -1\n    return 1\n")
    write("app/unused.py", "x = 1\n")
    write("app/other.py", "y = 1\n")
    write("app/broken.py", "def (:\n")
    write(".coveragerc", "[run]\nomit = app/*\n")
    write("tests/test_a.py", "from app.used import sign\ndef test_a(): assert sign(1) == 1\n")

    result = run("tests", coverage_of=["app/used.py", "app/unused.py", "app/broken.py"])

    assert result.coverage == {
        "app/used.py": FileCoverage("app/used.py", 4, (1, 2, 4), (3,), 2, 1, ((2, 3),)),
        "app/unused.py": FileCoverage("app/unused.py", 1, (), (1,), 0, 0, ()),
    }
    assert result.is_green


def test_a_run_leaves_only_the_private_folder_behind(run: Run, write: Write, scratch: Path) -> None:
    write("app.py", "x = 1\n")
    write("tests/test_a.py", "import app\ndef test_a(tmp_path): (tmp_path / 'x').write_text('')\n")

    run("tests", coverage_of=["app.py"], only=["tests/test_a.py::test_a"])

    left = [str(path.relative_to(scratch)) for path in sorted(scratch.rglob("*")) if ".proctor-child" not in str(path)]
    assert left == ["app.py", "tests", "tests/test_a.py"]
    assert list(scratch.glob(".proctor-child/tmp/suite-*")) == []


def test_the_same_imports_are_found_with_and_without_coverage(run: Run, write: Write) -> None:
    write("tests/test_a.py", "import json, sys\ndef test_a(): assert False, json.dumps(sys.path)\n")

    plain = run("tests").outcomes[0].message
    measured = run("tests", coverage_of=["tests/test_a.py"]).outcomes[0].message

    assert json.loads(plain.splitlines()[0]) == json.loads(measured.splitlines()[0])
    assert os.path.dirname(sys.executable) not in plain


@pytest.mark.parametrize(
    "hanging",
    [
        "threading.Thread(target=threading.Event().wait).start()",
        "atexit.register(threading.Event().wait)",
    ],
)
def test_what_never_ends_at_exit_keeps_no_run_from_ending(settings: ChildSettings, write: Write, hanging: str) -> None:
    write("subject.py", f"import atexit, threading\n{hanging}\n\ndef one():\n    return 1\n")
    write("test_subject.py", "import subject\n\ndef test_one():\n    assert subject.one() == 1\n")

    result = run_suite(settings, ["test_subject.py"], coverage_of=["subject.py"], rootdir=settings.cwd)

    assert (result.is_green, result.timed_out, result.coverage["subject.py"].line_rate) == (True, False, 100.0)
