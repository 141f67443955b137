"""The parent's end of the probe: a loaded target that answers scenarios with observations."""

from __future__ import annotations

import json
import os
import select
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
        assert self._answers is not None
        self._send(self._request.to_json(self._settings.cwd))
        line = self._answers.read(self._request.import_seconds)
        if line is None:
            raise self._gone()
        return TargetReport.from_json(self._request.module, json.loads(line))

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
        assert self._answers is not None
        while True:
            line = self._answers.read(_ANSWER_SECONDS)
            if line is None:
                raise self._gone()
            answer = json.loads(line)
            if "end" in answer:
                return
            yield answer

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
            raise self._gone() from error

    def _gone(self) -> ExecutionError:
        tail = self._child.stderr_tail.strip()[-800:] if self._child else ""
        self.close()
        return ExecutionError(
            f"{self._request.module}: the process that had imported it ended or stopped answering\n{tail}".strip(),
            hint="look for code that exits, blocks or runs for ever when the module is imported",
            slug="target-gone",
        )

    @property
    def problem(self) -> Problem:
        """The end of the process as a problem of the module."""
        return Problem(self._request.module, "ProcessEnded", "importing it ended or blocked the process")


class _Lines:
    """Lines from a pipe, each awaited for a limited time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = bytearray()
        self._ready: list[bytes] = []

    def read(self, seconds: float) -> bytes | None:
        """The next line, or None when the pipe closed or the time ran out."""
        while not self._ready:
            readable, _, _ = select.select([self._descriptor], [], [], seconds)
            chunk = os.read(self._descriptor, 1 << 16) if readable else b""
            if not chunk:
                return None
            self._buffer += chunk
            *lines, rest = bytes(self._buffer).split(b"\n")
            self._ready = lines[::-1]
            self._buffer = bytearray(rest)
        return self._ready.pop()

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._descriptor)
