"""The mapped classes of the target's process as plain data: columns, types, keys, relationships, session options."""

from __future__ import annotations

import inspect
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from .database import mapped_classes
from .describe import Json, describe, path_of

if TYPE_CHECKING:  # the project may do without it
    from sqlalchemy import Column, MetaData
    from sqlalchemy.orm import ColumnProperty, RelationshipProperty

_KINDS: Final = (
    ("Boolean", "builtins:bool"),
    ("Enum", "enum"),
    ("Numeric", "decimal:Decimal"),
    ("Integer", "builtins:int"),
    ("Float", "builtins:float"),
    ("DateTime", "datetime:datetime"),
    ("Date", "datetime:date"),
    ("Time", "datetime:time"),
    ("Interval", "datetime:timedelta"),
    ("Uuid", "uuid:UUID"),
    ("JSON", "json"),
    ("LargeBinary", "builtins:bytes"),
    ("String", "builtins:str"),
)


def model_facts() -> list[Json]:
    """One description a mapped class."""
    return [_facts_of(cls) for cls in mapped_classes() if "<locals>" not in path_of(cls)]


def session_options(root: str) -> dict[str, bool]:
    """The keyword options of the project's own sessionmaker, where they can be written as literals."""
    if "sqlalchemy.orm" not in sys.modules:
        return {}
    from sqlalchemy.orm import sessionmaker

    for module in _project_modules(root):
        for value in vars(module).values():
            if isinstance(value, sessionmaker):
                names = ("autoflush", "expire_on_commit")
                return {k: v for k, v in value.kw.items() if isinstance(v, bool) and k in names}
    return {}


def bases(root: str) -> list[str]:
    """Importable `module:name` of the objects whose metadata holds the tables, in a stable order."""
    wanted: list[MetaData] = []
    for cls in mapped_classes():
        metadata = cls.__mapper__.local_table.metadata
        if not any(metadata is known for known in wanted):
            wanted.append(metadata)
    found = []
    for metadata in wanted:
        path = _base_of(metadata, root)
        if path:
            found.append(path)
    return found


def _base_of(metadata: MetaData, root: str) -> str | None:
    """The base class, or else the collection itself, under the name that its own module gives it."""
    for is_wanted in (_is_base_of, _is_metadata):
        for module in _project_modules(root):
            for name, value in sorted(vars(module).items()):
                if is_wanted(value, metadata) and _is_made_in(module, name, value):
                    return f"{module.__name__}:{name}"
    return None


def _is_base_of(value: object, metadata: MetaData) -> bool:
    is_class = isinstance(value, type) and not hasattr(value, "__mapper__")
    return is_class and getattr(value, "metadata", None) is metadata


def _is_metadata(value: object, metadata: MetaData) -> bool:
    return value is metadata


def _is_made_in(module: ModuleType, name: str, value: object) -> bool:
    """Whether the module defines the name; what a function made says nothing of where, so the source is asked."""
    if getattr(value, "__module__", None) == module.__name__:
        return True
    try:
        source = inspect.getsource(module)
    except (OSError, TypeError):
        return False
    return re.search(rf"^{re.escape(name)}\b[^=\n]*=[^=]", source, re.MULTILINE) is not None


def _project_modules(root: str) -> list[ModuleType]:
    found = []
    for name in sorted(sys.modules):
        module = sys.modules[name]
        file = getattr(module, "__file__", None)
        if file and file.startswith(root) and "site-packages" not in file:
            found.append(module)
    return found


def _facts_of(cls: Any) -> Json:  # noqa: ANN401 - a mapped class
    mapper = cls.__mapper__
    return {
        "path": path_of(cls),
        "table": mapper.local_table.name,
        "columns": [_column_facts(attribute) for attribute in mapper.column_attrs],
        "relationships": [_relationship_facts(item) for item in mapper.relationships],
        "required_arguments": _required_arguments(cls),
    }


def _required_arguments(cls: Any) -> list[str]:  # noqa: ANN401 - a mapped class
    """Names that a model's own constructor insists on; the default one insists on nothing."""
    import inspect

    if "__init__" not in vars(cls) or getattr(cls.__init__, "__module__", "").startswith("sqlalchemy"):
        return []
    try:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def _column_facts(attribute: ColumnProperty[Any]) -> Json:
    column: Any = attribute.columns[0]
    kind, members = _kind_of(column.type)
    default = getattr(column.default, "arg", None)
    foreign = [key.target_fullname for key in column.foreign_keys]
    return {
        "name": attribute.key,
        "column": column.name,
        "kind": kind,
        "members": members,
        "nullable": bool(column.nullable),
        "primary": bool(column.primary_key),
        "unique": bool(column.unique) or _is_uniquely_indexed(column),
        "has_default": column.default is not None or column.server_default is not None,
        "default": describe(default) if default is not None and not callable(default) else None,
        "length": getattr(column.type, "length", None),
        "scale": getattr(column.type, "scale", None),
        "timezone": bool(getattr(column.type, "timezone", False)),
        "foreign": foreign[0] if foreign else None,
    }


def _is_uniquely_indexed(column: Column[Any]) -> bool:
    for index in getattr(column.table, "indexes", ()):
        if index.unique and [c.name for c in index.columns] == [column.name]:
            return True
    return any(
        type(constraint).__name__ == "UniqueConstraint" and [c.name for c in constraint.columns] == [column.name]
        for constraint in getattr(column.table, "constraints", ())
    )


def _kind_of(column_type: object) -> tuple[str, list[str]]:
    implementation = getattr(column_type, "impl", None)
    names = [base.__name__ for base in type(column_type).__mro__]
    if "TypeDecorator" in names and implementation is not None:
        return _kind_of(implementation)
    for name, kind in _KINDS:
        if name in names:
            if name == "Enum":
                return _enum_kind(column_type)
            if name == "Numeric" and not getattr(column_type, "asdecimal", True):
                return "builtins:float", []
            return kind, []
    return "unknown", []


def _enum_kind(column_type: Any) -> tuple[str, list[str]]:  # noqa: ANN401 - SQLAlchemy's Enum, or one derived from it
    enum_class = getattr(column_type, "enum_class", None)
    if enum_class is not None:
        return "enum", [f"{path_of(enum_class)}.{name}" for name in enum_class.__members__]
    return "builtins:str", list(column_type.enums)


def _relationship_facts(relationship: RelationshipProperty[Any]) -> Json:
    local = [column.key for column in relationship.local_columns]
    return {
        "name": relationship.key,
        "target": path_of(relationship.mapper.class_),
        "direction": relationship.direction.name,
        "local": local,
        "uselist": bool(relationship.uselist),
        "back": relationship.back_populates or "",
    }
