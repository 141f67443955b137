"""`proctor explain`: why a generated test exists, from what was recorded when its file was written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proctor.errors import RequestError
from proctor.project.settings import read_settings

_RECORD = "tests.json"
_SHOWN = 5


def explain(test: str, path: str = ".", state_dir: str | None = None) -> int:
    """Say what the test calls, how that ends, and what only it reaches; parameters of a family come one by one."""
    root = Path(path).resolve()
    record = root / (state_dir or read_settings(root).state_dir) / _RECORD
    found = _matching(test, _tests(record), record)
    for name, reason in found.items():
        print("\n".join(_lines(name, reason)))
    return 0


def _tests(record: Path) -> Mapping[str, Any]:
    try:
        tests = json.loads(record.read_text(encoding="utf-8"))["tests"]
    except FileNotFoundError:
        raise RequestError(
            f"{record}: there is no record of generated tests",
            hint="run `proctor run` first; the record is written with the tests",
            slug="no-test-record",
        ) from None
    except (ValueError, KeyError, TypeError):
        tests = None
    if isinstance(tests, dict):
        return tests
    raise RequestError(
        f"{record}: this is not a record of generated tests",
        hint="delete the file and run `proctor run` again",
        slug="broken-test-record",
    )


def _matching(test: str, tests: Mapping[str, Any], record: Path) -> dict[str, Any]:
    """The tests of that node id, of an end of it, or the parameters of that family."""
    found = {name: reason for name, reason in tests.items() if _is_meant(test, name)}
    if found:
        return found
    last = test.rpartition("::")[2].partition("[")[0]
    near = [name for name in tests if last and last in name][:_SHOWN]
    raise RequestError(
        f"{record}: no generated test is called {test!r}",
        hint=f"did you mean {', '.join(near)}?" if near else "give the node id as pytest prints it",
        slug="unknown-test",
    )


def _is_meant(test: str, name: str) -> bool:
    without_parameter = name.partition("[")[0]
    return any(shown == test or shown.endswith(f"::{test}") for shown in (name, without_parameter))


def _lines(name: str, reason: Mapping[str, Any]) -> Iterator[str]:
    yield name
    yield f"  calls {reason['target']} of {reason['path']}, which {reason['ends']} ({reason['kind']} test)"
    if reason["finding"]:
        yield f"  documents a bug: {reason['finding']}"
    yield f"  reaches {reason['reaches']} outcomes of decisions, loops and handlers"
    if reason["only"]:
        yield "  only this test reaches:"
        yield from (f"    {sentence}" for sentence in reason["only"])
    else:
        yield "  others reach all of these too: it is here for its values and how the call ends"
