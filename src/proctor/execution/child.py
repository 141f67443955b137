"""Starts confined child processes of the project's interpreter: own session, clean environment, limits, capped output.

The limits are set by `probe/launch.py` inside the child; what the child may do there is the guard's business.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import psutil

from proctor.errors import ExecutionError
from proctor.execution.confinement.policy import Limits
from proctor.execution.interpreter import Interpreter

LAUNCH: Final = Path(__file__).parent / "probe" / "launch.py"
PRIVATE_FOLDER: Final = ".proctor-child"
INHERITED: Final = frozenset({"PATH", "LANG", "TZ"})
GRACE_SECONDS: Final = 2.0
DRAIN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class ChildSettings:
    """Where and how children run; `cwd` is the scratch copy, and the children's home and temporary folder lie in it."""

    interpreter: Interpreter
    cwd: Path
    import_roots: tuple[Path, ...] = ()
    overlay: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    hash_seed: int = 0

    @property
    def home(self) -> Path:
        """The home folder that children see."""
        return self.cwd / PRIVATE_FOLDER / "home"

    @property
    def temporary(self) -> Path:
        """The folder of the children's temporary files."""
        return self.cwd / PRIVATE_FOLDER / "tmp"

    def make_folders(self) -> None:
        """Create the private folders."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.temporary.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class ChildResult:
    """How a child ended and the last of what it printed; there is no return code when its time ran out."""

    returncode: int | None
    stdout_tail: str
    stderr_tail: str
    timed_out: bool
    seconds: float


class RunningChild:
    """A child that lives until it ends or its whole group is killed; leaving its `with` block kills it."""

    def __init__(self, process: subprocess.Popen[bytes], output_bytes: int) -> None:
        self._process = process
        self._is_swept = False
        self._stdout = _Tail(process.stdout, output_bytes)
        self._stderr = _Tail(process.stderr, output_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_group()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group and session."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    @property
    def stdout_tail(self) -> str:
        """The last of what it printed so far."""
        return self._stdout.text()

    @property
    def stderr_tail(self) -> str:
        """The last of what it printed to the error stream so far."""
        return self._stderr.text()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, without limit when `seconds` is 0, and say whether it came."""
        try:
            self._process.wait(seconds or None)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill_group(self, grace: float = GRACE_SECONDS) -> None:
        """End the child and everything it started: asked first, killed after `grace` seconds."""
        if self._is_swept:
            return  # by now the group's id may belong to somebody else
        descendants = self._descendants()
        if self.returncode is None:
            self._signal_group(signal.SIGTERM)
            self.wait(grace)
        # also after a clean end: a grandchild keeps the pipes open
        self._signal_group(signal.SIGKILL)
        _kill(descendants)
        self._process.wait()
        self._is_swept = True
        self._stdout.finish()
        self._stderr.finish()

    def _descendants(self) -> list[psutil.Process]:
        """List those below it, as long as it lives: one that opened a session of its own is not in its group."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.Error:
            return []

    def _signal_group(self, signal_number: int) -> None:
        # nobody may be left; macOS says so of zombies with PermissionError
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal_number)


class _Tail:
    """Reads a pipe to its end, so that the writer never blocks, and keeps the last bytes."""

    def __init__(self, stream: IO[bytes] | None, limit: int) -> None:
        self._limit = limit
        self._kept = b""
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        return self._kept.decode("utf-8", "replace")

    def finish(self) -> None:
        """Wait for the rest, but not for ever: a process that left the group may hold the other end."""
        self._thread.join(DRAIN_SECONDS)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while chunk := os.read(stream.fileno(), 65536):
                self._kept = (self._kept + chunk)[-self._limit :]


def run_child(args: Sequence[str], settings: ChildSettings) -> ChildResult:
    """Run `python ARGS` (`-m MODULE`, `-c CODE` or a script) to its end or to the end of its time."""
    started = time.monotonic()
    with start_child(args, settings) as child:
        has_ended = child.wait(settings.limits.wall_seconds)
    seconds = time.monotonic() - started
    returncode = child.returncode if has_ended else None
    return ChildResult(returncode, child.stdout_tail, child.stderr_tail, not has_ended, seconds)


def start_child(args: Sequence[str], settings: ChildSettings, pass_fds: Sequence[int] = ()) -> RunningChild:
    """Start `python ARGS` and leave it running; the probe's modules are there as `-m proctor_probe.NAME`."""
    settings.make_folders()
    command = [settings.interpreter.path, str(LAUNCH), _limits_as_json(settings.limits), *args]
    try:
        process = subprocess.Popen(
            command,
            cwd=settings.cwd,
            env=child_environment(settings, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
        )
    except OSError as error:
        raise _not_started(settings, error) from error
    return RunningChild(process, settings.limits.output_kb * 1024)


def child_environment(settings: ChildSettings, inherited: Mapping[str, str]) -> dict[str, str]:
    """Build the environment of a child from an allow list; what is given explicitly never replaces what confines it."""
    kept = {name: value for name, value in inherited.items() if name in INHERITED or name.startswith("LC_")}
    roots = ([settings.overlay] if settings.overlay else []) + list(settings.import_roots)
    confining = {
        "HOME": str(settings.home),
        "TMPDIR": str(settings.temporary),
        "PYTHONPATH": os.pathsep.join(str(root) for root in roots),
        "PYTHONHASHSEED": str(settings.hash_seed),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }
    return {**kept, **settings.environment, **confining}


def _limits_as_json(limits: Limits) -> str:
    return json.dumps(
        {
            "memory_mb": limits.memory_mb,
            "cpu_seconds": limits.cpu_seconds,
            "file_mb": limits.file_mb,
            "processes": limits.processes,
        }
    )


def _kill(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):  # it has ended; psutil compares start times, so nobody else is hit
            process.kill()


def _not_started(settings: ChildSettings, error: OSError) -> ExecutionError:
    return ExecutionError(
        f"{settings.interpreter.path} could not be started in {settings.cwd}: {error.strerror or error}",
        hint="check that both still exist and that the machine has memory and processes left, then resume",
        slug="child-not-started",
    )
