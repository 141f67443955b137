"""What the user set: `[tool.proctor]` in pyproject.toml, and the optional workflow.json in the state folder."""

import difflib
import json
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from proctor.errors import ProjectError, SettingsError
from proctor.project.globs import matcher
from proctor.project.pyproject import read_pyproject
from proctor.project.replica import BULK_MB

Effort = Literal["low", "balanced", "high", "ultracode"]


def _inside_project(path: str) -> str:
    parts = PurePosixPath(path)
    if path in ("", ".") or "\\" in path or "\0" in path or parts.is_absolute() or ".." in parts.parts:
        raise ValueError("a folder inside the project is needed, such as 'tests'")
    return str(parts)


def _patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    try:
        matcher(patterns)
    except ProjectError as error:
        raise ValueError(error.message) from error
    return patterns


Folder = Annotated[str, AfterValidator(_inside_project)]
# TOML has lists where the record has a tuple.
Patterns = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_patterns)]
Percentage = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class Settings(BaseModel):
    """The table `[tool.proctor]`; every key has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    state_dir: Folder = ".proctor"
    effort: Effort = "balanced"
    jobs: int = Field(default=2, ge=1)
    seed: int = 0
    min_coverage: Percentage = 85.0
    tests_dir: Folder = "tests"
    import_seconds: float = Field(default=20.0, gt=0, allow_inf_nan=False)
    python: str | None = None
    build_environment: bool = True
    sandbox: Literal["auto", "require", "off"] | None = None
    """None is `require` in a CI job, and `auto` elsewhere."""
    allow_sockets: Literal["none", "unix", "loopback"] = "none"
    ignore: Patterns = ()
    bulk_mb: int = Field(default=BULK_MB, ge=0)


class WorkflowDefaults(BaseModel):
    """What workflow.json says where the command line says nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    prompt: str | None = None
    effort: Effort | None = None
    paths: tuple[str, ...] = ()
    min_coverage: Percentage | None = None
    constraints: tuple[str, ...] = ()


Model = TypeVar("Model", bound=BaseModel)


def read_settings(root: Path) -> Settings:
    """The project's settings; a key that does not exist or a value that cannot be is an error."""
    tool = read_pyproject(root).get("tool", {})
    table = tool.get("proctor", {}) if isinstance(tool, dict) else tool
    return _parse(Settings, table, root / "pyproject.toml", "tool.proctor")


def read_workflow_settings(root: Path, state_dir: str) -> WorkflowDefaults | None:
    """What the project's workflow.json says, None where there is none."""
    path = root / state_dir / "workflow.json"
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return _parse(WorkflowDefaults, _with_tuples(_parse_json(text, path)), path, "")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}", hint="make it a UTF-8 text that you may read", slug="settings-unreadable"
        ) from error


def _parse_json(text: str, path: Path) -> Any:  # noqa: ANN401 - whatever the user wrote; the model checks it
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _bad_json(f"{path}, line {error.lineno} column {error.colno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # a number or a nesting that Python refuses to read
        raise _bad_json(f"{path}, line 1 column 1: {error}") from error


def _bad_json(message: str) -> SettingsError:
    return SettingsError(message, hint="mend the JSON there, or remove the file", slug="settings-bad-json")


def _with_tuples(data: object) -> object:
    """Lists as tuples: a strict model takes JSON's lists for a tuple only in pydantic's own JSON parser."""
    if not isinstance(data, dict):
        return data
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


def _parse(model: type[Model], data: object, path: Path, table: str) -> Model:
    if not isinstance(data, dict):
        what = f"`{table}`" if table else "the file"
        raise SettingsError(
            f"{path}: {what} holds {type(data).__name__}, not keys with values",
            hint=f"give any of: {', '.join(model.model_fields)}",
            slug="settings-bad-value",
        )
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _explain(model, error, path, table) from error


def _explain(model: type[Model], error: ValidationError, path: Path, table: str) -> SettingsError:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    place = f"{path}: `{table}.{key}`" if table else f"{path}: `{key}`"
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, model.model_fields, n=1)
        meant = f"did you mean `{near[0]}`? " if near else ""
        return SettingsError(
            f"{place} is not a setting",
            hint=f"{meant}The settings are: {', '.join(model.model_fields)}",
            slug="settings-unknown-key",
        )
    return SettingsError(
        f"{place} is {first['input']!r}", hint=first["msg"].removeprefix("Value error, "), slug="settings-bad-value"
    )
