"""Wheels made by hand and an index of files: environments are built by the real uv, without a network."""

import base64
import hashlib
import os
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from proctor.execution.environments.building import Workshop
from proctor.execution.environments.pythons import pythons_here
from proctor.execution.environments.uv import Uv, find_uv

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass
class Wheelhouse:
    """A folder for everything that one test builds, with the variables that keep uv inside of it."""

    folder: Path
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("wheels", "index", "home"):
            (self.folder / name).mkdir(parents=True)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": os.defpath,  # uv asks each Python on it what it is
            "HOME": str(self.folder / "home"),
            **pyenv(),
            "UV_CACHE_DIR": str(self.folder / "uv"),
            "UV_DEFAULT_INDEX": (self.folder / "index").as_uri(),
            "UV_FIND_LINKS": str(self.folder / "wheels"),
        }

    def workshop(self, **variables: str) -> Workshop:
        return Workshop(self.folder / "cache", self.env | variables, self.said.append)

    def add(self, name: str, version: str = "1.0", **options: object) -> Path:
        return make_wheel(self.folder / "wheels", name, version, **options)

    def add_source(self, name: str, version: str) -> None:
        """A package that has a source distribution and no wheel."""
        folder = self.folder / "index" / name
        folder.mkdir()
        (folder / f"{name}-{version}.tar.gz").write_bytes(b"")
        (folder / "index.html").write_text(f'<a href="{name}-{version}.tar.gz">{name}-{version}.tar.gz</a>')


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str = "",
    tag: str = "py3-none-any",
    files: Mapping[str, str] | None = None,
) -> Path:
    """A wheel with one module that says its version."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Requires-Dist: {item}" for item in requires]
    metadata += [f"Requires-Python: {requires_python}"] if requires_python else []
    content = {
        f"{module}.py": f"VERSION = {version!r}\n",
        **(files or {}),
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in content.items())
    wheel = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**content, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def python_or_skip(version: str) -> Path:
    """An interpreter of this machine with that minor version."""
    env = {"PATH": os.defpath, "HOME": str(Path.home()), **pyenv()}
    found = [python for python in pythons_here(Uv(find_uv(), env, print), env) if python.minor == version]
    if not found:
        pytest.skip(f"no Python {version} on this machine")
    return found[0].path


def pyenv() -> dict[str, str]:
    return {"PYENV_ROOT": os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))}


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root
