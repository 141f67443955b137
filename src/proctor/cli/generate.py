"""`proctor generate`: tests for one importable module of any environment, with no project around it."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Timer

from proctor.cli.choices import Choices, Wanted, effort_named, sandbox_mode, with_flags
from proctor.cli.compose import RunStart, composed
from proctor.cli.journals import forget
from proctor.cli.narrator import Narrator
from proctor.cli.run import report_of
from proctor.errors import NothingToDo, RequestError
from proctor.execution.environments.building import Workshop
from proctor.execution.environments.choosing import project_environment
from proctor.execution.locating import Located, locate_module
from proctor.jobs.testgen.delivery import Delivery, output_gate
from proctor.jobs.testgen.opening import allowed_paths, opened_project
from proctor.jobs.testgen.request import read_request
from proctor.project.gate.judging import OutputGate
from proctor.project.scratch import cache_dir
from proctor.project.settings import Settings
from proctor.project.writer import GuardedWriter
from proctor.reports.summary import render_summary, summary_json
from proctor.workflow.budget import Caps

_TESTS = "tests"


def generate(  # noqa: PLR0913 - the command's own options, by name
    module: str,
    *,
    python: str | None,
    output: str,
    effort: str | None,
    seed: int,
    jobs: int,
    max_seconds: float | None,
    sandbox: str | None,
    output_format: str,
) -> int:
    """Write tests for the module into the folder and return the exit code."""
    started = time.monotonic()
    folder = _output_folder(output)
    narrator = Narrator()
    workshop = Workshop(cache_dir(), os.environ, narrator.orchestrator)
    interpreter = project_environment(Path.cwd(), python=python, build=False, workshop=workshop).interpreter
    located = locate_module(interpreter, module)
    with _package_alone(located) as root:
        settings = _settings(interpreter.path, seed, jobs, sandbox)
        wanted = _wanted(root, settings, located, effort_named(effort or settings.effort))
        with opened_project(
            root,
            wanted.request,
            settings,
            effort=wanted.effort,
            sandbox=wanted.sandbox,
            environment=os.environ,
            say=narrator.orchestrator,
        ) as opened:
            gate = output_gate(opened.workplace)
            delivery = Delivery(root, GuardedWriter(root, allowed_paths(wanted.request, settings), gate))
            with (
                _set_after(max_seconds, opened.workplace.is_late),
                composed(opened, wanted, delivery, narrator, ()) as parts,
            ):
                result = asyncio.run(parts.run_plan(RunStart("generate", Caps(), {}, True)))
                report = report_of(result, parts, opened.survey.unreadable, time.monotonic() - started)
        files = _deliver(root, folder, gate)
    forget(root)
    print(render_summary(report) if output_format == "text" else summary_json(report))
    narrator.orchestrator(f"Written to {folder}: {', '.join(files) or 'nothing'}")
    if not files:
        raise NothingToDo(
            f"{module}: no test could be written",
            hint="the lines above say what stood in the way",
            slug="no-tests-written",
        )
    return 0 if all(item.status == "done" for item in report.modules) else 1


def _output_folder(output: str) -> Path:
    folder = Path(output).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"--output {output}: this is not a folder", hint="name a folder", slug="bad-output")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _package_alone(located: Located) -> Iterator[Path]:
    """A folder with nothing in it but a copy of the package; a conftest.py of its own keeps fixtures in the file."""
    home = cache_dir()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="generate-", dir=home, ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve() / located.top.stem
        root.mkdir()
        located.copy_to(root)
        (root / _TESTS).mkdir()
        (root / _TESTS / "conftest.py").write_text("", encoding="utf-8")
        yield root


@contextmanager
def _set_after(seconds: float | None, event: Event) -> Iterator[None]:
    """Set the event when the time is up, if it is limited."""
    if seconds is None:
        yield
        return
    timer = Timer(seconds, event.set)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _settings(python: str, seed: int, jobs: int, sandbox: str | None) -> Settings:
    choices = Choices(python=python, seed=seed, jobs=jobs, sandbox=sandbox)
    return with_flags(Settings(tests_dir=_TESTS, build_environment=False), choices)


def _wanted(root: Path, settings: Settings, located: Located, effort: str) -> Wanted:
    request = read_request(
        f"Write unit, integration and edge-case tests for {located.path}",
        min_coverage=settings.min_coverage,
        tests_dir=f"{_TESTS}/",
    )
    return Wanted(root, settings, request, effort, settings.min_coverage, sandbox_mode(settings, os.environ))


def _deliver(root: Path, folder: Path, gate: OutputGate) -> tuple[str, ...]:
    """Write the test files that were accepted into the user's folder."""
    made = {place.name: place.read_text(encoding="utf-8") for place in sorted((root / _TESTS).glob("test_*.py"))}
    Delivery(folder, GuardedWriter(folder, tuple(made), gate)).write(made)
    return tuple(made)
