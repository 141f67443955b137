"""Where the journal of a project is, and where its running runs listen for requests."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.errors import SettingsError
from proctor.project.scratch import cache_dir

if TYPE_CHECKING:
    from proctor.workflow.journal import Journal


def journal_path(root: Path) -> Path:
    """The journal of a project: in the user's cache, as nothing but the guarded writer writes into the project."""
    digest = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    return cache_dir() / "journals" / f"{root.name}-{digest}.sqlite"


def control_folder(root: Path) -> Path:
    """Where the runs of a project on this machine listen."""
    return journal_path(root).with_suffix(".control")


def forget(root: Path) -> None:
    """Remove the journal of a folder that is gone, with all that lies beside it."""
    path = journal_path(root)
    for place in path.parent.glob(f"{path.stem}.*"):
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)


def open_journal(root: Path) -> Journal:
    """Open the project's journal, or the one that PROCTOR_JOURNAL names; PROCTOR_DURABILITY says how safe it is."""
    from proctor.workflow.journal import Journal

    place = os.environ.get("PROCTOR_JOURNAL") or journal_path(root)
    durability = os.environ.get("PROCTOR_DURABILITY", "normal")
    if durability not in ("normal", "full"):
        raise SettingsError(f"PROCTOR_DURABILITY is {durability!r}", hint="use normal or full", slug="bad-durability")
    return Journal.open(place, "full" if durability == "full" else "normal")
