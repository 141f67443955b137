"""Runs pytest on the scratch copy in a confined child, and reads what happened from the probe's own report."""

import hmac
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from proctor.execution.child import ChildResult, ChildSettings, run_child
from proctor.execution.coverage_data import FileCoverage, read_coverage
from proctor.execution.probe.launch import PROBE_PACKAGE

# Each of these changes order, processes or measuring behind our back; a plugin that is not installed is no error.
BLOCKED_PLUGINS: Final = ("randomly", "cacheprovider", "xdist", "cov")
# The project's own defaults are for people: --cov, -n, -x or a required plugin blocked here would get in the way.
OVERRIDDEN_OPTIONS: Final = ("addopts=", "required_plugins=")


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback or of a stack, outermost first in its tuple."""

    path: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class DeniedAct:
    """An act that the guard refused, and the code that tried it."""

    act: str
    detail: str
    stack: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """How one test ended, or in phase "collection" why a file could not be read.

    `outcome` is passed, failed, error, skipped, xfailed or xpassed; `crash` is the innermost frame outside pytest.
    """

    nodeid: str
    outcome: str
    phase: str
    exception: str = ""
    message: str = ""
    crash: Frame | None = None
    frames: tuple[Frame, ...] = ()
    denials: tuple[DeniedAct, ...] = ()
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What a run of pytest showed; only a complete one may be believed to be green.

    `coverage` has the files that were asked for and measured; `denials` are those outside of any test.
    """

    outcomes: tuple[OutcomeRecord, ...]
    collection_errors: tuple[OutcomeRecord, ...]
    complete: bool
    timed_out: bool
    seconds: float
    output_tail: str
    coverage: Mapping[str, FileCoverage]
    denials: tuple[DeniedAct, ...] = ()

    @property
    def is_green(self) -> bool:
        """Whether the run got to its end and nothing in it failed."""
        bad = any(outcome.outcome in ("failed", "error") for outcome in self.outcomes)
        return self.complete and not bad and not self.collection_errors


@dataclass(frozen=True, slots=True)
class _Run:
    """One run's private files and the key that its own report lines are signed with."""

    folder: Path
    root: Path
    key: bytes

    @property
    def report(self) -> Path:
        return self.folder / "report.jsonl"

    @property
    def coverage_config(self) -> Path:
        return self.folder / "coveragerc"

    @property
    def coverage_report(self) -> Path:
        return self.folder / "coverage.json"


def run_suite(  # noqa: PLR0913 - each keyword is an independent choice; a record of them would be filled in one place
    settings: ChildSettings,
    paths: Sequence[str],
    *,
    only: Sequence[str] | None = None,
    order_seed: int | None = None,
    hash_seed: int = 0,
    coverage_of: Sequence[str] = (),
    rootdir: Path,
) -> SuiteResult:
    """Run the tests under `paths`, or those of `only`; with a seed all of them in one shuffled order.

    `coverage_of` names files relative to `rootdir`; those that no test imports are measured as not run.
    """
    settings.make_folders()
    with TemporaryDirectory(prefix="suite-", dir=settings.temporary) as folder:
        run = _Run(Path(folder), rootdir, secrets.token_bytes(32))
        with _readable_once(run.key) as key_at:
            environment = {**settings.environment, **_plugin_environment(settings, run, only, order_seed)}
            environment["PROCTOR_KEY"] = str(key_at)
            chosen = replace(settings, hash_seed=hash_seed, environment=environment)
            child = run_child([*_measuring(settings, run, coverage_of), *_pytest(run, paths)], chosen, [key_at])
        return _result(child, _own_lines(run), _coverage(settings, run, coverage_of))


def _plugin_environment(
    settings: ChildSettings, run: _Run, only: Sequence[str] | None, order_seed: int | None
) -> dict[str, str]:
    environment = {
        "PROCTOR_REPORT": str(run.report),
        "PROCTOR_WRITABLE": json.dumps([*map(str, settings.policy.writable), *settings.shared_places]),
        "PROCTOR_PERMITS": json.dumps(settings.permits),
    }
    if only is not None:
        kept = run.folder / "only.json"
        kept.write_text(json.dumps(list(only)), "utf-8")
        environment["PROCTOR_ONLY"] = str(kept)
    if order_seed is not None:
        environment["PROCTOR_ORDER_SEED"] = str(order_seed)
    return environment


def _pytest(run: _Run, paths: Sequence[str]) -> list[str]:
    blocked = [word for plugin in BLOCKED_PLUGINS for word in ("-p", f"no:{plugin}")]
    overridden = [word for option in OVERRIDDEN_OPTIONS for word in ("-o", option)]
    report = ["-p", f"{PROBE_PACKAGE}.pytest_report", "--continue-on-collection-errors"]
    looks = ["-q", "--tb=short", "--color=no", f"--rootdir={run.root}"]
    return ["-m", "pytest", *report, *blocked, *overridden, *looks, *paths]


def _measuring(settings: ChildSettings, run: _Run, coverage_of: Sequence[str]) -> list[str]:
    """Put coverage.py around pytest if asked to, under settings of our own: the project's may leave files out."""
    if not coverage_of:
        return []
    folders = sorted({os.path.relpath((run.root / path).parent, settings.cwd) for path in coverage_of})
    lines = [
        "[run]",
        "branch = true",
        f"data_file = {run.folder / 'coverage.data'}",
        f"concurrency = {'thread,greenlet' if _may_switch(settings, run, coverage_of) else 'thread'}",
        "source =",
        *(f"    {folder}" for folder in folders),
        "[report]",
        "ignore_errors = true",
    ]
    run.coverage_config.write_text("\n".join(lines) + "\n", "utf-8")
    return ["-m", "coverage", "run", f"--rcfile={run.coverage_config}"]


def _may_switch(settings: ChildSettings, run: _Run, coverage_of: Sequence[str]) -> bool:
    """Whether measured code may run in greenlets; following them costs every other suite a third of its time."""
    sources = (run.root / path for path in coverage_of)
    is_async = any(b"async " in path.read_bytes() for path in sources if path.is_file())
    return is_async and _has_greenlet(settings)


def _has_greenlet(settings: ChildSettings) -> bool:
    """Look for greenlet, as asyncio sessions of SQLAlchemy run in it: lines after an await would seem not run."""
    places = [*settings.interpreter.site_packages, *([str(settings.overlay)] if settings.overlay else [])]
    return any((Path(place) / "greenlet").is_dir() for place in places)


def _coverage(settings: ChildSettings, run: _Run, coverage_of: Sequence[str]) -> dict[str, FileCoverage]:
    """Have coverage.py of the project's environment write its report; a run that was cut short has left no data."""
    if not coverage_of:
        return {}
    names = ",".join(os.path.relpath(run.root / path, settings.cwd) for path in coverage_of)
    options = [f"--rcfile={run.coverage_config}", f"--include={names}", "-o", str(run.coverage_report)]
    run_child(["-m", "coverage", "json", *options], settings)
    if not run.coverage_report.is_file():
        return {}
    return read_coverage(run.coverage_report, settings.cwd, run.root, coverage_of)


@contextmanager
def _readable_once(secret: bytes) -> Iterator[int]:
    """Give a descriptor to read a secret from; the environment would show it to the tests, in /proc at least."""
    reader, writer = os.pipe()
    with open(writer, "wb") as stream:
        stream.write(secret)
    try:
        yield reader
    finally:
        os.close(reader)


def _own_lines(run: _Run) -> list[dict[str, Any]]:
    """Read the lines that the plugin signed, as long as none is missing: code under test can write there, not sign."""
    if not run.report.is_file():
        return []
    signed = [_verified(run.key, line) for line in run.report.read_bytes().splitlines()]
    lines = [line for line in signed if line is not None]
    # a line that was taken out, or is there twice, ends what can be believed
    return [line for place, line in enumerate(lines) if line["number"] == place]


def _verified(key: bytes, line: bytes) -> dict[str, Any] | None:
    """Read one line, None where it is not the plugin's; the last one of a child that was killed may be cut short."""
    signature, _, body = line.partition(b" ")
    if not hmac.compare_digest(signature, hmac.digest(key, body, "sha256").hex().encode()):
        return None
    record: dict[str, Any] = json.loads(body)
    return record


def _result(child: ChildResult, lines: list[dict[str, Any]], coverage: dict[str, FileCoverage]) -> SuiteResult:
    outcomes = _records(lines, "test")
    final = [line for line in lines if line["kind"] == "final"]
    return SuiteResult(
        outcomes=outcomes,
        collection_errors=_records(lines, "collection"),
        complete=len(final) == 1 and final[0]["selected"] == len(outcomes),
        timed_out=child.timed_out,
        seconds=child.seconds,
        output_tail=child.stdout_tail + child.stderr_tail,
        coverage=coverage,
        denials=_denials(final),
    )


def _records(lines: list[dict[str, Any]], kind: str) -> tuple[OutcomeRecord, ...]:
    return tuple(_record(line) for line in lines if line["kind"] == kind)


def _record(line: dict[str, Any]) -> OutcomeRecord:
    return OutcomeRecord(
        nodeid=line["nodeid"],
        outcome=line["outcome"],
        phase=line["phase"],
        exception=line["exception"],
        message=line["message"],
        crash=Frame(*line["crash"]) if line["crash"] else None,
        frames=_frames(line["frames"]),
        denials=_denials([line]),
        duration=line["duration"],
    )


def _denials(lines: list[dict[str, Any]]) -> tuple[DeniedAct, ...]:
    denials = [denial for line in lines for denial in line["denials"]]
    return tuple(DeniedAct(denial["act"], denial["detail"], _frames(denial["stack"])) for denial in denials)


def _frames(places: list[tuple[str, int, str]]) -> tuple[Frame, ...]:
    return tuple(Frame(*place) for place in places)
