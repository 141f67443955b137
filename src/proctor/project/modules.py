"""Which Python modules a project has, by what names they are imported, and from where."""

import keyword
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from proctor.errors import ProjectError
from proctor.project.globs import matcher
from proctor.project.pyproject import read_pyproject, read_table
from proctor.project.walk import walk_project

_TEST_FOLDERS = frozenset({"tests", "test"})
_TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py")
# Importing one of these starts a program: an installation, a session, the package's command line.
_PROGRAMS = frozenset({"setup.py", "noxfile.py", "__main__.py"})
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([\w.]+)", re.MULTILINE)
_SOMETHING = re.compile(r"^[ \t]*[^\s#]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PythonModule:
    """A Python file of the project and the name it is imported by."""

    path: str
    module: str


def find_modules(root: Path, under: Sequence[str] = ()) -> tuple[PythonModule, ...]:
    """The importable source modules under the files, folders or patterns; of the whole project when none is given."""
    _check_root(root)
    files = _source_files(root)
    roots = import_roots(root)
    asked = [_below(root, item, files) for item in under] or [files]
    if not files:
        raise _no_python_files(f"{root} has no Python file to write tests for")
    modules = (_name(path, roots, root) for path in sorted(set().union(*asked)))
    found = tuple(module for module in modules if module is not None)
    if not found:
        raise _no_python_files(f"{', '.join(under) or root} in {root} has no Python file that can be imported by name")
    return found


def import_roots(root: Path) -> tuple[str, ...]:
    """The folders, relative to the project's, that its modules are imported from."""
    src = ["src"] if (root / "src").is_dir() and not (root / "src" / "__init__.py").exists() else []
    stated = [".", *src, *_stated_by_pytest(root)]
    return tuple(dict.fromkeys([*stated, *_parents_of_packages(root, stated)]))


def _check_root(root: Path) -> None:
    if not os.path.exists(root):
        raise ProjectError(f"{root} does not exist", hint="check the path", slug="path-missing")
    if not os.path.isdir(root):
        raise ProjectError(
            f"{root} is not a folder", hint="give the folder that holds the project", slug="not-a-directory"
        )


def _source_files(root: Path) -> frozenset[str]:
    return frozenset(path for path in _python_files(root) if _is_source(root, path))


def _python_files(root: Path) -> Iterator[str]:
    # A link would be the same module under a second name.
    for found in walk_project(str(root), state_dir=""):
        if found.path.endswith(".py") and found.entry.is_file(follow_symlinks=False) and not _is_hidden(found.path):
            yield found.path


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(path).parts)


def _is_source(root: Path, path: str) -> bool:
    *folders, name = PurePosixPath(path).parts
    if _TEST_FOLDERS.intersection(folders) or _TEST_FILE.fullmatch(name) or name in _PROGRAMS:
        return False
    if folders and folders[0] in ("build", "dist") and not (root / folders[0] / "__init__.py").exists():
        return False  # what a build left, not a package of that name
    return name != "__init__.py" or _SOMETHING.search(_text(root / path)) is not None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _below(root: Path, item: str, files: frozenset[str]) -> frozenset[str]:
    """The source files that one thing asked for stands for."""
    if os.path.exists(root / item):
        place = _relative(root, item)
        found = frozenset(path for path in files if path == place or _is_in(path, place))
    else:
        covers = _pattern(root, item)
        found = frozenset(path for path in files if covers(path))
    if not found:
        raise _no_python_files(f"{item} in {root} has no Python file to write tests for")
    return found


def _pattern(root: Path, item: str) -> Callable[[str], bool]:
    pattern = item.removeprefix("./")
    if pattern.startswith("/") or ".." in PurePosixPath(pattern).parts:
        raise _outside(root, item)
    if any(mark in pattern for mark in "*?["):
        return matcher([pattern])
    raise ProjectError(
        f"{item} does not exist in {root}",
        hint="give a file, a folder or a pattern relative to the project's folder",
        slug="path-missing",
    )


def _relative(root: Path, item: str) -> str:
    try:
        return (root / item).resolve().relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise _outside(root, item) from error


def _outside(root: Path, item: str) -> ProjectError:
    return ProjectError(
        f"{item} is outside of {root}",
        hint="give a path inside the project, or the other folder as the project",
        slug="path-outside-project",
    )


def _no_python_files(message: str) -> ProjectError:
    return ProjectError(
        message,
        hint="not counted: tests, empty __init__.py files, hidden folders, environments, names an import cannot spell",
        slug="no-python-files",
    )


def _is_in(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")


def _name(path: str, roots: Sequence[str], root: Path) -> PythonModule | None:
    """The file with its dotted name, None when no import statement can spell it."""
    # A root that is a package itself would give a second name to a module of it.
    able = [base for base in roots if _is_in(path, base) and not _is_package(root, base)]
    base = max(able, key=lambda able_root: 0 if able_root == "." else len(able_root), default=".")
    parts = PurePosixPath(path).relative_to(base).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    spelled = all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
    return PythonModule(path, ".".join(parts)) if parts and spelled else None


def _is_package(root: Path, folder: str) -> bool:
    return folder != "." and (root / folder / "__init__.py").exists()


def _stated_by_pytest(root: Path) -> Iterator[str]:
    data = read_pyproject(root)
    # The older table has everything below ini_options; pytest 9 reads [tool.pytest] itself.
    for names in (("tool", "pytest", "ini_options"), ("tool", "pytest")):
        stated = (read_table(data, *names) or {}).get("pythonpath", [])
        for entry in stated.split() if isinstance(stated, str) else stated if isinstance(stated, list) else []:
            folder = os.path.normpath(entry) if isinstance(entry, str) else ".."
            if not os.path.isabs(folder) and not folder.startswith("..") and os.path.isdir(root / folder):
                yield folder


def _parents_of_packages(root: Path, stated: Sequence[str]) -> Iterator[str]:
    """Folders such as backend/ in backend/app/__init__.py, unless the project itself imports backend.app."""
    tops = sorted({top for path in _source_files(root) if (top := _top_package(root, path)) is not None})
    named = Counter(PurePosixPath(top).name for top in tops)
    imported = {name for path in _python_files(root) for name in _IMPORT.findall(_text(root / path))}
    for top in tops:
        parent, name = os.path.split(top)
        known = not parent or any(base != "." and _is_in(top, base) for base in stated)
        dotted = parent.replace("/", ".")
        # Two packages of one name cannot both be imported: leave both under their long names.
        if not known and named[name] == 1 and not any(f"{other}.".startswith(f"{dotted}.") for other in imported):
            yield parent


def _top_package(root: Path, path: str) -> str | None:
    """The outermost folder of the unbroken chain of packages that the file is in."""
    top = None
    for folder in PurePosixPath(path).parents:
        if not _is_package(root, str(folder)):
            break
        top = str(folder)
    return top
