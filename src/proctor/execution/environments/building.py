"""Builds an environment from what a project states: in the user's cache, named by its content, built once."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from proctor.errors import EnvironmentProblem
from proctor.execution.environments.metadata.needs import LeftOut, Need, Stated
from proctor.execution.environments.pythons import MachinePython, fitting_pythons, one_of_each_minor, pythons_here
from proctor.execution.environments.refusals import last_cause
from proctor.execution.environments.resolving import Desk, Resolution, resolve
from proctor.execution.environments.uv import COPIED, WHEELS_ONLY, Uv, UvAnswer, find_uv
from proctor.execution.interpreter import Interpreter, describe_interpreter, runs_as
from proctor.execution.precompiling import precompile

FORMAT: Final = 1
OTHER_WAYS: Final = (
    "go online once, or make an environment in the project's folder yourself, or name one with --python; "
    "with build_environment = false the Python that runs Proctor is used"
)
RECORD: Final = "environment.json"
# Resolved together with the project's own needs: put before them later, they could bring versions that do not fit.
TEST_TOOLS: Final = tuple(Need(name, "Proctor", "optional") for name in ("pytest", "coverage", "pytest-cov"))


@dataclass(frozen=True, slots=True)
class Built:
    """An environment that was built, with what could not be put into it."""

    interpreter: Interpreter
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workshop:
    """What building needs: where the environments are kept, the user's variables, and somebody to tell."""

    cache_dir: Path
    env: Mapping[str, str]
    progress: Callable[[str], None]


def built_environment(project: Stated, asked: str | None, workshop: Workshop) -> Built:
    """The environment for a project, built on its first use; `asked` is a version of Python such as 3.12."""
    place = workshop.cache_dir / "environments" / environment_key(project, asked)
    with _alone(place, workshop):
        earlier = _recorded(place)
        if earlier is not None and not any(item.again for item in earlier.left_out):
            return earlier
        try:
            return _build(project, asked, place, earlier, workshop)
        except OSError as error:
            raise _unusable(place, error) from error


def environment_key(project: Stated, asked: str | None) -> str:
    """Name an environment by its content: what is stated, and the platform; the record says which Python was chosen."""
    stated = {
        "format": FORMAT,
        "needs": sorted((need.requirement, need.kind) for need in all_needs(project)),
        "pins": sorted(project.pins),
        "python": [asked, project.preferred_python, sorted(bound.alternatives for bound in project.python)],
        "project": [project.name, project.version],
        "platform": sysconfig.get_platform(),
    }
    return hashlib.sha256(json.dumps(stated).encode()).hexdigest()[:32]


def all_needs(project: Stated) -> list[Need]:
    """What the project needs, and what its tests are run with.

    Free tools are stated the same way for every project: that a run adds `pytest>=7` to a project changes nothing.
    """
    stated = [need for need in project.needs if not is_free_tool(need)]
    names = {need.name for need in stated}
    return [*stated, *(tool for tool in TEST_TOOLS if tool.name not in names)]


def is_free_tool(need: Need) -> bool:
    """Whether it is one of the tools that tests are run with, in any version from some on."""
    parsed = Requirement(need.requirement)
    is_free = not (parsed.url or parsed.extras or parsed.marker) and all(
        part.operator == ">=" for part in parsed.specifier
    )
    return is_free and any(need.name == tool.name for tool in TEST_TOOLS)


@contextmanager
def _alone(place: Path, workshop: Workshop) -> Iterator[None]:
    """Two runs that want the same environment take turns; the lock ends with the process that holds it."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = place.with_suffix(".lock").open("w")
    except OSError as error:
        raise _unusable(place.parent, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            workshop.progress("waiting for another run that builds the same environment")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _recorded(place: Path) -> Built | None:
    """What an earlier run built; None where it is unfinished or its Python is gone."""
    try:
        record = json.loads((place / RECORD).read_text(encoding="utf-8"))
        built = _from_json(record)
    except (OSError, ValueError, KeyError, TypeError):  # whatever is wrong with it: it can be built again
        return None
    return built if runs_as(Path(built.interpreter.path), built.interpreter.version) else None


def _from_json(record: Mapping[str, Any]) -> Built:
    known = dict(record["interpreter"])
    for name in ("version", "site_packages", "readable"):
        known[name] = tuple(known[name])
    left_out = tuple(LeftOut(**item) for item in record["left_out"])
    return Built(Interpreter(**known), left_out, tuple(record["notes"]))


def _build(project: Stated, asked: str | None, place: Path, earlier: Built | None, workshop: Workshop) -> Built:
    """Build beside what may be there: an earlier one with gaps stays, as another run may use it, and as it may be all
    that can be had now.
    """
    if earlier is None:
        shutil.rmtree(place, ignore_errors=True)
    place.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="build-", dir=place))
    chosen = None
    try:
        chosen = _better(earlier, project, asked, folder, workshop)
        if chosen is not earlier:
            _record(chosen, place)
        return chosen
    finally:
        if chosen is earlier:
            shutil.rmtree(folder if earlier is not None else place, ignore_errors=True)


def _better(earlier: Built | None, project: Stated, asked: str | None, folder: Path, workshop: Workshop) -> Built:
    """A new environment, unless it would lack as much as the earlier one."""
    gaps = len(earlier.left_out) if earlier is not None else sys.maxsize
    desk = Desk(Uv(find_uv(), workshop.env, workshop.progress), folder)
    workshop.progress(f"looking up what {project.name} needs: {counted(project.needs, 'requirement')}")
    pythons, notes = fitting_pythons(project, asked, pythons_here(desk.uv, workshop.env))
    resolution = _best_resolution(project, pythons, desk)
    if earlier is not None and len(_without_tools(resolution.left_out)) >= gaps:
        return earlier
    _check_worth(project, resolution)
    built = _fill(project, resolution, desk, notes)
    return earlier if earlier is not None and len(built.left_out) >= gaps else built


def _record(built: Built, place: Path) -> None:
    """Written last and whole, so that an environment that was not finished is none."""
    unfinished = place / f"{RECORD}.new"
    unfinished.write_text(json.dumps(asdict(built)), encoding="utf-8")
    unfinished.replace(place / RECORD)


def _best_resolution(project: Stated, pythons: Sequence[MachinePython], desk: Desk) -> Resolution:
    """With the preferred Python, unless there is one for which less has to be left out."""
    needs = all_needs(project)
    best = resolve(needs, project.pins, pythons[0], desk)
    for python in one_of_each_minor(pythons)[1:]:
        lost = {item.requirement for item in best.left_out if item.for_python}
        if not lost:
            break
        desk.uv.progress(f"not everything can be had for Python {best.python.minor}: looking at {python.minor}")
        # the lost ones alone first: mostly they are to be had for no Python, and that is soon seen
        if resolve([need for need in needs if need.requirement in lost], (), python, desk).locked:
            best = min(best, resolve(needs, project.pins, python, desk), key=lambda resolution: resolution.loss)
    return best


def _check_worth(project: Stated, resolution: Resolution) -> None:
    """An environment without anything that the code needs is none: nothing could be imported in it."""
    needed = sum(need.kind == "runtime" for need in project.needs)
    left_out = _without_tools(resolution.left_out)
    lost = [item for item in left_out if item.is_runtime or not resolution.locked]
    if not resolution.locked or (needed and len(lost) == needed):
        reasons = "\n".join(f"  {item.sentence}" for item in lost[:5])
        more = f"\n  and {len(lost) - 5} more" if len(lost) > 5 else ""
        raise EnvironmentProblem(
            f"no environment could be built for {project.name}, as nothing that it needs can be had:\n{reasons}{more}",
            hint=OTHER_WAYS,
            slug="environment-not-built",
        )


def _fill(project: Stated, resolution: Resolution, desk: Desk, notes: tuple[str, ...]) -> Built:
    count = counted(resolution.locked, "package")
    desk.uv.progress(f"building an environment for {project.name}: {count}, Python {resolution.python.minor} (once)")
    environment = desk.folder / "env"
    made = desk.uv.run("venv", "--no-project", "--python", str(resolution.python.path), str(environment))
    if not made.succeeded:
        raise _failed(project, made)
    # asked while nothing is installed: what packages start with every Python, their `.pth` files, must not run here
    interpreter = describe_interpreter(environment / "bin" / "python")
    installer = replace(desk, uv=replace(desk.uv, offline=resolution.offline))
    lost = _install(resolution.locked, interpreter, installer)
    _name_project(project, Path(interpreter.site_packages[0]))
    desk.uv.progress(f"compiling {count} (once)")
    precompile(interpreter, Path(interpreter.site_packages[0]))
    return Built(interpreter, _without_tools(resolution.left_out) + lost, notes + _freed(resolution))


def _install(locked: Sequence[str], interpreter: Interpreter, desk: Desk) -> tuple[LeftOut, ...]:
    """Install all at once, else what can be installed one by one."""
    if not locked or _installed(locked, interpreter, desk).succeeded:
        return ()
    answers = [(line, _installed([line], interpreter, desk)) for line in locked]
    return tuple(_not_installed(line, answer) for line, answer in answers if not answer.succeeded)


def _installed(lines: Sequence[str], interpreter: Interpreter, desk: Desk) -> UvAnswer:
    lock = desk.folder / "locked.txt"
    lock.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    options = [*WHEELS_ONLY, *COPIED, "--no-deps", "--python", interpreter.path]
    return desk.uv.run("pip", "install", *options, "-r", str(lock))


def _not_installed(line: str, answer: UvAnswer) -> LeftOut:
    reason = f"it cannot be downloaded: {last_cause(answer.words)}"
    return LeftOut(line, "needed by the project", reason, "go online, or try again later", again=True)


def _name_project(project: Stated, site_packages: Path) -> None:
    """Note the project's name and version as an installation would: many ask for their own version when imported."""
    try:
        version = str(Version(project.version))
    except InvalidVersion:
        version = "0"  # stated nowhere, or computed by a build that is not run
    name = canonicalize_name(project.name).replace("-", "_")
    if not name.isidentifier() or list(site_packages.glob(f"{name}-*.dist-info")):
        return
    folder = site_packages / f"{name}-{version}.dist-info"
    folder.mkdir()
    text = f"Metadata-Version: 2.1\nName: {project.name}\nVersion: {version}\n"
    (folder / "METADATA").write_text(text, encoding="utf-8")
    (folder / "INSTALLER").write_text("proctor\n", encoding="utf-8")


def _without_tools(left_out: Sequence[LeftOut]) -> tuple[LeftOut, ...]:
    """What Proctor added comes beside the environment when it could not be put into it."""
    return tuple(item for item in left_out if item.source != TEST_TOOLS[0].source)


def _freed(resolution: Resolution) -> tuple[str, ...]:
    if not resolution.freed:
        return ()
    named = ", ".join(resolution.freed)
    return (f"the locked versions {named} cannot be had for Python {resolution.python.minor}: others are used",)


def counted(things: Sequence[object], name: str) -> str:
    """How many there are, as people say it."""
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _failed(project: Stated, answer: UvAnswer) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"no environment could be built for {project.name}:\n{answer.words}",
        hint=OTHER_WAYS,
        slug="environment-not-built",
    )


def _unusable(place: Path, error: OSError) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"the cache folder {place} cannot be used: {error.strerror or error}",
        hint="make room there or make it writable, or name another cache folder: PROCTOR_CACHE_DIR",
        slug="environment-not-built",
    )
