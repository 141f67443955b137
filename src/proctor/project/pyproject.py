"""Reads the project's pyproject.toml; who edits it keeps its comments and goes through the writer."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proctor.errors import SettingsError


def read_pyproject(root: Path) -> dict[str, Any]:
    """The parsed pyproject.toml, empty where there is none."""
    path = root / "pyproject.toml"
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}",
            hint="make it a file that you may read",
            slug="settings-unreadable",
        ) from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"{path} is not valid TOML: {error}", hint="mend the line that is named", slug="settings-bad-toml"
        ) from error


def read_table(data: Mapping[str, Any], *names: str) -> dict[str, Any] | None:
    """The table under the names, None where there is none or something else stands in its place."""
    current: object = data
    for name in names:
        current = current.get(name) if isinstance(current, Mapping) else None
    return dict(current) if isinstance(current, Mapping) else None
