"""A survey of the project: which modules are asked for, what their sources say, who calls whom, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proctor.analysis.call_index import CallIndex, index_calls
from proctor.analysis.dependencies import import_order
from proctor.analysis.facts import ModuleFacts, UnreadableModule
from proctor.analysis.reading import ParsedModule, parse_module
from proctor.errors import NothingToDo
from proctor.project.modules import PythonModule, find_modules


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of the project before any of its code runs."""

    targets: tuple[PythonModule, ...]
    facts: Mapping[str, ModuleFacts]
    unreadable: tuple[UnreadableModule, ...]
    index: CallIndex
    model_modules: tuple[str, ...]
    environment: tuple[str, ...]

    def waves(self) -> tuple[tuple[str, ...], ...]:
        """The paths of the targets in waves: a module comes after those of them that it imports."""
        wanted = [self.facts[target.path] for target in self.targets if target.path in self.facts]
        paths = {facts.module: facts.path for facts in wanted}
        waves = [tuple(paths[name] for name in wave) for wave in import_order(wanted)]
        return tuple(tuple(sorted(wave, key=self._largest_first)) for wave in waves)

    def _largest_first(self, path: str) -> tuple[int, str]:
        return -self.facts[path].statements, path


def survey_project(root: Path, paths: Sequence[str], excluded: Sequence[str] = ()) -> Survey:
    """Read all sources of the project; targets are the modules under `paths` that have something to test.

    Raises NothingToDo when there is nothing to test there.
    """
    left_out = {module.path for module in find_modules(root, excluded)} if excluded else set()
    asked = [module for module in find_modules(root, paths) if module.path not in left_out]
    read = [parse_module(m.path, m.module, (root / m.path).read_bytes()) for m in find_modules(root)]
    parsed = [item for item in read if isinstance(item, ParsedModule)]
    unreadable = tuple(item for item in read if isinstance(item, UnreadableModule))
    facts = {item.facts.path: item.facts for item in parsed}
    targets = tuple(module for module in asked if module.path not in facts or _has_public_code(facts[module.path]))
    if not targets:
        raise NothingToDo(
            f"{', '.join(paths) or root}: no public function or method to test was found there",
            hint="name the files or folders that hold the code to test",
            slug="nothing-to-test",
        )
    named = {target.path for target in targets}
    broken = tuple(item for item in unreadable if item.path in named)
    models = tuple(sorted(item.module for item in facts.values() if _defines_models(item)))
    names = {read.name for item in facts.values() for read in item.environment_reads if read.required}
    return Survey(targets, facts, broken, index_calls(parsed), models, tuple(sorted(names)))


def _has_public_code(facts: ModuleFacts) -> bool:
    return any(found.is_public or found.name.startswith("__") for found in facts.callables)


def _defines_models(facts: ModuleFacts) -> bool:
    return any(item.name == "__tablename__" for cls in facts.classes for item in cls.fields)
