"""Which ends of a call a test may expect, and what went wrong where one may not."""

import pytest

from proctor.execution.records import Observation, Raised
from proctor.execution.suite import DeniedAct, Frame, OutcomeRecord
from proctor.oracles.diagnosis import Diagnosis, incompatibility
from proctor.oracles.endings import is_acceptable
from proctor.oracles.failures import diagnose

PLAIN = ("builtins:Exception", "builtins:BaseException")


def ended(name: str, origin: str = "implicit", *, function: str = "f", bases: tuple[str, ...] = PLAIN) -> Observation:
    return Observation("raised", raised=Raised(name, bases, "message", origin, "lab.py", 3, function))


def test_returning_is_acceptable():
    assert is_acceptable(Observation("returned")) is True


@pytest.mark.parametrize("name", ["builtins:TypeError", "builtins:AssertionError", "builtins:KeyError", "lab:Problem"])
def test_what_the_code_raises_itself_is_acceptable(name):
    assert is_acceptable(ended(name, "explicit")) is True


@pytest.mark.parametrize(
    "name", ["TypeError", "AttributeError", "NameError", "ZeroDivisionError", "RecursionError", "SystemExit"]
)
def test_a_crash_is_not(name):
    assert is_acceptable(ended(f"builtins:{name}")) is False


@pytest.mark.parametrize(
    ("function", "expected"), [("__getitem__", True), ("pop", True), ("get_setting", True), ("total_price", False)]
)
def test_a_missing_key_is_acceptable_where_the_name_of_the_function_promises_a_look_up(function, expected):
    assert is_acceptable(ended("builtins:KeyError", function=function)) is expected


def test_an_error_of_a_library_is_acceptable_unless_the_library_was_given_the_wrong_type():
    assert is_acceptable(ended("builtins:ValueError", "library")) is True
    assert is_acceptable(ended("sqlalchemy.exc:IntegrityError", "library")) is True
    assert is_acceptable(ended("sqlalchemy.exc:ProgrammingError", "library")) is False


def test_what_is_no_exception_of_the_program_is_not_acceptable():
    assert (
        is_acceptable(ended("asyncio.exceptions:CancelledError", "library", bases=("builtins:BaseException",))) is False
    )
    assert is_acceptable(ended("proctor_probe.guard:Denied", "library")) is False


def failed(message: str, exception: str = "AssertionError", **more: object) -> OutcomeRecord:
    return OutcomeRecord("tests/test_a.py::test_b", "failed", "call", exception=exception, message=message, **more)  # type: ignore[arg-type]  # a test's values


@pytest.mark.parametrize(
    ("outcome", "diagnosis"),
    [
        (
            failed("Failed: DID NOT RAISE <class 'sqlalchemy.exc.IntegrityError'>", "Failed"),
            Diagnosis.mock_does_not_raise("tests/test_a.py::test_b", ":sqlalchemy.exc.IntegrityError"),
        ),
        (
            failed("(sqlite3.OperationalError) no such table: orders", "sqlalchemy.exc.OperationalError"),
            Diagnosis.models_not_imported(
                "tests/test_a.py::test_b", "(sqlite3.OperationalError) no such table: orders"
            ),
        ),
        (
            failed("invalid syntax (test_a.py, line 3)\nmore", "SyntaxError"),
            Diagnosis.syntax_error("tests/test_a.py::test_b", "invalid syntax (test_a.py, line 3)"),
        ),
        (
            failed("assert 3 == 4\n + where", "AssertionError"),
            Diagnosis.unstable_test("tests/test_a.py::test_b", "AssertionError: assert 3 == 4"),
        ),
    ],
    ids=lambda value: getattr(value, "slug", ""),
)
def test_a_failed_test_is_diagnosed_by_what_it_says(outcome, diagnosis):
    assert diagnose(outcome) == diagnosis


REFUSED = DeniedAct("socket.connect", "smtp.corp:25", (Frame("app/mail.py", 31, "send"),))


def test_a_refused_act_is_the_diagnosis_whatever_the_test_says():
    found = diagnose(failed("assert 1 == 2", denials=(REFUSED,)))

    assert (found.slug, found.subject, found.details) == (
        "outside-reached",
        "tests/test_a.py::test_b",
        (("call", "smtp.corp:25"),),
    )


def test_a_refused_act_names_the_code_that_tried_it():
    assert "app/mail.py:31" in diagnose(failed("assert 1 == 2", denials=(REFUSED,))).sentence


def test_an_old_hashing_library_is_known_by_its_message_and_its_own_frames():
    message = "ValueError: password cannot be longer than 72 bytes, truncate manually"
    known = incompatibility(message, ("app/core.py", "site-packages/passlib/handlers/bcrypt.py"))

    assert known is not None
    assert (known.package, known.requirement) == ("passlib", "bcrypt<4.1")
    assert incompatibility(message, ("app/core.py",)) is None
    assert incompatibility("another message", ("site-packages/passlib/x.py",)) is None


def test_every_diagnosis_is_a_sentence_with_what_was_done():
    made = Diagnosis.mock_does_not_raise("f", "sqlalchemy.exc:IntegrityError")

    assert made.sentence == (
        "f: the mock was not configured to raise IntegrityError; "
        "it now raises what the real collaborator raised at that call"
    )
