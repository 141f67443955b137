"""Opening a run: the project is looked at, copied, surveyed and measured before anybody writes a line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from proctor.errors import ProjectError
from proctor.execution.confinement.levels import Mode, choose_confinement
from proctor.execution.confinement.policy import Confinement
from proctor.execution.coverage_data import FileCoverage
from proctor.execution.environments.building import Workshop
from proctor.execution.environments.choosing import project_environment
from proctor.execution.interpreter import Interpreter, missing_packages
from proctor.execution.suite import run_suite
from proctor.jobs.testgen.delivery import free_path, is_free
from proctor.jobs.testgen.planning import fitted, make_plan, output_name
from proctor.jobs.testgen.request import Request
from proctor.jobs.testgen.survey import Survey, survey_project
from proctor.jobs.testgen.workplace import Conditions, Workplace, fake_value
from proctor.project.earlier import Earlier, keep_earlier
from proctor.project.lock import only_one
from proctor.project.manifest import Manifest, take_manifest
from proctor.project.modules import import_roots
from proctor.project.ownership import is_ours
from proctor.project.replica import LeftOut
from proctor.project.scratch import cache_dir, scratch_copy, sweep_stale
from proctor.project.settings import Settings
from proctor.project.worktrees import sweep_worktrees
from proctor.project.writer import GuardedWriter
from proctor.workflow.plan import Plan

_NEEDED = ("pytest", "coverage")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Opened:
    """A project that is ready to be worked on."""

    root: Path
    manifest: Manifest
    workplace: Workplace
    survey: Survey
    plan: Plan
    outputs: Mapping[str, str]
    owns_conftest: bool
    fingerprint: str
    confinement: Confinement
    python: str
    notes: tuple[str, ...]
    earlier: Earlier


@contextmanager
def opened_project(  # noqa: PLR0913 - what a run is opened with, by name
    root: Path,
    request: Request,
    settings: Settings,
    *,
    effort: str,
    sandbox: Mode = "auto",
    environment: Mapping[str, str],
    say: Callable[[str], None],
    planned: Plan | None = None,
) -> Iterator[Opened]:
    """A scratch copy of the project with everything known that a plan needs; the copy is gone afterwards.

    A plan that was given is used, fitted to what is there; else one is made.
    """
    _check_tests_folder(root, settings.tests_dir)
    with only_one(root):
        yield from _opened(root, request, settings, effort, sandbox, environment, say, planned)


def _opened(  # noqa: PLR0913, PLR0917 - as above
    root: Path,
    request: Request,
    settings: Settings,
    effort: str,
    sandbox: Mode,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    planned: Plan | None,
) -> Iterator[Opened]:
    sweep_stale()
    sweep_worktrees()
    GuardedWriter(root, allowed_paths(request, settings)).remove_leftovers()
    manifest = take_manifest(root, state_dir=settings.state_dir)
    survey = survey_project(root, request.paths, request.excluded_paths)
    workshop = Workshop(cache_dir(), environment, say)
    chosen = project_environment(root, python=settings.python, build=settings.build_environment, workshop=workshop)
    interpreter = _without_tree(chosen.interpreter, root)
    confinement = choose_confinement(sandbox, interpreter)
    with scratch_copy(root, settings.ignore, state_dir=settings.state_dir, bulk_mb=settings.bulk_mb, say=say) as copy:
        _remove_ours(copy.path)
        earlier = keep_earlier(root, manifest, copy.path)
        missing = missing_packages(interpreter, _NEEDED)
        workplace = Workplace(
            scratch=copy.path,
            interpreter=interpreter,
            import_roots=import_roots(root),
            cache=cache_dir(),
            inherited=environment,
            progress=say,
            base_requirements=tuple(missing),
            environment={name: fake_value(name) for name in survey.environment},
            seed=settings.seed,
            import_seconds=settings.import_seconds,
            confinement=confinement,
            sockets=settings.allow_sockets,
        )
        outputs = _outputs(root, survey, settings.tests_dir)
        if planned is None:
            plan = make_plan(request, survey, outputs, effort)
        else:
            plan = fitted(planned, survey, outputs, lambda path: free_path(root, path))
        yield Opened(
            root,
            manifest,
            workplace,
            survey,
            plan,
            outputs,
            is_free(root, f"{settings.tests_dir}/conftest.py"),
            _fingerprint(copy.path, settings.state_dir),
            confinement,
            chosen.sentence,
            (*chosen.notes, *_left_out(copy.left_out)),
            earlier,
        )


def _left_out(entries: Sequence[LeftOut]) -> Iterator[str]:
    """One note on what the copy lacks: a test that needs it will say so itself."""
    if entries:
        shown = ", ".join(map(str, entries[:_SHOWN]))
        more = f", and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
        yield f"not in the working copy: {shown}{more}"


def _check_tests_folder(root: Path, tests_dir: str) -> None:
    place = root / tests_dir
    if place.exists() and not place.is_dir():
        raise ProjectError(
            f"{place}: the tests belong here, and it is not a folder",
            hint="move the file away, or name another folder: tests_dir in [tool.proctor]",
            slug="tests-not-a-folder",
        )


def allowed_paths(request: Request, settings: Settings) -> tuple[str, ...]:
    """Where files may be written: what the request allows, and the state directory."""
    wanted = [path if path != "conftest.py" else f"{settings.tests_dir}/" for path in request.allowed_paths]
    named = [] if request.outputs else ["pyproject.toml", "COVERAGE_REPORT*.md"]
    reports = [path.replace("COVERAGE_REPORT.md", "COVERAGE_REPORT*.md") for path in wanted]
    return (*reports, f"{settings.tests_dir}/", *named, f"{settings.state_dir}/")


def measure_before(opened: Opened, settings: Settings) -> dict[str, FileCoverage]:
    """What the tests that people wrote cover now; nothing where there are none or they cannot run.

    They may write all over their copy, so it is not the one that tests are generated from.
    """
    tests_dir = settings.tests_dir
    folder = opened.workplace.scratch / tests_dir
    if not any(place.name.startswith("test_") or place.stem.endswith("_test") for place in folder.rglob("*.py")):
        return {}
    targets = [target.path for target in opened.survey.targets]
    with scratch_copy(opened.root, settings.ignore, state_dir=settings.state_dir, bulk_mb=settings.bulk_mb) as copy:
        _remove_ours(copy.path)
        workplace = replace(opened.workplace, scratch=copy.path)
        child = workplace.settings_for_people(Conditions(), seconds=180)
        return dict(run_suite(child, [tests_dir], coverage_of=targets, rootdir=copy.path).coverage)


def _without_tree(interpreter: Interpreter, root: Path) -> Interpreter:
    """Take the real tree, which an editable install names, out of what is readable, but not an environment in it."""
    prefix = Path(interpreter.prefix)
    kept = [
        place
        for place in interpreter.readable
        if Path(place).is_relative_to(prefix) or not (Path(place).is_relative_to(root) or root.is_relative_to(place))
    ]
    return replace(interpreter, readable=tuple(kept))


def _outputs(root: Path, survey: Survey, tests_dir: str) -> dict[str, str]:
    taken: set[str] = set()
    found = {}
    for target in survey.targets:
        name = free_path(root, output_name(target.path, tests_dir, taken))
        taken.add(name)
        found[target.path] = name
    return found


def _remove_ours(scratch: Path) -> None:
    """Take our own earlier files out of the copy: a run over its own output is the same run again."""
    for place in sorted([*scratch.rglob("test_*.py"), *scratch.rglob("conftest.py"), *scratch.glob("*.md")]):
        try:
            if place.is_file() and not place.is_symlink() and is_ours(place.read_text(encoding="utf-8")):
                place.unlink()
        except UnicodeDecodeError:  # not ours, whatever it is
            continue


def _fingerprint(scratch: Path, state_dir: str) -> str:
    """A hash of all sources and data that a result can depend on; what we add to pyproject.toml changes none."""
    digest = hashlib.sha256()
    for place in sorted(scratch.rglob("*")):
        is_input = place.suffix in (".py", ".toml", ".cfg", ".ini", ".json", ".txt") and place.name != "pyproject.toml"
        if is_input and place.is_file() and not place.is_relative_to(scratch / state_dir):
            digest.update(str(place.relative_to(scratch)).encode() + b"\0" + place.read_bytes() + b"\0")
    return digest.hexdigest()
