"""The git program, started so that it runs no hook, asks nobody, and looks only at the repository that it is given."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from proctor.errors import ProjectError

# A hook or a file system monitor is a program of the repository; what we ask of git must start none.
_QUIET = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "gc.auto=0")
_SECONDS = 300


def git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What a git command printed, without the line end; a command that fails is an error with git's own words."""
    # What a hook of git has in its environment points at the repository that it was started for.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", *_QUIET, *arguments],
            cwd=folder,
            env={**inherited, **own, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
    except FileNotFoundError as error:
        raise _no_git(folder) from error
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise _failed(folder, arguments, error) from error
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def _no_git(folder: Path) -> ProjectError:
    if not folder.is_dir():
        return ProjectError(f"{folder}: there is no such folder", hint="name the project's folder", slug="path-missing")
    return ProjectError(
        "the git program is not there", hint="install git, or leave out the isolation", slug="git-missing"
    )


def _failed(
    folder: Path, arguments: tuple[str, ...], error: subprocess.CalledProcessError | subprocess.TimeoutExpired
) -> ProjectError:
    said = (error.stderr or b"").decode("utf-8", "replace").strip() or str(error)
    return ProjectError(
        f"{folder}: git {arguments[0]} failed: {said}",
        hint="run the same command there by hand to see more",
        slug="git-failed",
    )
