"""What a confined child may see, write, reach and use up: the record that every level of confinement enforces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Level = Literal["bwrap", "landlock", "seatbelt", "soft"]
Sockets = Literal["none", "unix", "loopback"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use up; 0 means no limit, and `processes` counts threads beside those the user already has."""

    wall_seconds: float = 300.0
    memory_mb: int = 4096
    cpu_seconds: int = 600
    file_mb: int = 256
    processes: int = 512
    output_kb: int = 1024


@dataclass(frozen=True, slots=True)
class ProbeAct:
    """A forbidden act that was tried in a candidate, and whether the candidate kept it from happening."""

    act: str
    is_refused: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A level that was tried with what came of it; the problem says why it could not be, or what to do about it."""

    level: Level
    program: str = ""
    acts: tuple[ProbeAct, ...] = ()
    problem: str = ""
    remedy: str = ""

    @property
    def holds(self) -> bool:
        """Whether everything was tried and everything was refused."""
        return not self.problem and bool(self.acts) and all(act.is_refused for act in self.acts)

    @property
    def verdict(self) -> str:
        """What came of it, in a few words."""
        happened = [act.act for act in self.acts if not act.is_refused]
        if self.problem:
            return self.problem
        return f"not refused: {', '.join(happened)}" if happened else f"all {len(self.acts)} probe acts refused"


@dataclass(frozen=True, slots=True)
class Confinement:
    """The level that was chosen for a run and why; `program` is what puts it into force where a program does."""

    level: Level
    reason: str
    program: str = ""
    tried: tuple[Candidate, ...] = ()

    @property
    def is_boundary(self) -> bool:
        """Whether it holds against code that wants out."""
        return self.level != "soft"

    @property
    def line(self) -> str:
        """Level and reason as they are shown."""
        return f"{self.level} ({self.reason})"


SOFT: Final = Confinement("soft", "no boundary was asked for")


@dataclass(frozen=True, slots=True)
class Policy:
    """What one child may do: absolute folders and files, each with all that is below it.

    Everything outside `readable` and `writable` is out of its sight, except for what the operating system itself needs.
    """

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    sockets: Sockets = "none"
    limits: Limits = Limits()
