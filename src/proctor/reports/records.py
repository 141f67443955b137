"""What the reports are made from; whoever did the work fills these in, and the renderers only read them."""

from dataclasses import dataclass
from typing import Literal

from proctor.execution.coverage_data import FileCoverage

Status = Literal["done", "below", "failed", "skipped"]
Severity = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class ModuleOutcome:
    """How the work on one module ended; coverage that was not measured is None."""

    path: str
    module: str
    before: FileCoverage | None
    after: FileCoverage | None
    passed: int
    xfailed: int
    test_file: str | None
    groups: tuple[str, ...]
    """The logical groups the module was split into, none when it was not split."""
    status: Status
    note: str
    replaced: tuple[str, ...]
    """The calls out of the project that the tests replace."""
    open_branches: tuple[str, ...]
    """The branches that no test takes, each with its reason."""


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug in the project's source, with what proves it and how to see it."""

    number: int
    path: str
    line: int
    function: str
    issue: str
    severity: Severity
    evidence: tuple[str, ...]
    reproduction: str
    """Python source that shows the bug when it is run in the project."""
    test: str
    """The node id of the test that expects to fail because of it."""
    exception: str


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """How long a phase took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class SandboxLine:
    """The level of confinement that the project's code ran at, and why it was this one."""

    level: str
    reason: str

    def __str__(self) -> str:
        return f"{self.level} ({self.reason})"


@dataclass(frozen=True, slots=True)
class RunReport:
    """All that a finished run has to tell."""

    project: str
    modules: tuple[ModuleOutcome, ...]
    bugs: tuple[Bug, ...]
    phases: tuple[PhaseTime, ...]
    seconds: float
    files_written: tuple[str, ...]
    tokens: int
    sandbox: SandboxLine
    requirements: tuple[str, ...]
    """Lines that the project should add to its requirements."""
    remedies: tuple[str, ...]
    """What was mended on the way."""
    minimum: float
    notes: tuple[str, ...]
    unchanged: bool
    """Whether everything was already there, so that nothing was written."""
    manifest_digest: str
