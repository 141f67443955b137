"""Chooses the level of confinement by trying forbidden acts in a real child; no version number is believed.

A candidate is accepted only if every act is refused, judged from outside where the act leaves a trace there.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from proctor.errors import ConstraintViolation, ExecutionError
from proctor.execution.child import ChildResult, ChildSettings, run_child
from proctor.execution.confinement.policy import Candidate, Confinement, Level, Limits, ProbeAct
from proctor.execution.interpreter import Interpreter
from proctor.execution.probe import landlock

Mode = Literal["auto", "require", "off"]

PATIENCE_SECONDS: Final = 20.0
LONGEST_PROBLEM: Final = 200
WAITS: Final = "import sys; sys.stdin.read()"

# Runs on the project's Python, which may be 3.9. Any other exception ends it, and the candidate is not taken.
ACTS: Final = """
import ctypes, json, os, signal, socket, sys
given = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)

def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")

def write():
    with open(given["canary"], "a") as stream:
        stream.write("changed")

def read():
    with open(given["canary"]) as stream:
        print(stream.read(), flush=True)

def connect():
    socket.create_connection(("127.0.0.1", given["port"]), 5).close()

def stop():
    if given["victim"] in (1, os.getpid(), os.getppid()):
        raise OSError("that number is another process here")
    os.kill(given["victim"], signal.SIGKILL)

def trace():
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    checked(libc.ptrace(0x4206, given["victim"], None, None))  # SEIZE, which does not stop it

def escape():
    checked(libc.unshare(0x10000000))

for name, act in (("read", read), ("write", write), ("connect", connect), ("trace", trace), ("escape", escape),
                  ("signal", stop)):
    refused = False
    try:
        act()
    except OSError:
        refused = True
    print(json.dumps({"tried": name, "refused": refused}), flush=True)
print(json.dumps({"end": given["word"]}), flush=True)
"""

NAMES: Final = {
    "write": "change a file outside",
    "read": "read a file outside",
    "connect": "connect to a server on this machine",
    "signal": "kill a process of the user",
    "trace": "trace a process of the user",
    "escape": "open a user namespace",
}
# These leave no trace outside. Of the others the child's word counts for nothing: it may well "change a file" that
# only it sees, and a program that lied could not lie about a canary.
ITS_OWN_WORD: Final = frozenset({"trace", "escape"})
FOR_LINUX_ONLY: Final = ITS_OWN_WORD


@dataclass(frozen=True, slots=True)
class _Bait:
    """What the acts aim at, and the traces that they would leave there."""

    folder: Path
    canary: Path
    word: str
    listener: socket.socket
    victim: subprocess.Popen[bytes]

    def given(self) -> str:
        port = self.listener.getsockname()[1]
        return json.dumps(
            {"canary": str(self.canary), "port": port, "victim": self.victim.pid, "word": self.word[::-1]}
        )

    def traces(self, output: str) -> set[str]:
        """Name the acts that show from outside."""
        seen = {
            "write": self.canary.read_text("utf-8") != self.word,
            "read": self.word in output,
            "connect": _has_visitor(self.listener),
            "signal": self.victim.poll() is not None,
        }
        return {name for name, is_seen in seen.items() if is_seen}


def choose_confinement(mode: Mode, interpreter: Interpreter) -> Confinement:
    """Take the first level that holds here; without one the soft level, or an error where a boundary is required."""
    if mode == "off":
        return Confinement("soft", "a boundary is switched off; this guards against accidents only")
    tried: list[Candidate] = []
    for candidate in candidates():
        tried.append(probed(candidate, interpreter))
        if tried[-1].holds:
            break
    chosen = choice_among(tried)
    if mode == "require" and not chosen.is_boundary:
        raise sandbox_missing(chosen)
    return chosen


def choice_among(tried: Sequence[Candidate]) -> Confinement:
    """Take the first that holds, else the soft level."""
    for candidate in tried:
        if candidate.holds:
            return Confinement(candidate.level, candidate.verdict, candidate.program, tuple(tried))
    return Confinement("soft", f"not a boundary; {_why_not(tried)}", tried=tuple(tried))


def candidates() -> list[Candidate]:
    """List the levels that this system could have, the firmest first."""
    if sys.platform == "darwin":
        return [_by_program("seatbelt", "sandbox-exec", "it is a part of macOS; look for it in /usr/bin")]
    if sys.platform != "linux":
        return []
    bubblewrap = _by_program("bwrap", "bwrap", "install bubblewrap: apt install bubblewrap, dnf install bubblewrap")
    missing = "" if landlock.abi() else "the kernel has no Landlock, or it is switched off"
    return [bubblewrap, Candidate("landlock", problem=missing, remedy="use a kernel from 6.12 on with Landlock")]


def probed(candidate: Candidate, interpreter: Interpreter) -> Candidate:
    """Try the acts in a child at the candidate's level."""
    if candidate.problem:
        return candidate
    with _bait() as bait:
        settings = ChildSettings(
            interpreter,
            bait.folder,
            limits=Limits(wall_seconds=PATIENCE_SECONDS),
            confinement=Confinement(candidate.level, "tried", candidate.program),
        )
        try:
            child = run_child(["-c", ACTS, bait.given()], settings)
        except ExecutionError as error:
            return replace(candidate, problem=error.message)
        return _judged(candidate, bait, child)


def sandbox_missing(chosen: Confinement) -> ConstraintViolation:
    """Say that a boundary is required and there is none."""
    remedies = [candidate.remedy for candidate in chosen.tried if candidate.remedy]
    return ConstraintViolation(
        f"a sandbox is required, and none holds here: {_why_not(chosen.tried)}",
        hint="; or ".join([*remedies, "use --sandbox auto where you trust the project's code"]),
        slug="sandbox-missing",
    )


def _by_program(level: Level, name: str, remedy: str) -> Candidate:
    found = shutil.which(name)
    program = os.path.abspath(found) if found else ""
    return Candidate(level, program, problem="" if program else f"{name} is not installed", remedy=remedy)


def _judged(candidate: Candidate, bait: _Bait, child: ChildResult) -> Candidate:
    said = [found for line in child.stdout_tail.splitlines() if (found := _parsed(line)) is not None]
    if {"end": bait.word[::-1]} not in said:
        last = (child.stderr_tail.strip().splitlines() or ["no answer"])[-1]
        return replace(candidate, problem=f"a child cannot run in it: {last[:LONGEST_PROBLEM]}")
    happened = bait.traces(child.stdout_tail)
    tried = {found["tried"]: found["refused"] for found in said if "tried" in found}
    names = [name for name in NAMES if sys.platform == "linux" or name not in FOR_LINUX_ONLY]
    acts = [
        ProbeAct(NAMES[name], name in tried and name not in happened and (name not in ITS_OWN_WORD or tried[name]))
        for name in names
    ]
    return replace(candidate, acts=tuple(acts))


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:  # the canary's word
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def _bait() -> Iterator[_Bait]:
    """Lay out a file, a server and a process that a boundary must protect."""
    with (
        tempfile.TemporaryDirectory(prefix="proctor-bait-") as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
        subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", WAITS], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={}
        ) as victim,
    ):
        listener.setblocking(False)
        place = Path(folder).resolve()
        (place / "work").mkdir()
        canary, word = place / "canary", secrets.token_hex(16)
        canary.write_text(word, "utf-8")
        try:
            yield _Bait(place / "work", canary, word, listener, victim)
        finally:
            victim.kill()


def _has_visitor(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _why_not(tried: Sequence[Candidate]) -> str:
    reasons = "; ".join(f"{candidate.level}: {candidate.verdict}" for candidate in tried)
    return reasons or f"there is no level for {os.uname().sysname}"
