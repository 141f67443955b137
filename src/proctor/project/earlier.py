"""What files held before a run: in the scratch copy, and kept aside where the copy has them not."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from proctor.project.changes import content_hash
from proctor.project.descent import OLD_FILE
from proctor.project.manifest import Manifest

# Git's hooks and settings, and our own earlier files: a few kilobytes each. What is larger is named and not kept.
_ASIDE_BYTES = 1 << 20
_ASIDE_TOTAL = 64 << 20


@dataclass(frozen=True, slots=True)
class Earlier:
    """The bytes of a project's files as the manifest knows them."""

    manifest: Manifest
    copy: Path
    aside: Mapping[str, bytes]

    def content(self, path: str) -> bytes | None:
        """What the file held, None where nobody has those very bytes any more."""
        expected = self.manifest.entries[path].sha256
        # Code of the project could write in the copy, so its bytes count only when they are the ones of the manifest.
        for content in (self.aside.get(path), _bytes_of(self.copy / path)):
            if content is not None and content_hash(content) == expected:
                return content
        return None


def keep_earlier(root: Path, manifest: Manifest, copy: Path) -> Earlier:
    """Read what the copy does not have, as far as it is small."""
    aside: dict[str, bytes] = {}
    room = _ASIDE_TOTAL
    for path in manifest.files:
        if not stat.S_ISREG(manifest.entries[path].mode) or os.path.lexists(copy / path):
            continue
        content = _bytes_of(root / path, limit=min(_ASIDE_BYTES, room))
        if content is not None:
            aside[path] = content
            room -= len(content)
    return Earlier(manifest, copy, aside)


def _bytes_of(place: Path, limit: int | None = None) -> bytes | None:
    try:
        with open(place, "rb", opener=lambda path, _: os.open(path, OLD_FILE)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or (limit is not None and status.st_size > limit):
                return None
            return file.read()
    except OSError:  # gone, closed to us, or something else in its place: then nobody has the bytes here
        return None
