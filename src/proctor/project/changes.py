"""What is to be written where: one file of the user's repository and what is expected to be there now."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Self

from proctor.errors import ConstraintViolation, ProjectError

_SHA256 = re.compile(r"[0-9a-f]{64}")


def content_hash(content: str | bytes) -> str:
    """The sha256 of a file's bytes, as `Change.replaces` and the manifest spell it."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """A whole file to write; `replaces` is the hash of the bytes it may replace, None where nothing may be yet."""

    path: str
    content: str
    replaces: str | None

    def __post_init__(self) -> None:
        _check_path(self.path)
        if not _is_encodable(self.content):
            raise _malformed(f"the content for {self.path!r} is not text that UTF-8 can hold")
        if self.replaces is not None and not _SHA256.fullmatch(self.replaces):
            raise _malformed(f"the change of {self.path!r} replaces {self.replaces!r}, which is no sha256")

    def to_json(self) -> dict[str, str | None]:
        """The change as a JSON object."""
        return {"path": self.path, "content": self.content, "replaces": self.replaces}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """The change that `to_json` gave; anything else is an error."""
        path, content, replaces = (data.get(name) for name in ("path", "content", "replaces"))
        known = data.keys() == {"path", "content", "replaces"}
        if not (known and isinstance(path, str) and isinstance(content, str) and isinstance(replaces, str | None)):
            raise _malformed(f"a change needs the texts path and content, and replaces; got {sorted(data)}")
        return cls(path, content, replaces)


def _check_path(path: str) -> None:
    if "\0" in path or "\\" in path or not _is_encodable(path):
        raise _bad_path(path)
    parts = PurePosixPath(path)
    # Only the one canonical spelling is let in, so that two changes of one file have equal paths.
    if path in ("", ".") or parts.is_absolute() or ".." in parts.parts or str(parts) != path:
        raise _bad_path(path)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bad_path(path: str) -> ConstraintViolation:
    return ConstraintViolation(
        f"{path!r} is not a path inside the project",
        hint="give it relative to the project's folder, with forward slashes and without '..' or '.'",
        slug="bad-path",
    )


def _malformed(message: str) -> ProjectError:
    return ProjectError(message, hint="this is a fault of what made the change: report it", slug="bad-change")
