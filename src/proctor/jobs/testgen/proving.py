"""The proof at the end of a run: nothing but the written files differs, or what differs is named and dealt with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from proctor.errors import ConstraintViolation
from proctor.jobs.testgen.opening import Opened
from proctor.project.manifest import Difference, Manifest, take_manifest
from proctor.project.restoring import Restored, Restorer

_SHOWN = 10
# What git starts by itself: to be looked at before the next git command.
_STARTS_BY_ITSELF = ".git/"


@dataclass(frozen=True, slots=True)
class Proven:
    """What the comparison showed: a note where others worked in the project, a violation where the run may have."""

    notes: tuple[str, ...] = ()
    violation: ConstraintViolation | None = None


def prove_unchanged(opened: Opened, written: Mapping[str, str], state_dir: str) -> Proven:
    """Compare the project with what it was before; `written` has the hashes of the files that the run wrote."""
    after = take_manifest(opened.root, state_dir=state_dir)
    strange = tuple(_strange(opened.manifest, after, written))
    if not strange:
        return Proven()
    if opened.confinement.is_boundary:
        # Confined code could not reach the project, so this is the user's own work.
        return Proven(notes=(_note(strange),))
    return Proven(violation=_violation(opened, strange, Restorer(opened.root, opened.earlier).restore(strange)))


def _strange(before: Manifest, after: Manifest, written: Mapping[str, str]) -> Iterator[Difference]:
    """The differences that the run did not make; a written file must hold what was written."""
    made = {str(folder) for path in written for folder in PurePosixPath(path).parents}
    for item in before.differences(after):
        entry = after.entries.get(item.path)
        if item.path in written and entry is not None and entry.sha256 == written[item.path]:
            continue
        if item.path in made and item.kind == "added":
            continue
        yield item


def _note(strange: Sequence[Difference]) -> str:
    return (
        f"changed by somebody else while the run went on, and left as it is: {_named(strange)}; "
        "the tests were written for what was there before"
    )


def _violation(opened: Opened, strange: Sequence[Difference], restored: Restored) -> ConstraintViolation:
    return ConstraintViolation(
        f"{opened.root}: changed while the run went on, and not by what it wrote: {_named(strange)}",
        hint="; ".join(_advice(restored)),
        slug="project-changed",
    )


def _advice(restored: Restored) -> Iterator[str]:
    if restored.put_back:
        yield f"put back: {_listed(restored.put_back)}"
    if restored.shelved:
        yield f"what these held before is kept in {restored.shelf}: {_listed(restored.shelved)}"
    if restored.left:
        yield f"left as it is: {_listed(restored.left)}"
    named = (*restored.put_back, *restored.shelved, *restored.left)
    if any(path.startswith(_STARTS_BY_ITSELF) for path in named):
        yield "look at what changed in .git before the next git command, as it may start programs"
    yield "nothing was overwritten, as these may be your own edits"


def _named(strange: Sequence[Difference]) -> str:
    first = sorted(strange, key=lambda item: (not item.path.startswith(_STARTS_BY_ITSELF), item.path))
    return _listed(tuple(map(str, first)))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
