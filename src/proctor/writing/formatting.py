"""Formatting and lint by ruff, under the project's own settings where it has some."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ruff.__main__ import find_ruff_bin  # type: ignore[import-untyped]  # ruff ships no types

from proctor.errors import ExecutionError


def formatted(source: str, path: str, root: Path) -> str:
    """The source with sorted, used imports, laid out as the project lays out its own."""
    config = _settings(root)
    given = [*config, "--stdin-filename", path, "-"]
    fixed = _ruff(["check", "--fix-only", "--select", "I,F401,F811", *given], source, root)
    return _ruff(["format", *given], fixed, root)


def _settings(root: Path) -> list[str]:
    """Explicit arguments, so that ruff does not look for settings above the project."""
    for name in ("ruff.toml", ".ruff.toml"):
        if (root / name).is_file():
            return ["--config", str(root / name)]
    pyproject = root / "pyproject.toml"
    if pyproject.is_file() and "[tool.ruff" in pyproject.read_text(encoding="utf-8", errors="replace"):
        return ["--config", str(pyproject)]
    return ["--isolated", "--line-length", "100"]


def _ruff(arguments: list[str], source: str, root: Path) -> str:
    command = [find_ruff_bin(), *arguments[:1], "--no-cache", "--quiet", *arguments[1:]]
    done = subprocess.run(command, input=source, capture_output=True, text=True, cwd=root, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise ExecutionError(
            f"ruff could not format a generated file:\n{done.stderr.strip()[-600:]}",
            hint="report this with the module that it was generated for",
            slug="format-failed",
        )
    return done.stdout
