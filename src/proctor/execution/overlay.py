"""Adds packages to a run without touching the project's environment: a folder of the user's cache, put before it."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil

from proctor.errors import EnvironmentProblem
from proctor.execution.environments.uv import COPIED, WHEELS_ONLY, Uv, find_uv
from proctor.execution.interpreter import Interpreter
from proctor.execution.precompiling import precompile

UNFINISHED: Final = ".building-"
LAST_LINES: Final = 8


def ensure_overlay(
    interpreter: Interpreter,
    requirements: Sequence[str],
    *,
    cache_dir: Path,
    env: Mapping[str, str],
    progress: Callable[[str], None],
) -> Path | None:
    """Give the folder that holds the requirements for this interpreter, built on its first use; None without any."""
    wanted = sorted(set(requirements))
    if not wanted:
        return None
    shelf = cache_dir / "overlays"
    place = shelf / overlay_key(interpreter, wanted)
    if not place.is_dir():
        progress(f"installing {', '.join(wanted)} beside the project's environment (once)")
        _make_shelf(shelf)
        _build(interpreter, wanted, place, env, progress)
    return place


def overlay_key(interpreter: Interpreter, requirements: Sequence[str]) -> str:
    """Name an overlay by its content: the Python it is for, the platform, and the requirements in any order."""
    content = json.dumps([interpreter.version[:2], interpreter.platform, sorted(set(requirements))])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _make_shelf(shelf: Path) -> None:
    try:
        shelf.mkdir(parents=True, exist_ok=True)
        _clear_unfinished(shelf)
    except OSError as error:
        raise EnvironmentProblem(
            f"the cache folder {shelf} cannot be used: {error.strerror or error}",
            hint="make it writable, or name another cache folder",
            slug="overlay-failed",
        ) from error


def _clear_unfinished(shelf: Path) -> None:
    """Remove what a killed run left behind; the name says which process was building."""
    for folder in shelf.glob(f"{UNFINISHED}*"):
        builder = folder.name.removeprefix(UNFINISHED).partition("-")[0]
        if builder.isdigit() and not psutil.pid_exists(int(builder)):
            shutil.rmtree(folder, ignore_errors=True)


def _build(
    interpreter: Interpreter,
    requirements: Sequence[str],
    place: Path,
    env: Mapping[str, str],
    progress: Callable[[str], None],
) -> None:
    """Install into a folder beside the final one and rename it, so that the final one is whole or not there."""
    unfinished = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{os.getpid()}-", dir=place.parent))
    try:
        _install(interpreter, requirements, unfinished, env, progress)
        _publish(unfinished, place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _publish(unfinished: Path, place: Path) -> None:
    try:
        os.rename(unfinished, place)
    except OSError:
        if not place.is_dir():
            raise
        # another process was faster: the names are content keys, so its folder is as good as ours


def _install(
    interpreter: Interpreter,
    requirements: Sequence[str],
    target: Path,
    env: Mapping[str, str],
    progress: Callable[[str], None],
) -> None:
    uv = Uv(find_uv(), env, progress)
    # uv starts the Python that it is given: the base one, with which the environment's `.pth` files do not run
    base = os.path.realpath(interpreter.path)
    options = [*WHEELS_ONLY, *COPIED, "--python", base, "--target", str(target)]
    answer = uv.run("pip", "install", *options, "--", *requirements)
    if not answer.succeeded:
        raise _failed(requirements, "\n".join(answer.words.splitlines()[-LAST_LINES:]))
    precompile(interpreter, target)


def _failed(requirements: Sequence[str], last_words: str) -> EnvironmentProblem:
    wanted = " ".join(f"'{requirement}'" for requirement in requirements)
    return EnvironmentProblem(
        f"{', '.join(requirements)} could not be installed beside the project's environment:\n{last_words}",
        hint=f"go online once, or install them into the project's environment yourself: uv pip install {wanted}",
        slug="overlay-failed",
    )
