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
class Confinement:
    """The level that was chosen for a run and why; `program` is what puts it into force where a program does."""

    level: Level
    reason: str
    program: str = ""

    @property
    def is_boundary(self) -> bool:
        """Whether it holds against code that wants out."""
        return self.level != "soft"


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
