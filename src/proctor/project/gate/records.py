"""What the gate judges, what it knows of this machine, and what it has to say."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Inherited by children or plain facts of a login; their values stand in any file.
_ORDINARY = frozenset(
    {"COLORTERM", "COLUMNS", "EDITOR", "HOME", "HOSTTYPE", "LANG", "LANGUAGE", "LINES", "LOGNAME", "OLDPWD", "OSTYPE"}
    | {"PAGER", "PATH", "PWD", "SHELL", "TERM", "TZ", "USER", "VISUAL"}
)
_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSW|CREDENTIAL|COOKIE|APIKEY|(^|_)(KEY|AUTH|DSN|PASS|PWD)S?(_|$)")
_WITH_PASSWORD = re.compile(r"[a-z][\w+.-]*://[^\s/:@]*:[^\s/@]+@")
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Violation:
    """A line of a file that may not be written, and why."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Use:
    """A name as its imports tell it; a name whose owner is not known begins with a question mark."""

    name: str
    line: int
    is_call: bool
    is_replaced: bool
    """Whether it is only named there, for a mock that replaces or imitates it."""
    takes_literal: bool
    """Whether it is called with a text that stands there as such."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of this machine and must not be found in a file: folders, the home, values of the environment."""

    places: tuple[str, ...] = ()
    home: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """The name of the variable by its value."""

    @classmethod
    def of_run(cls, places: tuple[str, ...], environment: Mapping[str, str]) -> "Surroundings":
        """Those of a run: its own folders, and the environment that it was started with."""
        values = {value: name for name, value in environment.items() if _is_telling(name, value)}
        return cls(places, environment.get("HOME", "").rstrip("/"), values)


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in a Python file stand for; read once, as every rule asks for it."""

    nodes: tuple[ast.AST, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    """The full name behind each name that an import binds."""
    imports: tuple[tuple[str, int], ...] = ()
    """Every imported module or name with its line; `from x import *` gives `x.*`."""
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text on its way to a file, with the names in it where it is Python."""

    path: str
    text: str
    surroundings: Surroundings
    names: Names = field(default_factory=Names)

    def violation(self, line: int, rule: str, message: str) -> Violation:
        """Something that may not be in this text."""
        return Violation(self.path, line, rule, message)

    def line_at(self, offset: int) -> int:
        """The number of the line that the character belongs to."""
        return self.text.count("\n", 0, offset) + 1


def _is_telling(name: str, value: str) -> bool:
    """Whether a value would give something away: it is secret by its name or form, or at least no ordinary word."""
    upper = name.upper()
    if len(value) < _SHORTEST or upper in _ORDINARY or upper.startswith("LC_"):
        return False
    if _WITH_PASSWORD.search(value):
        return True
    if value.isalpha() and value.islower():
        return False  # `production`, `postgres`, `password`: it would be found in every other project
    if _SECRET_NAME.search(upper):
        return True
    # A folder is for the rules on places; what mixes letters and digits is a name, a number or a key of this machine.
    is_mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
    return is_mixed and not value.startswith("/") and "\n" not in value
