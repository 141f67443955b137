"""What a run has accepted so far: outputs of modules, the fixtures they share, and how each module ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proctor.execution.coverage_data import FileCoverage
from proctor.jobs.testgen.solving import fixtures_from_json
from proctor.workflow.shared import SharedState
from proctor.writing.fixtures import SharedFixture


@dataclass(slots=True)
class ModuleEntry:
    """One module: what was accepted for it and what the check measured, or why there is nothing."""

    path: str
    output: Mapping[str, Any] = field(default_factory=dict)
    passed: int = 0
    xfailed: int = 0
    before: FileCoverage | None = None
    after: FileCoverage | None = None
    note: str = ""
    remedies: tuple[str, ...] = ()


class Ledger:
    """Entries by module path; fixtures by name in the run's shared state, each with the task that wrote it."""

    def __init__(self) -> None:
        self.entries: dict[str, ModuleEntry] = {}
        self._fixtures: list[str] = []
        self._offered: dict[str, Any] = {}
        self._shared = SharedState()

    def entry(self, path: str) -> ModuleEntry:
        """The entry of a module, made on first use."""
        return self.entries.setdefault(path, ModuleEntry(path))

    def accept(self, output: Mapping[str, Any]) -> None:
        """Take over the output of a module's task; two different fixtures of one name are an error."""
        path = str(output["path"])
        self.entry(path).output = output
        for item in output["shared"]:
            self._shared.publish(item["name"], item, path)
            if item["name"] not in self._fixtures:
                self._fixtures.append(item["name"])

    def fixtures(self) -> tuple[SharedFixture, ...]:
        """The shared fixtures of all accepted outputs."""
        return fixtures_from_json([self._shared.read(name) for name in self._fixtures])

    def offer(self, output: Mapping[str, Any]) -> tuple[SharedFixture, ...]:
        """The fixtures of everything that was accepted or is being checked: tasks that run side by side share them."""
        self._offered |= {item["name"]: item for item in output["shared"]}
        return fixtures_from_json(list(self._offered.values()))

    @property
    def outputs(self) -> tuple[Mapping[str, Any], ...]:
        """The accepted outputs, by path."""
        return tuple(entry.output for _, entry in sorted(self.entries.items()) if entry.output)
