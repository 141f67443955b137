"""The records that analysis hands to others: what a module, class or callable says about itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; kind is positional-only, positional, var-positional, keyword-only or var-keyword."""

    name: str
    kind: str
    annotation: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True)
class ExceptionFact:
    """An exception that is raised or caught, as written, and where."""

    exception: str
    line: int


@dataclass(frozen=True, slots=True)
class EnvironmentRead:
    """A variable of the environment that the source asks for by name."""

    name: str
    line: int
    required: bool


@dataclass(frozen=True, slots=True)
class ImportFact:
    """A name bound by an import, and the dotted target behind it; `import a.b` binds only the root `a`."""

    name: str
    target: str
    line: int
    binds_root: bool = False
    is_standard_library: bool = False
    is_for_types_only: bool = False


@dataclass(frozen=True, slots=True)
class ConstantFact:
    """A module level name bound to a literal."""

    name: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class FieldFact:
    """A class level attribute with an annotation or a value."""

    name: str
    annotation: str | None
    default: str | None
    line: int


@dataclass(frozen=True, slots=True)
class CallableFacts:
    """A function or method; functions nested in it count as part of it."""

    name: str
    qualname: str
    line: int
    end_line: int
    is_async: bool = False
    is_generator: bool = False
    is_property: bool = False
    is_static: bool = False
    is_classmethod: bool = False
    decorators: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    returns: str | None = None
    docstring: str | None = None
    statements: int = 0
    branches: int = 0
    complexity: int = 1
    self_calls: tuple[str, ...] = ()
    self_reads: tuple[str, ...] = ()
    self_writes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    raises: tuple[ExceptionFact, ...] = ()
    handlers: tuple[ExceptionFact, ...] = ()
    literals: tuple[str | int | float, ...] = ()
    documented_raises: tuple[str, ...] = ()

    @property
    def is_public(self) -> bool:
        """Whether the name does not start with an underscore."""
        return not self.name.startswith("_")


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class with its own methods and fields; what it inherits is not repeated."""

    name: str
    qualname: str
    line: int
    end_line: int
    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    docstring: str | None = None
    fields: tuple[FieldFact, ...] = ()
    methods: tuple[CallableFacts, ...] = ()

    @property
    def calls_on_self(self) -> dict[str, tuple[str, ...]]:
        """For each method, the methods of the same object that it calls."""
        return {method.name: method.self_calls for method in self.methods}


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """All that one source file says."""

    path: str
    module: str
    lines: int = 0
    statements: int = 0
    docstring: str | None = None
    functions: tuple[CallableFacts, ...] = ()
    classes: tuple[ClassFacts, ...] = ()
    imports: tuple[ImportFact, ...] = ()
    constants: tuple[ConstantFact, ...] = ()
    environment_reads: tuple[EnvironmentRead, ...] = ()

    @property
    def callables(self) -> tuple[CallableFacts, ...]:
        """Functions and methods in source order."""
        methods = [method for each in self.classes for method in each.methods]
        return tuple(sorted([*self.functions, *methods], key=lambda found: found.line))

    def find(self, qualname: str) -> CallableFacts | None:
        """The callable of that qualified name."""
        return next((found for found in self.callables if found.qualname == qualname), None)

    def to_json(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The facts that `to_json` described."""
        return TypeAdapter(cls).validate_python(data)


@dataclass(frozen=True, slots=True)
class UnreadableModule:
    """A file that is no Python source, and where reading stopped."""

    path: str
    line: int
    message: str

    def to_json(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The record that `to_json` described."""
        return cls(**data)
