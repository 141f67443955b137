"""Where a generation works: the scratch copy, the project's interpreter, the conditions under which a target runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Final

from proctor.errors import Stopped
from proctor.execution.child import ChildSettings
from proctor.execution.confinement.policy import SOFT, Confinement, Limits, Sockets
from proctor.execution.interpreter import Interpreter
from proctor.execution.overlay import ensure_overlay
from proctor.execution.target_process import IMPORT_SECONDS
from proctor.oracles.diagnosis import Diagnosis

# For a child with all it starts: one that answers a whole search forks a worker for each batch of it.
CPU_SECONDS: Final = 3600
GUARD_PERMITS: Final[Mapping[Sockets, tuple[str, ...]]] = {
    "none": (),
    "unix": ("unix",),
    "loopback": ("unix", "loopback"),
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What had to be learned before a target could run: modules imported beside it, packages put before its own."""

    imports: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()

    def with_imports(self, modules: tuple[str, ...], diagnosis: Diagnosis) -> Conditions:
        """The conditions with more modules imported."""
        return replace(self, imports=modules, diagnoses=(*self.diagnoses, diagnosis))

    def with_requirement(self, requirement: str, diagnosis: Diagnosis) -> Conditions:
        """The conditions with a package replaced in an overlay."""
        return replace(self, requirements=(*self.requirements, requirement), diagnoses=(*self.diagnoses, diagnosis))


@dataclass(frozen=True, slots=True)
class Workplace:
    """Everything that stays the same for all modules of a run."""

    scratch: Path
    interpreter: Interpreter
    import_roots: tuple[str, ...]
    cache: Path
    inherited: Mapping[str, str]
    progress: Callable[[str], None]
    base_requirements: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    import_seconds: float = IMPORT_SECONDS
    stop: Event = field(default_factory=Event)
    is_late: Event = field(default_factory=Event)
    confinement: Confinement = SOFT
    sockets: Sockets = "none"

    def settings(self, conditions: Conditions, *, hash_seed: int = 0, seconds: float = 300.0) -> ChildSettings:
        """How a child with generated tests runs; after a stop no child is started any more."""
        whole = self._settings(conditions, hash_seed, seconds)
        return replace(whole, writable=(whole.private,), permits=GUARD_PERMITS[self.sockets])

    def settings_for_people(self, conditions: Conditions, *, seconds: float) -> ChildSettings:
        """How a child with tests that people wrote runs: they may write the whole copy.

        Inside a boundary they may also start programs and talk to servers of their own.
        """
        permitted = GUARD_PERMITS["loopback"] + ("programs",) if self.confinement.is_boundary else ()
        return replace(self._settings(conditions, 0, seconds), permits=permitted or GUARD_PERMITS[self.sockets])

    def _settings(self, conditions: Conditions, hash_seed: int, seconds: float) -> ChildSettings:
        if self.stop.is_set():
            raise Stopped("the run was stopped", slug="stopped")
        overlay = ensure_overlay(
            self.interpreter,
            [*self.base_requirements, *conditions.requirements],
            cache_dir=self.cache,
            env=self.inherited,
            progress=self.progress,
        )
        roots = tuple(self.scratch / root for root in self.import_roots)
        return ChildSettings(
            self.interpreter,
            self.scratch,
            roots,
            overlay,
            self.environment,
            Limits(wall_seconds=seconds, cpu_seconds=CPU_SECONDS),
            hash_seed,
            self.confinement,
            sockets=self.sockets,
        )


def fake_value(name: str) -> str:
    """What a variable of the environment holds in tests: plainly not a secret."""
    return f"test-{name.lower().replace('_', '-')}"
