"""Reads what a person types: a command with its words, or a request; only the first line can be a command."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from proctor.errors import RequestError

EFFORTS: Final = ("low", "balanced", "high", "ultracode")
COMMANDS: Final[Mapping[str, str]] = {
    "effort": "show or set how hard the agents try: low, balanced, high, ultracode",
    "plan": "plan a request and stop: /plan [REQUEST]",
    "run": "plan a request, show it, and run it once you say so: /run [REQUEST]",
    "workflows": "the saved workflows; /NAME [WORDS] runs one",
    "runs": "the runs of this project",
    "agents": "the phases and agents of the run, live; q goes back",
    "budget": "what was spent, and caps for the next run: /budget tokens=200k,money=5,agents=20,minutes=30",
    "state": "what the phases of the run have come to",
    "bugs": "the bugs found so far",
    "stop": "end the run; what is finished is kept",
    "resume": "run an earlier run again, without what it finished: /resume [RUN]",
    "help": "this list",
    "quit": "leave",
}


@dataclass(frozen=True, slots=True)
class Command:
    """What a person wants: the name of a command, empty for a request in plain words, and the words that follow."""

    name: str
    words: str = ""


def read_line(text: str, workflows: Sequence[str]) -> tuple[Command, ...]:
    """The commands in what was typed or pasted at once.

    A paste that starts with `/effort …` and goes on is the setting and then the request. A slash further down is text:
    what somebody else wrote must not be able to arm anything.
    """
    text = text.strip()
    if not text.startswith("/"):
        return (Command("", text),) if text else ()
    first, _, rest = text.partition("\n")
    name, _, words = first[1:].partition(" ")
    if name == "effort" and rest.strip():
        return (Command(name, words.strip()), Command("", rest.strip()))
    if name not in COMMANDS and name not in workflows:
        raise _unknown(name, [*COMMANDS, *workflows])
    return (Command(name, f"{words}\n{rest}".strip()),)


def _unknown(name: str, known: Sequence[str]) -> RequestError:
    near = difflib.get_close_matches(name, known, n=1)
    return RequestError(
        f"there is no command /{name}",
        hint=f"did you mean /{near[0]}?" if near else "/help lists the commands",
        slug="unknown-command",
    )
