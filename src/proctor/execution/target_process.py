"""The parent's end of the probe: a loaded target that answers scenarios with observations."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from proctor.errors import ExecutionError
from proctor.execution.child import ChildSettings, RunningChild, start_child
from proctor.execution.records import Observation, Problem, TargetReport

IMPORT_SECONDS = 20.0
_ANSWER_SECONDS = 60.0
_END_SECONDS = 1.0
_LONGEST_WORDS = 300


class Runnable(Protocol):
    """What the probe can run: a scenario, whoever defines it."""

    def to_json(self, *, detail: bool = False, record: bool = False) -> Mapping[str, Any]:
        """The scenario as plain JSON values."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """Which modules to import, and how: `instrument` is under test, `modules` are imported beside it.

    `shift_days` moves the clock that the project's modules see, `freeze` stops that of the module under test;
    `seconds` limits one scenario, `import_seconds` the start of the child and all its imports together.
    """

    module: str
    modules: tuple[str, ...] = ()
    shift_days: int = 0
    seconds: float = 2.0
    freeze: bool = False
    import_seconds: float = IMPORT_SECONDS

    def to_json(self, root: Path) -> dict[str, Any]:
        """The probe's `load` message."""
        return {
            "do": "load",
            "root": str(root) + os.sep,
            "instrument": [self.module],
            "modules": [*self.modules, self.module],
            "shift_days": self.shift_days,
            "freeze": [self.module] if self.freeze else [],
            "seconds": self.seconds,
        }


class TargetProcess:
    """A child process that holds one imported module; `observe` runs scenarios in forked workers of it."""

    def __init__(self, settings: ChildSettings, request: LoadRequest) -> None:
        self._settings = settings
        self._request = request
        self._child: RunningChild | None = None
        self._to_child: IO[str] | None = None
        self._answers: _Lines | None = None
        self.observed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child and everything it started."""
        if self._child is not None:
            self._child.kill_group(grace=0.2)
            self._child = None
        for stream in (self._to_child, self._answers):
            if stream is not None:
                stream.close()
        self._to_child = self._answers = None

    def load(self) -> TargetReport:
        """Start the child, import the module, and hear what it says of itself.

        Raises ExecutionError when the import ends or hangs the process.
        """
        self._start()
        self._send(self._request.to_json(self._settings.cwd))
        answer = self._answer("importing it", self._request.import_seconds)
        return TargetReport.from_json(self._request.module, answer)

    def observe(
        self, scenarios: Sequence[Runnable], *, detail: bool = False, record: bool = False
    ) -> list[Observation]:
        """Run scenarios one after the other; each answer stands at its scenario's place."""
        if not scenarios:
            return []
        self.observed += len(scenarios)
        messages = [scenario.to_json(detail=detail, record=record) for scenario in scenarios]
        self._send({"do": "run", "scenarios": messages})
        found = [Observation.from_json(answer) for answer in self._collect()]
        missing = len(scenarios) - len(found)
        return [*found, *[Observation("lost")] * missing]

    def _collect(self) -> Iterator[Mapping[str, Any]]:
        while True:
            answer = self._answer("a call", _ANSWER_SECONDS)
            if "end" in answer:
                return
            yield answer

    def _answer(self, doing: str, seconds: float) -> Mapping[str, Any]:
        assert self._answers is not None
        line = self._answers.read(seconds)
        if line is None:
            raise self._gone(doing, self._silence(seconds))
        try:
            answer: Mapping[str, Any] = json.loads(line)
        except ValueError as error:  # the project's code found the descriptor and wrote to it
            raise self._gone(doing, "wrote what is no answer to the pipe for answers") from error
        return answer

    def _start(self) -> None:
        requests_read, requests_write = os.pipe()
        answers_read, answers_write = os.pipe()
        temporary = self._settings.temporary
        self._settings.make_folders()
        guarded = [json.dumps([str(temporary)]), json.dumps(self._settings.permits)]
        arguments = ["-m", "proctor_probe.server", str(requests_read), str(answers_write), *guarded]
        settings = replace(self._settings, writable=(temporary,))
        try:
            self._child = start_child(arguments, settings, (requests_read, answers_write))
        finally:
            os.close(requests_read)
            os.close(answers_write)
        self._to_child = os.fdopen(requests_write, "w", encoding="utf-8")
        self._answers = _Lines(answers_read)

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._to_child is not None
        try:
            self._to_child.write(json.dumps(message) + "\n")
            self._to_child.flush()
        except OSError as error:
            raise self._gone("a call", self._silence(_ANSWER_SECONDS)) from error

    def _silence(self, seconds: float) -> str:
        """Say why there is no answer: the process ended, or it takes longer than these seconds."""
        assert self._child is not None
        assert self._answers is not None
        has_time = self._answers.is_closed or self._child.wait_at_most(0)
        return how_it_ended(self._child) if has_time else f"took more than {seconds:g} s"

    def _gone(self, doing: str, what: str) -> ExecutionError:
        child = self._child
        assert child is not None
        self.close()  # first, as its last words have then been read to their end
        words = child.stderr_tail.replace(f"{self._settings.cwd}{os.sep}", "").strip().splitlines()[-1:]
        return ExecutionError(
            ": ".join([self._request.module, f"{doing} {what}", *[word[:_LONGEST_WORDS] for word in words]]),
            hint="look for code that exits, blocks or runs for ever when the module is imported",
            slug="target-gone",
        )

    @property
    def problem(self) -> Problem:
        """The end of the process as a problem of the module."""
        return Problem(self._request.module, "ProcessEnded", "importing it ended or blocked the process")


def how_it_ended(child: RunningChild) -> str:
    """Say what a child did that has stopped answering."""
    if not child.wait(_END_SECONDS):
        return "cut its process off"
    code = child.returncode or 0
    if child.limit:
        return f"ended the process (limit: {child.limit})"
    return f"ended the process ({f'signal {-code}' if code < 0 else f'exit code {code}'})"


class _Lines:
    """Lines from a pipe, each awaited for a limited time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = bytearray()
        self._ready: list[bytes] = []
        self.is_closed = False

    def read(self, seconds: float) -> bytes | None:
        """The next line, or None when the pipe closed or the time for the whole line ran out."""
        end = time.monotonic() + seconds
        while not self._ready:
            left = max(0.0, end - time.monotonic())
            readable, _, _ = select.select([self._descriptor], [], [], left)
            chunk = os.read(self._descriptor, 1 << 16) if readable else b""
            if not chunk:
                self.is_closed = bool(readable)
                return None
            self._buffer += chunk
            *lines, rest = bytes(self._buffer).split(b"\n")
            self._ready = lines[::-1]
            self._buffer = bytearray(rest)
        return self._ready.pop()

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._descriptor)
