"""A fork of the server that runs scenarios, batch after batch, until it is lost or spent."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
from collections.abc import Iterator, Sequence
from typing import IO, Any, Callable, Final

from .landlock import scope_signals

# Begins the line that ends a batch; the others begin with the number of the scenario that they answer.
SPENT: Final = "spent"
_SILENCE_LIMIT: Final = 10.0


class Worker:
    """The server's end of a worker."""

    def __init__(self, pid: int, requests: int, answers: int) -> None:
        self._pid = pid
        self._requests = requests
        self._answers = answers

    @classmethod
    def forked(cls, serve: Callable[[IO[str], IO[str]], None], closed: Sequence[int] = ()) -> Worker:
        """Fork, and let the fork serve requests, one batch a line, until they end; it never sees `closed`."""
        gc.freeze()  # what is loaded stays shared with the worker instead of being copied by its collector
        requests_read, requests_write = os.pipe()
        answers_read, answers_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                for descriptor in (requests_write, answers_read, *closed):
                    os.close(descriptor)
                _set_apart()
                serve(os.fdopen(requests_read, encoding="utf-8"), os.fdopen(answers_write, "w", encoding="utf-8"))
            finally:  # whatever happened, this fork must not go on as a second server
                os._exit(0)
        os.close(requests_read)
        os.close(answers_write)
        return cls(pid, requests_write, answers_read)

    def hand_over(self, scenarios: Sequence[dict[str, Any]]) -> bool:
        """Give it a batch to run and say whether it is there to take it."""
        message = (json.dumps(scenarios) + "\n").encode()
        try:
            while message:
                message = message[os.write(self._requests, message) :]
        except OSError:  # it ended since the last batch
            return False
        return True

    def answers(self) -> Iterator[str]:
        """The lines that come back for a batch, until the pipe closes or nothing comes for too long."""
        buffer = b""
        while True:
            ready, _, _ = select.select([self._answers], [], [], _SILENCE_LIMIT)
            chunk = os.read(self._answers, 1 << 16) if ready else b""
            if not chunk:
                return
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in lines:
                yield line.decode("utf-8", "replace")

    def end(self) -> None:
        """Kill it and be rid of it."""
        with contextlib.suppress(OSError):  # it ended by itself
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._requests)
        os.close(self._answers)


def _set_apart() -> None:
    """Keep signals of this process from the server: in a session of its own and, where the kernel can, for certain."""
    os.setsid()
    with contextlib.suppress(OSError):  # a kernel without it: the parent begins anew when the server is lost
        scope_signals(keep_refer=True)
