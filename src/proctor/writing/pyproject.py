"""Adds test dependencies and pytest settings to the text of a pyproject.toml and leaves all else in it as it was.

Text in, text out: reading the file and writing it back belong to the caller.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import tomlkit
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tomlkit import TOMLDocument
from tomlkit.container import OutOfOrderTableProxy
from tomlkit.exceptions import ParseError, TOMLKitError
from tomlkit.items import AbstractTable, Array, Item, Key, Table, Whitespace

from proctor.errors import ProjectError
from proctor.project.pyproject import read_table

_GROUP_NAMES = ("test", "tests", "testing", "dev")
_POETRY_GROUPS = ("tool", "poetry", "group")
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
# TOML allows this character nowhere, so that it marks a place in a document without a doubt.
_MARK = "\0"

_Path: TypeAlias = tuple[str, ...]
_Body: TypeAlias = list[tuple[Key | None, Item]]


def with_test_requirements(text: str | None, requirements: Sequence[str]) -> str:
    """The text with the requirements it lacks, in the group for tests that it has, or in a new one; None is no file."""
    source = text or ""
    data = _parse(source)
    missing = _missing(data, requirements)
    if not missing:
        return source
    group = _find_group(data)
    if group is None:
        return _with_new_group(source, data, missing)
    if group[: len(_POETRY_GROUPS)] == _POETRY_GROUPS:
        return _with_entries(source, (*group, "dependencies"), _poetry_entries(missing))
    return _with_entries(source, group[:-1], {group[-1]: missing})


def with_pytest_settings(text: str | None, import_roots: Sequence[str], tests_dir: str) -> str:
    """The text with pytest's `testpaths` and `pythonpath`; an existing section gets at most `pythonpath`."""
    source = text or ""
    data = _parse(source)
    section = _pytest_section(data)
    imports = {"pythonpath": list(import_roots)} if import_roots else {}
    if section is None:
        return _with_entries(source, ("tool", "pytest", "ini_options"), {"testpaths": [tests_dir], **imports})
    if not imports or "pythonpath" in _read(data, section):
        return source
    return _with_entries(source, section, imports)


def _pytest_section(data: Mapping[str, Any]) -> _Path | None:
    if "pytest" not in _read(data, ("tool",)):
        return None
    # Since pytest 9 the settings may stand in [tool.pytest] itself.
    inner = "ini_options" in _read(data, ("tool", "pytest"))
    return ("tool", "pytest", "ini_options") if inner else ("tool", "pytest")


def _missing(data: Mapping[str, Any], requirements: Iterable[str]) -> list[str]:
    seen = set(_known_names(data))
    found = []
    for requirement in requirements:
        name = canonicalize_name(Requirement(requirement).name)
        if name not in seen:
            seen.add(name)
            found.append(requirement)
    return found


def _known_names(data: Mapping[str, Any]) -> Iterator[str]:
    for entry in _known_requirements(data):
        if isinstance(entry, str) and (match := _NAME.match(entry)):
            yield canonicalize_name(match[1])


def _known_requirements(data: Mapping[str, Any]) -> Iterator[object]:
    project = _read(data, ("project",))
    yield project.get("name")  # a project does not depend on itself
    yield from _entries(project.get("dependencies"))
    for groups in (
        _read(data, ("project", "optional-dependencies")),
        _read(data, ("dependency-groups",)),
        _read(data, ("tool", "pdm", "dev-dependencies")),
    ):
        for group in groups.values():
            yield from _entries(group)
    yield from _entries(_read(data, ("tool", "uv")).get("dev-dependencies"))
    yield from _poetry_names(data)
    for environment in _read(data, ("tool", "hatch", "envs")).values():
        yield from _entries(_member(environment, "dependencies"))
        yield from _entries(_member(environment, "extra-dependencies"))


def _poetry_names(data: Mapping[str, Any]) -> Iterator[object]:
    poetry = _read(data, ("tool", "poetry"))
    yield poetry.get("name")
    yield from _entries(poetry.get("dependencies"))
    yield from _entries(poetry.get("dev-dependencies"))
    for group in _read(data, _POETRY_GROUPS).values():
        yield from _entries(_member(group, "dependencies"))


def _entries(group: object) -> Iterable[object]:
    return group if isinstance(group, list | dict) else ()


def _member(table: object, name: str) -> object:
    return table.get(name) if isinstance(table, dict) else None


def _find_group(data: Mapping[str, Any]) -> _Path | None:
    for parent in (("dependency-groups",), ("project", "optional-dependencies"), _POETRY_GROUPS):
        spellings: dict[str, str] = {canonicalize_name(name): name for name in _read(data, parent)}
        for name in _GROUP_NAMES:
            if name in spellings:
                return (*parent, spellings[name])
    return None


def _with_new_group(source: str, data: Mapping[str, Any], missing: list[str]) -> str:
    if "project" not in data and "poetry" in _read(data, ("tool",)):
        return _with_entries(source, (*_POETRY_GROUPS, "test", "dependencies"), _poetry_entries(missing))
    # What a build backend fills in may not stand in the file as well.
    static = "project" in data and "optional-dependencies" not in _entries(_read(data, ("project",)).get("dynamic"))
    place: _Path = ("project", "optional-dependencies") if static else ("dependency-groups",)
    return _with_entries(source, place, {"test": missing})


def _poetry_entries(requirements: Iterable[str]) -> dict[str, object]:
    parsed = [Requirement(requirement) for requirement in requirements]
    return {requirement.name: _poetry_value(requirement) for requirement in parsed}


def _poetry_value(requirement: Requirement) -> object:
    version = str(requirement.specifier) or "*"
    source = {"url": requirement.url} if requirement.url else {"version": version}
    extras = {"extras": sorted(requirement.extras)} if requirement.extras else {}
    markers = {"markers": str(requirement.marker)} if requirement.marker else {}
    if requirement.url or extras or markers:
        return {**source, **extras, **markers}
    return version


def _with_entries(source: str, path: _Path, entries: Mapping[str, object]) -> str:
    """The text with the entries in the table at the path; a list that is there is extended."""
    ends_in_crlf = "\r\n" in source and source.count("\r\n") == source.count("\n")
    text = source.replace("\r\n", "\n") if ends_in_crlf else source
    document = _read_document(text if text.endswith("\n") or not text else f"{text}\n")
    table = _find_table(document, path)
    edited = _with_new_table(document, path, entries) if table is None else _fill(document, table, path, entries)
    # The file is the user's: what the edit gave is read again rather than trusted.
    if not _is_kept(_parse(text), _parse_edited(edited, path)):
        raise _cannot_extend(path, "the edit would have changed something else")
    return edited.replace("\n", "\r\n") if ends_in_crlf else edited


def _find_table(document: TOMLDocument, path: _Path) -> Any:  # noqa: ANN401 - a table, or a proxy of its scattered parts
    current: Any = document
    for depth, name in enumerate(path, 1):
        if name not in current:
            return None
        current = current[name]
        if not isinstance(current, AbstractTable | OutOfOrderTableProxy):
            raise _cannot_extend(path[:depth], "it is not a table")
    return current


def _fill(document: TOMLDocument, table: Any, path: _Path, entries: Mapping[str, object]) -> str:  # noqa: ANN401 - see above
    for key, value in entries.items():
        if key not in table:
            _add_key(table, key, value)
        elif isinstance(value, list) and isinstance(table[key], Array):
            _extend(table[key], value)
        else:
            raise _cannot_extend((*path, key), "it is not a list")
    return document.as_string()


def _extend(array: Array, values: Iterable[object]) -> None:
    for value in values:
        array.append(value)  # one by one: tomlkit's `extend` does not keep the indentation


def _add_key(table: Any, key: str, value: object) -> None:  # noqa: ANN401 - see above
    if not isinstance(table, Table):
        table[key] = _item(value)
        return
    body = table.value.body
    end = _end_of_content(body)
    tail = body[end:]
    del body[end:]
    table.append(key, _item(value))
    body.extend(tail)


def _end_of_content(body: _Body) -> int:
    """Where a body may grow: comments after its last entry are about what follows, unless a blank line follows."""
    end = len(body)
    while end and body[end - 1][0] is None:
        end -= 1
    tail = body[end:]
    blank = (index for index, (_, item) in enumerate(tail, end) if isinstance(item, Whitespace) and "\n" in item.s)
    return next(blank, end)


def _with_new_table(document: TOMLDocument, path: _Path, entries: Mapping[str, object]) -> str:
    before, after = _split_after(document, path[0] if path[0] == "project" else None)
    start = before if before.endswith("\n") or not before else f"{before}\n"
    gap = "\n" if start and not start.endswith("\n\n") else ""
    rest = f"\n{after}" if after and not after.startswith("\n") else after
    body = "".join(f"{tomlkit.key(key).as_string()} = {_item(value).as_string()}\n" for key, value in entries.items())
    return f"{start}{gap}[{tomlkit.key(path).as_string()}]\n{body}{rest}"


def _split_after(document: TOMLDocument, name: str | None) -> tuple[str, str]:
    """The text up to the end of the top-level table, and the rest; all of it where there is no such table."""
    named = [item for key, item in document.body if key is not None and key.key == name and not key.is_dotted()]
    tables = [item for item in named if isinstance(item, Table)]
    if not tables:
        return document.as_string(), ""
    body = _last_body(tables[-1])
    body.insert(_end_of_content(body), (None, Whitespace(_MARK)))
    before, _, after = document.as_string().partition(_MARK)
    return (before, after) if _has_content(after) else (before + after, "")


def _has_content(text: str) -> bool:
    return any(line.strip() and not line.strip().startswith("#") for line in text.splitlines())


def _last_body(table: Table) -> _Body:
    last = table.value.body[-1][1] if table.value.body else None
    return _last_body(last) if isinstance(last, Table) else table.value.body


def _item(value: object) -> Item:
    """A list with a line for each entry, if it has more than one; the rest as tomlkit writes it."""
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    item = tomlkit.item(value)
    return item.multiline(len(item) > 1) if isinstance(item, Array) else item


def _read(data: Mapping[str, Any], path: _Path) -> dict[str, Any]:
    return read_table(data, *path) or {}


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number or a nesting that Python refuses to read
        raise _malformed(_line_of(str(error), text), str(error)) from error


def _line_of(message: str, text: str) -> int:
    """The line that tomllib names; it says "end of document" for the last one."""
    named = re.search(r"at line (\d+)", message)
    return int(named[1]) if named else max(1, len(text.splitlines()))


def _malformed(line: int, message: str) -> ProjectError:
    return ProjectError(
        f"pyproject.toml, line {line}: this is not valid TOML: {message}",
        hint="mend that line and run again; the file was left as it is",
        slug="bad-pyproject",
    )


def _read_document(text: str) -> TOMLDocument:
    try:
        return tomlkit.parse(text)
    except ParseError as error:
        raise _malformed(error.line, str(error)) from error
    except TOMLKitError as error:
        raise _cannot_extend((), str(error)) from error


def _parse_edited(text: str, path: _Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise _cannot_extend(path, f"what it stands in is closed ({error})") from error


def _is_kept(old: object, new: object) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and _is_kept(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) <= len(new) and all(map(_is_kept, old, new))
    return repr(old) == repr(new)  # by their text, because nan is not equal to itself


def _cannot_extend(path: _Path, reason: str) -> ProjectError:
    place = f": {'.'.join(path)}" if path else ""
    return ProjectError(
        f"pyproject.toml{place} cannot be extended: {reason}",
        hint="write it as a table of its own, or add the entries by hand; the file was left as it is",
        slug="bad-pyproject",
    )
