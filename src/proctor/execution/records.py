"""What a loaded target says of itself and what a scenario's run looked like: the records that a child hands over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proctor.execution.expressions import Expression, Json, Literal, expression_from_json


@dataclass(frozen=True, slots=True)
class TypeReport:
    """A resolved annotation. `kind` is atom, class, union, none, literal, unknown, callable or a container's name."""

    kind: str
    name: str = ""
    of: tuple[TypeReport, ...] = ()
    values: tuple[Expression, ...] = ()
    limits: Mapping[str, int | float | str] = field(default_factory=dict)
    variadic: bool = False

    @classmethod
    def from_json(cls, data: Json) -> TypeReport:
        """Parse what the probe described."""
        kind = data["k"]
        limits = data.get("limits", {})
        if kind == "literal":
            return cls(kind, values=tuple(expression_from_json(value) for value in data["of"]))
        if kind == "callable":
            return cls(kind, of=(cls.from_json(data["returns"]),))
        inner = tuple(cls.from_json(item) for item in data.get("of", ()))
        return cls(kind, data.get("n", ""), inner, limits=limits, variadic=bool(data.get("variadic")))

    @property
    def allows_none(self) -> bool:
        """Whether the annotation admits None."""
        return self.kind == "none" or any(part.allows_none for part in self.of if self.kind == "union")

    @property
    def alternatives(self) -> tuple[TypeReport, ...]:
        """The members of a union without None, or the type itself."""
        if self.kind != "union":
            return (self,)
        return tuple(part for part in self.of if part.kind != "none")


@dataclass(frozen=True, slots=True)
class ParameterReport:
    """A parameter: its kind is positional, either, keyword, args or kwargs."""

    name: str
    kind: str
    type: TypeReport
    has_default: bool
    default: Expression | None

    @classmethod
    def from_json(cls, data: Json) -> ParameterReport:
        """Parse what the probe described."""
        default = expression_from_json(data["default"]) if data["default"] else None
        return cls(data["name"], data["kind"], TypeReport.from_json(data["type"]), data["has_default"], default)


@dataclass(frozen=True, slots=True)
class CallableReport:
    """A public function or method; `kind` is function, method, static, class, property or constructor."""

    name: str
    qualname: str
    owner: str | None
    kind: str
    parameters: tuple[ParameterReport, ...]
    returns: TypeReport
    is_async: bool
    is_generator: bool
    is_async_generator: bool
    is_context_manager: bool
    line: int

    @classmethod
    def from_json(cls, data: Json) -> CallableReport:
        """Parse what the probe described."""
        plain = {k: v for k, v in data.items() if k not in ("parameters", "returns")}
        parameters = tuple(ParameterReport.from_json(item) for item in data["parameters"])
        return cls(parameters=parameters, returns=TypeReport.from_json(data["returns"]), **plain)


@dataclass(frozen=True, slots=True)
class ClassReport:
    """A class that annotations name, and how it is built."""

    path: str
    kind: str
    bases: tuple[str, ...]
    abstract: tuple[str, ...]
    members: tuple[str, ...]
    parameters: tuple[ParameterReport, ...]
    local: bool
    attributes: tuple[str, ...] = ()
    methods: Mapping[str, TypeReport] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Json) -> ClassReport:
        """Parse what the probe described."""
        return cls(
            data["path"],
            data["kind"],
            tuple(data.get("bases", ())),
            tuple(data.get("abstract", ())),
            tuple(data.get("members", ())),
            tuple(ParameterReport.from_json(item) for item in data["parameters"]),
            bool(data.get("local")),
            tuple(data.get("attributes", ())),
            {name: TypeReport.from_json(returns) for name, returns in data.get("methods", {}).items()},
        )


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """A column attribute of a mapped class; `foreign` is `table.column` of the key it refers to."""

    name: str
    column: str
    kind: str
    members: tuple[str, ...]
    nullable: bool
    primary: bool
    unique: bool
    has_default: bool
    default: Expression | None
    length: int | None
    scale: int | None
    timezone: bool
    foreign: str | None

    @classmethod
    def from_json(cls, data: Json) -> ColumnReport:
        """Parse what the probe described."""
        plain = {k: v for k, v in data.items() if k not in ("members", "default")}
        default = expression_from_json(data["default"]) if data["default"] else None
        return cls(members=tuple(data["members"]), default=default, **plain)


@dataclass(frozen=True, slots=True)
class RelationshipReport:
    """A relationship of a mapped class; `direction` is MANYTOONE, ONETOMANY or MANYTOMANY."""

    name: str
    target: str
    direction: str
    local: tuple[str, ...]
    uselist: bool
    back: str

    @classmethod
    def from_json(cls, data: Json) -> RelationshipReport:
        """Parse what the probe described."""
        return cls(**{**data, "local": tuple(data["local"])})


@dataclass(frozen=True, slots=True)
class ModelReport:
    """A mapped class."""

    path: str
    table: str
    columns: tuple[ColumnReport, ...]
    relationships: tuple[RelationshipReport, ...]
    required_arguments: tuple[str, ...]

    @classmethod
    def from_json(cls, data: Json) -> ModelReport:
        """Parse what the probe described."""
        return cls(
            data["path"],
            data["table"],
            tuple(ColumnReport.from_json(item) for item in data["columns"]),
            tuple(RelationshipReport.from_json(item) for item in data["relationships"]),
            tuple(data["required_arguments"]),
        )

    def column(self, name: str) -> ColumnReport | None:
        """The column attribute of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class SiteReport:
    """A place of the instrumented source that the recorder hears about."""

    module: str
    id: int
    kind: str
    line: int
    end_line: int
    text: str
    function: str
    detail: str
    decision: int | None
    in_try_handlers: tuple[str, ...]


DECISIONS = frozenset({"if", "while", "ternary", "comprehension", "guard"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a module could not be imported, or a database not be made."""

    module: str
    type: str
    message: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class TargetReport:
    """All that a loaded target says of itself."""

    module: str
    callables: tuple[CallableReport, ...]
    classes: Mapping[str, ClassReport]
    models: Mapping[str, ModelReport]
    sites: Mapping[int, SiteReport]
    exceptions: Mapping[str, Expression]
    session_options: Mapping[str, bool]
    bases: tuple[str, ...]
    problems: tuple[Problem, ...]
    database_problem: Problem | None

    @classmethod
    def from_json(cls, module: str, data: Json) -> TargetReport:
        """Parse the probe's answer to `load`."""
        report = next((item for item in data["reports"] if item["module"] == module), None)
        table = data["tables"].get(module, {"sites": []})
        broken = data["database_problem"]
        return cls(
            module,
            tuple(CallableReport.from_json(item) for item in (report or {"callables": ()})["callables"]),
            {path: ClassReport.from_json(item) for path, item in (report or {"classes": {}})["classes"].items()},
            {item["path"]: ModelReport.from_json(item) for item in data["models"]},
            {site["id"]: _site(module, site) for site in table["sites"]},
            {text: expression_from_json(made) for text, made in data["exceptions"].items()},
            data["session_options"],
            tuple(data["bases"]),
            tuple(Problem(**item) for item in data["problems"]),
            Problem(module, broken["type"], broken["message"]) if broken else None,
        )


def _site(module: str, data: Json) -> SiteReport:
    names = ("id", "kind", "line", "end_line", "text", "function", "detail", "decision")
    plain = {name: data[name] for name in names}
    return SiteReport(module, in_try_handlers=tuple(data["in_try_handlers"]), **plain)


@dataclass(frozen=True, slots=True)
class Note:
    """Operands that were seen at a site."""

    site: int
    kind: str
    op: str
    operands: tuple[Expression, ...]
    result: bool | None


@dataclass(frozen=True, slots=True)
class Filter:
    """A column that a statement was filtered by, with the value it was given."""

    table: str
    column: str
    op: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception that ended a scenario. `origin`: explicit, implicit, library or outside."""

    type: str
    bases: tuple[str, ...]
    message: str
    origin: str
    file: str
    line: int
    function: str
    frames: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def from_json(cls, data: Json) -> Raised:
        """Parse what the probe described."""
        return cls(
            data["type"],
            tuple(data["bases"]),
            data["message"],
            data["origin"],
            data["file"],
            data["line"],
            data["function"],
            tuple(data["frames"]),
        )


Rows = Mapping[str, Mapping[str, Mapping[str, Expression]]]


@dataclass(frozen=True, slots=True)
class Observation:
    """What one run of a scenario looked like.

    `outcome`: returned, raised, denied, timeout, lost, unbuildable, or what it gave is unconsumed,
    unsuitable or endless, or its mutant unmutable.
    """

    outcome: str
    covered: frozenset[tuple[int, str]] = frozenset()
    result: Expression | None = None
    raised: Raised | None = None
    notes: tuple[Note, ...] = ()
    filters: tuple[Filter, ...] = ()
    rows_before: Rows | None = None
    rows_pending: Rows | None = None
    rows_after: Rows | None = None
    committed: bool = False
    objects: Mapping[str, Expression] = field(default_factory=dict)
    writes: tuple[Mapping[str, Any], ...] = ()
    session_log: tuple[Mapping[str, Any], ...] = ()
    site: Mapping[str, Any] | None = None
    shapes: Mapping[str, Any] = field(default_factory=dict)
    replaced_calls: Mapping[str, Any] = field(default_factory=dict)
    stdout: str = ""
    reason: str = ""
    views: Mapping[str, tuple[tuple[str, Expression], ...]] = field(default_factory=dict)
    arguments: Mapping[str, Expression] = field(default_factory=dict)
    warnings: tuple[tuple[str, str], ...] = ()
    traits: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[Mapping[str, Any], ...] = ()
    lines: frozenset[int] = frozenset()
    result_type: str | None = None

    @classmethod
    def from_json(cls, data: Json) -> Observation:
        """Parse one line of the probe's answer to `run`."""
        raised = data.get("exception") or data.get("error")
        views = data.get("views", {}).items()
        return cls(
            data["outcome"],
            frozenset((site, outcome) for site, outcome in data.get("covered", ())),
            expression_from_json(data["result"]) if "result" in data else None,
            Raised.from_json(raised) if raised else None,
            tuple(_note(item) for item in data.get("notes", ())),
            tuple(_filter(item) for item in data.get("trace", ())),
            _rows(data.get("rows_before")),
            _rows(data.get("rows_pending")),
            _rows(data.get("rows_after")),
            bool(data.get("committed")),
            {name: expression_from_json(value) for name, value in data.get("objects", {}).items()},
            tuple(data.get("writes", ())),
            tuple(data.get("session_log", ())),
            data.get("site"),
            data.get("shapes", {}),
            data.get("replaced_calls", {}),
            data.get("stdout", ""),
            data.get("reason", ""),
            {name: tuple((form, expression_from_json(v)) for form, v in found) for name, found in views},
            {name: expression_from_json(value) for name, value in data.get("arguments", {}).items()},
            tuple((category, text) for category, text in data.get("warnings", ())),
            tuple(data.get("traits", ())),
            data.get("states", {}),
            tuple(data.get("asked", ())),
            frozenset(data.get("lines", ())),
            data.get("result_type"),
        )

    @property
    def ended(self) -> bool:
        """Whether the target was called and came to an end of its own."""
        return self.outcome in ("returned", "raised")

    def ending(self) -> tuple[str, str]:
        """How it ended, as far as two runs can be asked to agree: the kind of end and the exception's type."""
        return self.outcome, self.raised.type if self.raised else ""


def _note(data: Json) -> Note:
    operands = tuple(expression_from_json(item) for item in data["operands"])
    return Note(data["site"], data["kind"], data["op"], operands, data["result"])


def _filter(data: Json) -> Filter:
    return Filter(data["table"], data["column"], data["op"], expression_from_json(data["value"]))


def _rows(data: Json | None) -> Rows | None:
    if data is None:
        return None
    return {
        model: {key: {name: expression_from_json(v) for name, v in row.items()} for key, row in rows.items()}
        for model, rows in data.items()
    }


def text_of(expression: Expression | None) -> str | None:
    """The text of a literal string expression, or None."""
    return expression.value if isinstance(expression, Literal) and isinstance(expression.value, str) else None
