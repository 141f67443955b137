"""What a project needs to run and to be tested: the records that every format is read into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

Kind = Literal["runtime", "test", "optional"]

_FOR_TESTS: Final = frozenset({"ci", "dev", "develop", "development", "pytest", "test", "testing", "tests"})
# Programs that people run over the source; no module imports them.
_FOR_TOOLS: Final = frozenset(
    {
        *("bench", "benchmark", "benchmarks", "build", "doc", "docs", "documentation", "format", "formatting"),
        *("lint", "linting", "mypy", "packaging", "publish", "release", "style", "typecheck", "types", "typing"),
    }
)


@dataclass(frozen=True, slots=True)
class Need:
    """A requirement as PEP 508 spells it, where it is stated, and what it is for."""

    requirement: str
    source: str
    kind: Kind = "runtime"

    @property
    def name(self) -> str:
        """The package's name in its normal spelling."""
        return package_name(self.requirement)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A requirement that is not installed: why, and what to do.

    `again` says that another try may go better, `for_python` that another Python may.
    """

    requirement: str
    source: str
    reason: str
    remedy: str = ""
    is_runtime: bool = True
    again: bool = False
    for_python: bool = False

    @property
    def sentence(self) -> str:
        """The same for a note."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.requirement} ({self.source}) is left out: {self.reason}{remedy}"


@dataclass(frozen=True, slots=True)
class PythonBound:
    """Versions of Python that a project allows: any of the alternatives, each a PEP 440 specifier."""

    alternatives: tuple[str, ...]
    source: str

    def allows(self, version: tuple[int, int, int]) -> bool:
        """Whether a Python may be used; an alternative that cannot be read forbids nothing."""
        text = ".".join(map(str, version))
        return any(_contains(specifier, text) for specifier in self.alternatives)


@dataclass(frozen=True, slots=True)
class Stated:
    """What one file states, or all of them together."""

    needs: tuple[Need, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    pins: tuple[str, ...] = ()
    python: tuple[PythonBound, ...] = ()
    preferred_python: str = ""
    name: str = ""
    version: str = ""
    notes: tuple[str, ...] = ()

    def __add__(self, other: Stated) -> Stated:
        return Stated(
            self.needs + other.needs,
            self.left_out + other.left_out,
            self.pins + other.pins,
            self.python + other.python,
            self.preferred_python or other.preferred_python,
            self.name or other.name,
            self.version or other.version,
            self.notes + other.notes,
        )


def kind_of(name: str) -> Kind | None:
    """What a group, an extra or a requirements file is for, by its name; None for tools that nothing imports."""
    parts = set(re.split(r"[-_.]", name.lower()))
    if parts & _FOR_TESTS:
        return "test"
    return None if parts & _FOR_TOOLS else "optional"


def package_name(requirement: str) -> str:
    """The normal spelling of the package that a requirement names."""
    return canonicalize_name(Requirement(requirement).name)


def stated(requirement: str, source: str, kind: Kind) -> Stated:
    """One requirement: a need where it can be had as a wheel, else left out."""
    try:
        parsed = Requirement(requirement)
    except InvalidRequirement as error:
        reason = f"it cannot be read: {str(error).splitlines()[0]}"
        return Stated(left_out=(LeftOut(requirement, source, reason, "mend the line", kind == "runtime"),))
    if parsed.url is not None and not is_wheel_address(parsed.url):
        return not_from_an_index(parsed.name, parsed.url, source, kind)
    return Stated(needs=(Need(str(parsed), source, kind),))


def is_wheel_address(address: str) -> bool:
    """Whether a package is given by the address of a wheel on a server."""
    place = address.partition("#")[0]
    return place.startswith(("https://", "http://")) and place.endswith(".whl")


def not_from_an_index(name: str, place: str, source: str, kind: Kind) -> Stated:
    """A requirement on a folder, a repository or an archive, which only a build could install.

    It is not looked up by its name instead: on an index that name may be somebody else's package.
    """
    reason = f"it comes from {place}, and building it would run its code unconfined"
    remedy = "install it into an environment of the project yourself, or release it as a wheel"
    return Stated(left_out=(LeftOut(name, source, reason, remedy, kind == "runtime"),))


def python_bound(specifier: str, source: str) -> Stated:
    """A bound on Python, or a note where it cannot be read."""
    try:
        return Stated(python=(PythonBound((str(SpecifierSet(specifier)),), source),))
    except InvalidSpecifier:
        return Stated(notes=(f"{source}: {specifier!r} is no version specifier, and is not looked at",))


def _contains(specifier: str, version: str) -> bool:
    return SpecifierSet(specifier).contains(version, prereleases=True)
