"""Saved workflows: the scripts in a folder of the project, and those that come with Proctor, each by its name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from proctor.errors import ScriptError
from proctor.workflow.scripts.source import Script, read_script

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class SavedWorkflows:
    """The workflows that can be called by name; one of the project hides one of ours with the same name."""

    folder: Path
    built_in: tuple[Script, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The names there are, sorted."""
        return tuple(sorted({*self._files(), *(script.name for script in self.built_in)}))

    def all(self) -> tuple[Script, ...]:
        """The scripts, by name."""
        return tuple(self.find(name) for name in self.names())

    def find(self, name: str) -> Script:
        """The script with this name."""
        files = self._files()
        if name in files:
            return read_script(files[name], name, f"{self.folder.parent.name}/{self.folder.name}/{name}.py")
        for script in self.built_in:
            if script.name == name:
                return script
        raise _unknown(name, self.names())

    def _files(self) -> dict[str, Path]:
        places = sorted(self.folder.glob("*.py")) if self.folder.is_dir() else []
        return {place.stem: place for place in places if _NAME.fullmatch(place.stem) and place.is_file()}


def _unknown(name: str, known: Iterable[str]) -> ScriptError:
    near = difflib.get_close_matches(name, list(known), n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return ScriptError(
        f"there is no workflow with the name {name!r}",
        hint=f"{meant}There are: {', '.join(known)}",
        slug="unknown-workflow",
    )
