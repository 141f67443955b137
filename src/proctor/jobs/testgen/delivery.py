"""Delivery into the user's repository: texts that pass the gate become Changes for the guarded writer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from proctor.jobs.testgen.workplace import Workplace
from proctor.project.changes import Change, content_hash
from proctor.project.gate.judging import OutputGate
from proctor.project.gate.records import Surroundings, Violation
from proctor.project.ownership import is_ours, sign
from proctor.project.writer import GuardedWriter


class Delivery:
    """Writes generated files; what a person wrote or edited is never replaced."""

    def __init__(self, root: Path, writer: GuardedWriter) -> None:
        self._root = root
        self._writer = writer
        self.written: dict[str, bool] = {}
        self.hashes: dict[str, str] = {}
        self.refused: dict[str, tuple[Violation, ...]] = {}

    def write(self, files: Mapping[str, str]) -> tuple[str, ...]:
        """Write texts by path, but for those the gate refuses; the paths of the files that are new or different now."""
        changes = [change for path, text in files.items() if (change := self._change(path, text)) is not None]
        changed = self._writer.apply(changes)
        for change in changes:
            self.written[change.path] = self.written.get(change.path, False) or change.path in changed
            self.hashes[change.path] = content_hash(change.content)
        return changed

    def _change(self, path: str, text: str) -> Change | None:
        place = self._root / path
        now = place.read_bytes() if place.is_file() else None
        violations = self._writer.gate.judge(path, text, (now or b"").decode(errors="replace"))
        if violations:
            self.refused[path] = violations
            return None
        return Change(path, text, content_hash(now) if now is not None else None)


def output_gate(workplace: Workplace) -> OutputGate:
    """The gate of a run: it knows the run's own folders and the environment that the run was started with."""
    folders = (workplace.scratch.parent, workplace.cache)
    places = dict.fromkeys(str(place) for folder in folders for place in (folder, folder.resolve()))
    return OutputGate(Surroundings.of_run(tuple(places), workplace.inherited))


def without_scratch(text: str, scratch: Path) -> str:
    """The text with places in the scratch copy named as the places in the project that they are copies of."""
    for place in dict.fromkeys((str(scratch), str(scratch.resolve()))):
        text = text.replace(f"{place}/", "").replace(place, ".")
    return text


def signed(path: str, text: str) -> str:
    """A generated text with the line that lets us recognise it later."""
    if path.endswith(".py"):
        return sign(text, "python")
    return sign(text, "markdown") if path.endswith(".md") else text


def is_free(root: Path, path: str) -> bool:
    """Whether a path may be written: nothing lies there, or a file of ours that nobody edited."""
    place = root / path
    if not place.exists() and not place.is_symlink():
        return True
    try:
        return place.is_file() and is_ours(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False


def free_path(root: Path, path: str) -> str:
    """The path, or one like it where a person's file has that name."""
    stem, dot, suffix = path.rpartition(".")
    for extra in ("", "_generated", "_by_proctor", "_by_proctor_too"):
        if is_free(root, f"{stem}{extra}{dot}{suffix}"):
            return f"{stem}{extra}{dot}{suffix}"
    return f"{stem}_by_proctor_also{dot}{suffix}"
