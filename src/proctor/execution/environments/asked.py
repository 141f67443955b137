"""Reads what `--python` names: an interpreter, the folder of an environment, a name on the path, or a version."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from proctor.execution.environments.finders.candidate import python_of

_VERSION: Final = re.compile(r"\d+(?:\.\d+){1,2}")


def asked_version(python: str | None) -> str | None:
    """The version, where one is named, such as 3.12 or 3.12.1."""
    return python if python is not None and _VERSION.fullmatch(python) else None


def asked_interpreter(python: str, env: Mapping[str, str]) -> Path:
    """The interpreter that a path, a folder or a name stands for, whether or not it is there."""
    place = Path(python).expanduser()
    if place.is_dir():
        return python_of(place)
    if os.sep not in python:
        return Path(shutil.which(python, path=env.get("PATH", os.defpath)) or python)
    return place.absolute()  # not resolved: behind the link of a virtual environment is the Python without it
