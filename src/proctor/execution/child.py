"""Starts confined child processes of the project's interpreter: own session, clean environment, limits, capped output.

The supervisor carries it out (`confinement/`); what Python code may do inside is the guard's business.
"""

import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from proctor.errors import ExecutionError
from proctor.execution.confinement.client import Line, start_supervised
from proctor.execution.confinement.policy import SOFT, Confinement, Limits, Policy, Sockets
from proctor.execution.confinement.request import Request
from proctor.execution.confinement.starting import make_request
from proctor.execution.confinement.visible import program_hops
from proctor.execution.interpreter import Interpreter

LAUNCH: Final = Path(__file__).parent / "probe" / "launch.py"
PRIVATE_FOLDER: Final = ".proctor-child"
INHERITED: Final = frozenset({"PATH", "LANG", "TZ"})
GRACE_SECONDS: Final = 2.0
SWEEP_SECONDS: Final = 10.0
DRAIN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class ChildSettings:
    """Where and how children run; `cwd` is the scratch copy, and the children's home and temporary folder lie in it.

    They may write the whole copy unless `writable` names less of it, and read it all; `readable` is what else they see.
    `permits` is what the guard lets Python code try besides: programs, unix, loopback.
    """

    interpreter: Interpreter
    cwd: Path
    import_roots: tuple[Path, ...] = ()
    overlay: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    hash_seed: int = 0
    confinement: Confinement = SOFT
    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    sockets: Sockets = "none"
    permits: tuple[str, ...] = ()

    @property
    def private(self) -> Path:
        """The folder in the copy that is the children's own, with their home and their temporary files."""
        return self.cwd / PRIVATE_FOLDER

    @property
    def policy(self) -> Policy:
        """What the children may do, with all that they could not run without."""
        needed = [Path(place) for place in self.interpreter.readable] + [LAUNCH.parent, self.cwd, *self.import_roots]
        overlay = [self.overlay] if self.overlay else []
        hops = [Path(name) for name in program_hops(self.interpreter.path)]
        readable = (*needed, *overlay, *hops, *self.readable)
        return Policy(readable, self.writable or (self.cwd,), self.sockets, self.limits)

    @property
    def home(self) -> Path:
        """The home folder that children see."""
        return self.private / "home"

    @property
    def temporary(self) -> Path:
        """The folder of the children's temporary files."""
        return self.private / "tmp"

    @property
    def shared_places(self) -> tuple[str, ...]:
        """The system's folders for temporary files, where suites may use them: in memory and private to a child.

        Their names are short, too: the path of a Unix socket has 107 characters, and that of a copy takes most of them.
        """
        return ("/tmp", "/dev/shm") if self.confinement.level == "bwrap" and "programs" in self.permits else ()

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
    limit: str = ""


class RunningChild:
    """A child that lives until it ends or is killed with all it started; leaving its `with` block kills it."""

    def __init__(self, line: Line, pid: int, tails: "tuple[_Tail, _Tail]") -> None:
        self._line = line
        self._pid = pid
        self._stdout, self._stderr = tails

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_group()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group and session."""
        return self._pid

    @property
    def returncode(self) -> int | None:
        """The exit code, the negated number of the signal that ended it, or None while it runs."""
        if not self.wait_at_most(0):
            return None
        return int(self._line.facts.get("code", -signal.SIGKILL))  # without a word from it, the warden was killed, too

    @property
    def limit(self) -> str:
        """The limit that ended it, by its name in `Limits`, or nothing."""
        return str(self._line.facts.get("limit", ""))

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
        return self.wait_at_most(seconds or None)

    def wait_at_most(self, seconds: float | None) -> bool:
        """Wait for the end and say whether it came; 0 only looks."""
        return self._line.wait_for("code", "swept", seconds=seconds) or not self._line.is_open

    def kill_group(self, grace: float = GRACE_SECONDS) -> None:
        """End the child and everything it started: asked first, killed after `grace` seconds."""
        if self._line.is_closed:
            return
        self._line.order_end(grace)
        self._line.wait_for("swept", seconds=grace + SWEEP_SECONDS)
        self._line.close()
        self._stdout.finish()
        self._stderr.finish()


class _Tail:
    """Reads a pipe to its end, so that the writer never blocks, and keeps the last bytes."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self._limit = limit
        self._kept = b""
        self._thread = threading.Thread(target=self._read, args=(descriptor,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        return self._kept.decode("utf-8", "replace")

    def finish(self) -> None:
        """Wait for the rest, but not for ever: a process that left the group may hold the other end."""
        self._thread.join(DRAIN_SECONDS)

    def _read(self, descriptor: int) -> None:
        with open(descriptor, "rb", buffering=0) as stream:
            while chunk := stream.read(65536):
                self._kept = (self._kept + chunk)[-self._limit :]


def run_child(args: Sequence[str], settings: ChildSettings, pass_fds: Sequence[int] = ()) -> ChildResult:
    """Run `python ARGS` (`-m MODULE`, `-c CODE` or a script) to its end or to the end of its time."""
    started = time.monotonic()
    with start_child(args, settings, pass_fds) as child:
        has_ended = child.wait(settings.limits.wall_seconds)
    seconds = time.monotonic() - started
    returncode = child.returncode if has_ended else None
    return ChildResult(returncode, child.stdout_tail, child.stderr_tail, not has_ended, seconds, child.limit)


def start_child(args: Sequence[str], settings: ChildSettings, pass_fds: Sequence[int] = ()) -> RunningChild:
    """Start `python ARGS` and leave it running; the probe's modules are there as `-m proctor_probe.NAME`."""
    settings.make_folders()
    if not os.access(settings.interpreter.path, os.X_OK):
        raise _not_started(settings, "No such file or directory")
    outputs = (os.pipe(), os.pipe())
    with open(os.devnull, "rb") as nothing:
        given = [nothing.fileno(), outputs[0][1], outputs[1][1], *pass_fds]
        line = start_supervised(_request(args, settings, (0, 1, 2, *pass_fds)), given)
    for _, writer in outputs:
        os.close(writer)
    output_bytes = settings.limits.output_kb * 1024
    tails = (_Tail(outputs[0][0], output_bytes), _Tail(outputs[1][0], output_bytes))
    line.wait_for("pid", "error")
    if "pid" not in line.facts:
        line.close()
        raise _not_started(settings, line.facts.get("error", [0, "the supervisor ended"])[1])
    return RunningChild(line, line.facts["pid"], tails)


def _request(args: Sequence[str], settings: ChildSettings, numbers: Sequence[int]) -> Request:
    return make_request(
        [settings.interpreter.path, str(LAUNCH), *args],
        environment=child_environment(settings, os.environ),
        cwd=str(settings.cwd),
        descriptors=numbers,
        policy=settings.policy,
        confinement=settings.confinement,
    )


def child_environment(settings: ChildSettings, inherited: Mapping[str, str]) -> dict[str, str]:
    """Build the environment of a child from an allow list; what is given explicitly never replaces what confines it."""
    kept = {name: value for name, value in inherited.items() if name in INHERITED or name.startswith("LC_")}
    roots = ([settings.overlay] if settings.overlay else []) + list(settings.import_roots)
    confining = {
        "HOME": str(settings.home),
        "TMPDIR": next(iter(settings.shared_places), str(settings.temporary)),
        "PYTHONPATH": os.pathsep.join(str(root) for root in roots),
        "PYTHONHASHSEED": str(settings.hash_seed),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }
    return {**kept, **settings.environment, **confining}


def _not_started(settings: ChildSettings, reason: str) -> ExecutionError:
    return ExecutionError(
        f"{settings.interpreter.path} could not be started in {settings.cwd}: {reason}",
        hint="check that both still exist and that the machine has memory and processes left, then resume",
        slug="child-not-started",
    )
