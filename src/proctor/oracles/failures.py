"""Diagnoses of written tests that failed under pytest: from the exception, its frames, and denied acts."""

from __future__ import annotations

from proctor.execution.suite import OutcomeRecord
from proctor.oracles.diagnosis import Diagnosis, incompatibility

_TABLES_MISSING = ("NoReferencedTableError", "no such table")


def diagnose(outcome: OutcomeRecord) -> Diagnosis:
    """What is wrong with a test that failed or a file that could not be collected."""
    message = outcome.message or ""
    exception = outcome.exception or ""
    if outcome.denials:
        denied = outcome.denials[0]
        own = [frame for frame in denied.stack if "site-packages" not in frame.path and not frame.path.startswith("<")]
        place = f"{own[-1].path}:{own[-1].line}" if own else outcome.nodeid
        return Diagnosis.outside_reached(outcome.nodeid, denied.detail or denied.act, place)
    known = incompatibility(message, tuple(frame.path for frame in outcome.frames))
    if known is not None:
        return Diagnosis.incompatible_dependency(outcome.nodeid, known.requirement, known.reason)
    if any(sign in exception or sign in message for sign in _TABLES_MISSING):
        return Diagnosis.models_not_imported(outcome.nodeid, message)
    if "SyntaxError" in exception or "IndentationError" in exception:
        return Diagnosis.syntax_error(outcome.nodeid, _first_line(message))
    if "DID NOT RAISE" in message:
        expected = message.rpartition("DID NOT RAISE")[2].strip(" <>'").removeprefix("class '")
        return Diagnosis.mock_does_not_raise(outcome.nodeid, f":{expected}")
    return Diagnosis.unstable_test(outcome.nodeid, f"{exception}: {_first_line(message)}")


def _first_line(message: str) -> str:
    return message.strip().partition("\n")[0]
