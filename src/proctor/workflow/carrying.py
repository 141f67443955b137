"""A run as a file, to be resumed on another machine: its record, its events, and every finished call it stands on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from proctor.errors import JournalError
from proctor.workflow.events import Event
from proctor.workflow.finished import content_digest
from proctor.workflow.records import Record, RunRecord, canonical_json

FORMAT = "proctor-run-1"


@dataclass(frozen=True, slots=True)
class StoredCall(Record):
    """A finished call as it lies in the journal, whatever it holds."""

    key: str
    occurrence: int
    status: str
    content: str
    digest: str

    @property
    def is_whole(self) -> bool:
        """Tell whether the content is what was written."""
        return content_digest(self.content.encode()) == self.digest


@dataclass(frozen=True, slots=True)
class CarriedRun:
    """What a file of a run holds; damaged counts the calls that could not be taken over."""

    run: RunRecord
    calls: tuple[StoredCall, ...]
    events: tuple[Event, ...]
    damaged: int = 0


def run_to_lines(carried: CarriedRun) -> Iterator[str]:
    """Yield the lines of the file; each stands for itself, so that a damaged one costs no other."""
    yield canonical_json({"format": FORMAT, "run": carried.run.to_json()})
    for call in carried.calls:
        yield canonical_json({"call": call.to_json()})
    for event in carried.events:
        yield canonical_json({"event": event.to_json()})


def run_from_lines(lines: Iterable[str], source: str) -> CarriedRun:
    """Read the file; a damaged line costs that line, except for the first."""
    rest = iter(lines)
    run = _header(next(rest, ""), source)
    calls: list[StoredCall] = []
    events: list[Event] = []
    damaged = 0
    for line in rest:
        item = _item(line)
        if isinstance(item, StoredCall) and item.is_whole:
            calls.append(item)
        elif isinstance(item, Event):
            events.append(item)
        else:
            damaged += 1
    return CarriedRun(run, tuple(calls), tuple(events), damaged)


def _header(line: str, source: str) -> RunRecord:
    try:
        data = json.loads(line)
        if data["format"] != FORMAT:
            raise ValueError(data["format"])
        return RunRecord.from_json(data["run"])
    except (ValueError, KeyError, TypeError) as error:
        raise JournalError(
            f"{source}: this is no exported run: {error}",
            hint="give a file that `proctor runs export` wrote",
            slug="not-a-run-file",
        ) from None


def _item(line: str) -> StoredCall | Event | None:
    try:
        data = json.loads(line)
        return StoredCall.from_json(data["call"]) if "call" in data else Event.from_json(data["event"])
    except (ValueError, KeyError, TypeError):
        return None
