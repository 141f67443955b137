"""`.python-version`: the Python that pyenv and uv use in a folder."""

from __future__ import annotations

import re
from pathlib import Path

from proctor.execution.environments.metadata.needs import Stated

_VERSION = re.compile(r"(?:cpython[-@])?(3(?:\.\d+){1,2})")


def read_version_file(root: Path) -> Stated:
    """The first version in the file; the name of a virtual environment or of another implementation says nothing."""
    try:
        lines = (root / ".python-version").read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):  # without it, the choice is free
        return Stated()
    found = [version[1] for line in lines if (version := _VERSION.fullmatch(line))]
    return Stated(preferred_python=found[0] if found else "")
