"""The declarative part of setuptools: setup.cfg."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Final

from proctor.execution.environments.metadata.needs import Kind, Stated, kind_of, python_bound, stated
from proctor.execution.environments.metadata.requirements import read_requirement_file

_FILE: Final = "setup.cfg"


def read_setup_cfg(root: Path) -> Stated:
    """What setup.cfg states."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(root / _FILE, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        return Stated(notes=(f"{_FILE} cannot be read, so what it requires is not known: {error}",))
    everything = Stated(name=parser.get("metadata", "name", fallback=""), version=_version(parser))
    everything += _requirements(root, parser.get("options", "install_requires", fallback=""), _FILE, "runtime")
    everything += _requirements(root, parser.get("options", "tests_require", fallback=""), _FILE, "test")
    extras = parser["options.extras_require"] if parser.has_section("options.extras_require") else {}
    for extra, text in extras.items():
        if kind := kind_of(extra):
            everything += _requirements(root, text, f"{_FILE}, extra {extra}", kind)
    python = parser.get("options", "python_requires", fallback="")
    return everything + (python_bound(python, _FILE) if python else Stated())


def _version(parser: configparser.ConfigParser) -> str:
    """The version where it is stated; `attr:` and `file:` say where it would have to be computed."""
    version = parser.get("metadata", "version", fallback="")
    return "" if ":" in version else version


def _requirements(root: Path, text: str, source: str, kind: Kind) -> Stated:
    everything = Stated()
    if text.strip().startswith("file:"):
        for name in text.strip().removeprefix("file:").split(","):
            everything += read_requirement_file(root, name.strip(), kind)
        return everything
    for line in text.replace(";\n", "\n").splitlines():
        requirement = line.partition("#")[0].strip()
        everything += stated(requirement, source, kind) if requirement else Stated()
    return everything
