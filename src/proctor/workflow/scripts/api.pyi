"""The names that every workflow script has without importing anything."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

Effort = Literal["low", "balanced", "high", "ultracode"]
Isolation = Literal["worktree"]
Status = Literal["accepted", "degraded", "failed", "skipped", "cached"]
Item = TypeVar("Item")

# --- calls: each one is journalled, so that a finished one is not done again

class Result:
    """How a call of `agent` ended. A failed call is a result too: nothing is raised, so look at `ok`."""

    ok: bool
    """Whether there is an output that was accepted, now or in an earlier run."""
    status: Status
    """What the engine says: accepted, degraded, failed, skipped or cached."""
    output: Any
    """What the agent returned, as plain JSON values; with a `schema` it fits the schema."""
    text: str
    """The text of the answer, where the agent answered in words."""
    cause: str
    """Why it failed, or what is missing where it is degraded."""
    tokens: int
    """What it spent in this run; a cached result spent nothing."""
    label: str
    """The label that the call was given."""

class CommandResult:
    """How a command ended."""

    ok: bool
    """Whether it ran to its end and exited with 0."""
    exit_code: int | None
    """The exit code; None where the time ran out or the command was refused."""
    stdout: str
    """The last of what it printed."""
    stderr: str
    """The last of what it printed to the error stream, or the reason for which it was refused."""

async def agent(
    prompt: str,
    *,
    label: str = "",
    phase: str = "",
    target: str | None = None,
    output: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    schema: Mapping[str, Any] | None = None,
    model: str | None = None,
    effort: Effort | None = None,
    backend: str | None = None,
    timeout: float | None = None,
    isolation: Isolation | None = None,
) -> Result:
    """Give one task to an agent and wait for the result.

    - `prompt`: what is wanted.
    - `label`, `phase`: names for people; they decide nothing, so changing them does not repeat a finished call.
    - `target`, `output`: the file that is worked on, and the one that is left behind (the job names it if you do not).
    - `inputs`: further fields of the task, as plain JSON values.
    - `schema`: a JSON Schema that the output must fit; an answer that does not fit is asked for again.
    - `model`, `effort`, `backend`: who does it and how hard it tries; the run's own where nothing is said.
    - `timeout`: seconds that all attempts together may take.
    - `isolation`: `"worktree"` gives an agent that works on files a git worktree of its own, with the uncommitted
      changes in it; it is gone afterwards, so what counts is what the agent returns. The embedded agent works on a
      copy in any case.
    """

async def sh(
    command: str, *, label: str = "", timeout: float = 60.0, isolation: Isolation | None = None
) -> CommandResult:
    """Run a shell command, confined, with no model.

    - It works in a fresh copy of the project, which is gone afterwards: what counts is what it prints.
    - `isolation="worktree"` gives it a git worktree instead, with the uncommitted changes in it.
    - A command that came to its end is not run again until the files that it sees change.
    - Git commands that throw away work, rewrite history or send something out are refused.
    """

async def workflow(name: str, args: Any = None) -> Any:
    """Run a saved workflow inside this one and return its result; that one cannot start a third."""

# --- order

async def parallel(calls: Sequence[Awaitable[Item]]) -> list[Item]:
    """Wait for all calls, which run side by side, and return their results in the order of the calls."""

async def pipeline(items: Sequence[Any], *stages: Callable[[Any], Awaitable[Any]]) -> list[Any]:
    """Send each item through all stages, one after the other; no item waits for another one between two stages."""

def phase(name: str) -> None:
    """Begin a phase: later calls belong to it, and what the phase before brought is put together."""

def log(text: str) -> None:
    """Tell the user something while the run goes on."""

# --- what the run has

args: Any
"""What the workflow was started with, as plain JSON values."""

class Budget:
    """What a run may spend, and what it has spent."""

    total: int | None
    """The cap, None where there is none."""
    def spent(self) -> int:
        """The tokens spent so far."""
    def remaining(self) -> float:
        """The tokens left; infinite where there is no cap."""

budget: Budget
"""The tokens of the run."""

class State:
    """Values by name, each with the workflow that wrote it."""

    def publish(self, name: str, value: Any) -> None:
        """Write a plain JSON value under a name; another writer's different value is an error that names both."""
    def read(self, name: str) -> Any:
        """The value under a name; a LookupError where nothing was published."""
    def names(self) -> list[str]:
        """The names that were published so far, sorted."""

state: State
"""What parts of the run share."""

# --- patterns: written with the calls above

class Verification:
    """What the voters said about a claim."""

    confirmed: bool
    """Whether more than half of all voters could not refute it; a voter who did not answer confirms nothing."""
    upheld: int
    """How many could not refute it."""
    refuted: int
    """How many refuted it."""
    unanswered: int
    """How many gave no answer."""
    reasons: list[str]
    """What they said, in the order of the votes."""

async def verify(
    claim: str, *, voters: int = 3, lenses: Sequence[str] = (), effort: Effort | None = None
) -> Verification:
    """Ask several agents to refute a claim; `lenses` give the voters a view each, such as "security"."""

class Judgement:
    """What a panel of judges said about candidates."""

    best: int | None
    """The position of the best candidate, the first of equals; None where no judge gave a usable answer."""
    scores: list[float]
    """The mean score of each candidate."""
    reasons: list[str]
    """What the judges said."""

async def judge_panel(
    question: str,
    candidates: Sequence[str],
    *,
    judges: int = 3,
    criteria: Sequence[str] = (),
    effort: Effort | None = None,
) -> Judgement:
    """Let several agents score candidates from 0 to 10, each judge all of them, and take the means."""

async def loop_until_dry(
    find: Callable[[int], Awaitable[Sequence[Any]]],
    *,
    dry_rounds: int = 2,
    most_rounds: int = 10,
    key: Callable[[Any], Any] | None = None,
) -> list[Any]:
    """Call `find(round)` until it brought nothing new in `dry_rounds` rounds on end; everything that was found.

    `key` says what makes two finds the same; without it, the find itself does.
    """

async def retry(call: Callable[[], Awaitable[Result]], *, times: int = 3) -> Result:
    """Make a call again until its result is ok, at most `times` times; the last result."""
