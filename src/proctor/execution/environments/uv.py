"""Runs uv, which comes with Proctor, as a child process."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Timer
from typing import IO, Final

from proctor.errors import EnvironmentProblem

PATIENCE_SECONDS: Final = 900.0
# Wheels only, because building a source distribution would run its code unconfined. Files are copied, because a write
# through a hard link would reach uv's own cache.
WHEELS_ONLY: Final = ("--no-build", "--no-sources")
COPIED: Final = ("--link-mode", "copy")
_DOWNLOAD: Final = "Downloading "
# uv would take these for its target, or look there for a Python; and without its cache it would ask an environment
# again what it is after packages were put there, which runs their `.pth` files.
_MISLEADING: Final = frozenset({"VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "UV_NO_CACHE"})


@dataclass(frozen=True, slots=True)
class UvAnswer:
    """What uv printed, and whether it succeeded."""

    succeeded: bool
    output: str
    words: str


@dataclass(frozen=True, slots=True)
class Uv:
    """uv with the user's variables, and somebody to tell what it downloads."""

    program: str
    env: Mapping[str, str]
    progress: Callable[[str], None]
    offline: bool = False

    def run(self, *arguments: str) -> UvAnswer:
        """Run uv to its end; a large download is said when it starts."""
        options = ["--no-progress", "--no-python-downloads", *(["--offline"] if self.offline else [])]
        # a file takes the output, so that one pipe is left to listen to
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            try:
                process = self._start([*options, *arguments], output)
            except OSError as error:
                return UvAnswer(False, "", f"uv cannot be started: {error.strerror or error}")
            with process:
                words = self._listen(process)
            output.seek(0)
            return UvAnswer(process.returncode == 0, output.read(), words)

    def _start(self, arguments: Sequence[str], output: IO[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.program, *arguments],
            cwd=os.sep,  # uv takes settings from the folders above, and a cache can lie in a project
            env={name: value for name, value in self.env.items() if name not in _MISLEADING} | {"NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )

    def _listen(self, process: subprocess.Popen[str]) -> str:
        timer = Timer(PATIENCE_SECONDS, process.kill)
        timer.start()
        try:
            return "".join(self._heard(line) for line in process.stderr or ()).strip()
        except BaseException:  # a Ctrl-C too: nobody would wait for it any more
            process.kill()
            raise
        finally:
            timer.cancel()

    def _heard(self, line: str) -> str:
        if line.startswith(_DOWNLOAD):
            self.progress(line.strip())
        return line


def find_uv() -> str:
    """The uv that was installed with Proctor."""
    from uv import find_uv_bin  # here, because what is already built needs no uv

    try:
        return os.fspath(find_uv_bin())
    except FileNotFoundError as error:
        raise EnvironmentProblem(
            f"uv, which installs packages, is not there: {error}",
            hint="install Proctor again with its dependencies, or name a complete environment with --python",
            slug="uv-missing",
        ) from error
