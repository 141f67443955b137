"""A hostile act: a small program with one aim, and the name of the canary that shows whether it got there."""

from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

# The act is told everything it could want to know; the first line it writes is the proof that it ran at all.
OPENING = """\
import ctypes, json, os, signal, socket, subprocess, sys, threading, time
case = json.load(open("case.json"))
open("begun", "w").close()
libc = ctypes.CDLL(None, use_errno=True)


def unless_refused(attempt, *arguments):
    try:
        return attempt(*arguments)
    except BaseException as error:
        print(type(error).__name__, error, file=sys.stderr)


def loot(data):
    open("loot", "ab").write(data if isinstance(data, bytes) else str(data).encode())


"""
CLOSING = '\nopen("finished", "w").close()\n'

Breach = Literal[
    "tree changed",
    "secret taken",
    "socket reached",
    "bystander touched",
    "processes above limit",
    "memory above limit",
    "file above limit",
    "output above limit",
    "out of time",
    "process left",
    "trace left",
    "setuid left",
    "namespace made",
    "ring made",
    "mount made",
    "believed",
]


@dataclass(frozen=True, slots=True)
class Act:
    """One attempt. `aim` is the breach that it is after, any other one counts as well.

    A `suite` act is a test file whose run must not be believed; one that is `alone` needs the machine for itself.
    """

    name: str
    program: str
    aim: Breach
    with_bystander: bool = False
    alone: bool = False
    is_suite: bool = False

    @property
    def text(self) -> str:
        """The whole program."""
        body = dedent(self.program).strip("\n")
        return body + "\n" if self.is_suite else OPENING + body + CLOSING

    @property
    def slug(self) -> str:
        """The name as it can stand in a file name."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.name.lower())[:16].strip("-")
