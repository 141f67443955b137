"""What the engine, its jobs and its agents hand to one another: frozen records that go to JSON and back unchanged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Self, TypeAlias, cast, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

JsonObject: TypeAlias = Mapping[str, Any]
"""A mapping of strings to plain JSON values: lists, not tuples; no NaN; no objects."""

Decision: TypeAlias = Literal["accept", "retry", "degrade", "give_up"]
TaskStatus: TypeAlias = Literal["accepted", "degraded", "failed", "skipped", "cached"]
RunStatus: TypeAlias = Literal["running", "completed", "partial", "paused", "failed", "stopped"]


def canonical_json(value: object) -> str:
    """Return the one spelling of a JSON value, and refuse what is not JSON instead of approximating it."""
    return _CANONICAL.encode(value)


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def _adapter(kind: object) -> TypeAdapter[Any]:
    return _built_once(kind)


@cache
def _built_once(kind: object) -> TypeAdapter[Any]:
    return TypeAdapter(cast("Any", kind))


class Record:
    """The two directions between a record and plain JSON data."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain JSON data."""
        return cast("dict[str, Any]", _adapter(type(self)).dump_python(self, mode="json"))

    def to_json_bytes(self) -> bytes:
        """Return the record as JSON text: not its one canonical spelling, but made in a fraction of the time."""
        try:
            return _adapter(type(self)).dump_json(self)
        except PydanticSerializationError:  # half of a surrogate pair: only escaped can it be written
            return canonical_json(self.to_json()).encode()

    @classmethod
    def from_json_bytes(cls, text: bytes) -> Self:
        """Rebuild a record from JSON text, or raise ValueError when the text is not one."""
        try:
            return cast("Self", _adapter(cls).validate_json(text))
        except ValidationError:  # pydantic's parser refuses half of a surrogate pair, also an escaped one
            return cls.from_json(json.loads(text))

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Rebuild a record, or raise ValueError when the data is not one."""
        return cast("Self", _adapter(cls).validate_python(data))


@dataclass(frozen=True, slots=True)
class Usage(Record):
    """What was spent; money is None when the price is unknown, which is not the same as free."""

    tokens: int = 0
    seconds: float = 0.0
    money: Decimal | None = Decimal(0)

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.tokens + other.tokens, self.seconds + other.seconds, _sum(self.money, other.money))


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


@dataclass(frozen=True, slots=True)
class Task(Record):
    """One piece of work for one agent; id, label and phase are for people and stay out of the journal key."""

    id: str
    label: str
    phase: str
    kind: str
    inputs: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feedback(Record):
    """What was wrong with an earlier attempt, for the agent that makes the next one."""

    attempt: int
    summary: str
    details: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply(Record):
    """What an agent returns from one attempt; each note becomes a line in the event stream."""

    output: JsonObject
    usage: Usage = field(default_factory=Usage)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict(Record):
    """What a job says about a reply; a retry that names a worth offers the reply in case no attempt is accepted."""

    decision: Decision
    summary: str = ""
    feedback: Feedback | None = None
    details: JsonObject = field(default_factory=dict)
    worth: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt(Record):
    """One reply of an agent and the verdict on it."""

    number: int
    reply: Reply
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class TaskResult(Record):
    """How a task ended; a cached one keeps its attempts and cause but spent nothing in this run."""

    task_id: str
    status: TaskStatus
    output: JsonObject = field(default_factory=dict)
    attempts: int = 0
    usage: Usage = field(default_factory=Usage)
    cause: str = ""

    @property
    def is_usable(self) -> bool:
        """Tell whether there is an output that was accepted, now or in an earlier run."""
        return self.status in ("accepted", "degraded", "cached")

    @property
    def is_degraded(self) -> bool:
        """Tell whether the output was kept although it is less than what was asked for."""
        return self.is_usable and self.cause != ""


@dataclass(frozen=True, slots=True)
class RunResult(Record):
    """How a run ended, with one result for every task of its plan, in plan order."""

    run_id: str
    status: RunStatus
    results: tuple[TaskResult, ...] = ()
    phase_seconds: Mapping[str, float] = field(default_factory=dict)
    cause: str = ""

    @property
    def census(self) -> dict[TaskStatus, int]:
        """Count the tasks by status; a status that no task has is left out."""
        counts = Counter(result.status for result in self.results)
        return {status: counts[status] for status in get_args(TaskStatus) if counts[status]}

    @property
    def usage(self) -> Usage:
        """Add up what this run spent."""
        return sum((result.usage for result in self.results), Usage())


@dataclass(frozen=True, slots=True)
class RunRecord(Record):
    """What the journal knows about a run; one that was killed still says running.

    options is what it was started with, so that it can be resumed; summary is its census and what it spent.
    """

    run_id: str
    status: RunStatus
    plan: str
    started: float
    ended: float | None = None
    cause: str = ""
    options: JsonObject = field(default_factory=dict)
    summary: JsonObject = field(default_factory=dict)
