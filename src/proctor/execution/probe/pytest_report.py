"""A pytest plugin that reports every test on a stream of its own, because exit codes and output can be forged.

PYTEST_DONT_REWRITE: it is loaded first, before there is anything to rewrite, and installs the guard at once.
"""

from __future__ import annotations

import dataclasses
import hmac
import json
import os
import random
from collections.abc import Generator
from typing import Any, Final

import pytest

from . import guard
from .leaving import leave_in_time

LONGEST_MESSAGE: Final = 2048
DEEPEST_STACK: Final = 60
RANKS: Final = {"failed": 0, "error": 0, "xpassed": 1, "xfailed": 1, "skipped": 1, "passed": 2}
WRAPPERS: Final = ("CollectError", "ConftestImportFailure")
MACHINERY: Final = (os.path.join(os.sep, "_pytest", ""), os.path.join(os.sep, "pluggy", ""), guard.PROBE_FOLDER)

Record = dict[str, Any]


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Install the guard and the reporter: pytest calls this the moment the plugin is registered, before any other."""
    reporter = Reporter(dict(_taken_from_environment()))
    pluginmanager.register(reporter, "proctor-reporter")


def _taken_from_environment() -> Generator[tuple[str, str], None, None]:
    """Take our settings out of the environment, where the tests would see them."""
    for name in ("REPORT", "KEY", "WRITABLE", "PERMITS", "ORDER_SEED", "ONLY"):
        yield name, os.environ.pop(f"PROCTOR_{name}", "")


class Reporter:
    """Guards the process, picks and orders the tests, and writes one line for each of them."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._descriptor = _opened(settings["REPORT"])
        self._signature = hmac.new(_read_once(int(settings["KEY"])), digestmod="sha256")
        self._written = 0
        self._seed = settings["ORDER_SEED"]
        self._only = _read_only(settings["ONLY"])
        self._process = os.getpid()
        self._phases: list[Record] = []
        self._counts: dict[str, int] = {}
        self._selected = 0
        if settings["WRITABLE"]:
            guard.install_guard(json.loads(settings["WRITABLE"]), permits=json.loads(settings["PERMITS"] or "[]"))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self) -> Generator[None, Any, None]:
        """Report a conftest.py that cannot be imported: pytest would leave without a session."""
        outcome = yield
        if outcome.excinfo is not None:
            error = outcome.excinfo[1]
            self._write_collection(str(getattr(error, "path", "conftest.py")), error)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the tests asked for, in the order asked for."""
        if self._only is not None:
            dropped = [item for item in items if item.nodeid not in self._only]
            items[:] = [item for item in items if item.nodeid in self._only]
            config.hook.pytest_deselected(items=dropped)
        if self._seed:
            random.Random(int(self._seed)).shuffle(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember how many outcomes there must be in the end."""
        self._selected = len(session.items)

    def pytest_exception_interact(
        self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[object], report: object
    ) -> None:
        """Report a file that cannot be collected; failures of tests come through their own reports."""
        if isinstance(report, pytest.CollectReport) and call.excinfo is not None:
            self._write_collection(node.nodeid, call.excinfo.value)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Start a test: what was refused between tests belongs to none of them."""
        self._phases = []

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
        """Note a phase after all other plugins have had their say about it."""
        outcome = yield
        report = outcome.get_result()
        if report.when == "setup":
            self._phases = []  # a plugin that runs a test again starts it anew
        self._phases.append(_phase(report, None if call.excinfo is None else call.excinfo.value))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Report the test by its worst phase, or by its call when all is well."""
        if not self._phases:
            return
        called = sorted(self._phases, key=lambda phase: phase["phase"] != "call")
        worst = min(called, key=lambda phase: RANKS[phase["outcome"]])
        self._counts[worst["outcome"]] = self._counts.get(worst["outcome"], 0) + 1
        duration = sum(phase["duration"] for phase in self._phases)
        self._write("test", {**worst, "nodeid": nodeid, "duration": duration})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Close the report; without this line the session did not get to its end."""
        totals = {"counts": self._counts, "selected": self._selected, "exit_status": int(exitstatus)}
        self._write("final", {"final": True, **totals})

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Let nothing of the project keep the process from ending; the forks of it are ended from outside."""
        if os.getpid() == self._process:
            leave_in_time(0)

    def _write_collection(self, nodeid: str, error: BaseException) -> None:
        place = {"nodeid": nodeid, "phase": "collection", "outcome": "error", "duration": 0.0}
        self._write("collection", {**place, **_described(error)})

    def _write(self, kind: str, record: Record) -> None:
        """Write one line, whole and at once, so that it outlives a crash; forks of this process stay silent."""
        if os.getpid() != self._process:
            return
        line = {"number": self._written, "kind": kind, "denials": _taken_denials(), **record}
        body = json.dumps(line).encode()
        signature = self._signature.copy()
        signature.update(body)
        os.write(self._descriptor, signature.hexdigest().encode() + b" " + body + b"\n")
        self._written += 1


def _opened(report: str) -> int:
    return int(report) if report.isdigit() else os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _read_once(descriptor: int) -> bytes:
    """Take the key out of its pipe, before any code of the project runs."""
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def _read_only(path: str) -> frozenset[str] | None:
    if not path:
        return None
    with open(path, encoding="utf-8") as file:
        return frozenset(json.load(file))


def _taken_denials() -> list[Record]:
    return [dataclasses.asdict(denial) for denial in guard.take_denials()]


def _phase(report: pytest.TestReport, error: BaseException | None) -> Record:
    outcome = _outcome(report)
    record = {"phase": report.when, "outcome": outcome, "duration": report.duration}
    if outcome == "passed":
        return {**record, **_nothing("")}
    if error is not None and outcome != "xpassed":
        return {**record, **_described(error)}
    return {**record, **_nothing(_reason(report))}


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail") and not report.failed:
        return "xfailed" if report.skipped else "xpassed"
    if report.failed:
        return "failed" if report.when == "call" else "error"
    return str(report.outcome)


def _reason(report: pytest.TestReport) -> str:
    """Say why there is an outcome without an exception: a strict xpass, a skip by mark, an xfail that was not run."""
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else longrepr or getattr(report, "wasxfail", "")
    return str(text)[:LONGEST_MESSAGE]


def _nothing(message: str) -> Record:
    return {"exception": "", "message": message, "crash": None, "frames": []}


def _described(error: BaseException) -> Record:
    """Describe an exception: its type, message, where it was raised, and the user's frames, outermost first."""
    cause = _unwrapped(error)
    frames = _frames(cause)
    return {
        "exception": _qualified(type(cause)),
        "message": _message(cause)[:LONGEST_MESSAGE],
        "crash": _crash(cause, frames),
        "frames": frames,
    }


def _unwrapped(error: BaseException) -> BaseException:
    """Find the user's error below those that pytest wraps around errors of collection."""
    is_wrapper = type(error).__name__ in WRAPPERS and error.__cause__ is not None
    return _unwrapped(error.__cause__) if is_wrapper and error.__cause__ is not None else error


def _qualified(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    if hasattr(error, "argname") and hasattr(error, "fixturestack"):  # FixtureLookupError has no text of its own
        return f"{getattr(error, 'msg', None) or 'fixture not found'}: {error.argname}"
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - __str__ is the user's code and may raise anything
        return f"<its message cannot be read: {type(broken).__name__}>"


def _frames(error: BaseException) -> list[guard.Frame]:
    frames: list[guard.Frame] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if not _is_machinery(code.co_filename):
            frames.append((code.co_filename, trace.tb_lineno or 0, code.co_name))
        trace = trace.tb_next
    return frames[-DEEPEST_STACK:]


def _is_machinery(path: str) -> bool:
    return path.startswith("<frozen ") or any(part in path for part in MACHINERY)


def _crash(error: BaseException, frames: list[guard.Frame]) -> guard.Frame | None:
    """Give the place the error came from; a syntax error names one that never ran."""
    if isinstance(error, SyntaxError) and error.filename:
        return (error.filename, error.lineno or 0, "<module>")
    return frames[-1] if frames else None
