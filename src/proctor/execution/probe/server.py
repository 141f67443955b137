"""The long-lived child: imports the target once, then runs batches of scenarios in forked workers.

Talks JSON lines over two descriptors given on the command line. A worker that dies or hangs loses one scenario;
the server forks another for the rest of the batch.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import IO, Any, Final

from . import clock, costs, mocks, models
from .build import resolve
from .database import Database
from .describe import Json
from .guard import install_guard
from .instrument import instrument
from .introspect import Introspection
from .recorder import Recorder
from .runner import Runner
from .state import State
from .worker import SPENT, Worker

# A worker is given up after so many runs: what nobody saw it keep must not grow for ever.
_SHARE: Final = 400
_COLLECT_EVERY: Final = 100


class InstrumentingLoader(importlib.machinery.SourceFileLoader):
    """Loads a module with its decisions reported to a recorder; a module that cannot be rewritten loads as it is."""

    def __init__(self, name: str, path: str, recorder: Recorder, tables: dict[str, Json]) -> None:
        super().__init__(name, path)
        self._recorder = recorder
        self._tables = tables

    def get_code(self, fullname: str) -> CodeType:
        """The rewritten code, never a cached one."""
        path = self.get_filename(fullname)
        code, table = instrument(importlib.util.decode_source(self.get_data(path)), path)
        self._tables[fullname] = table.to_json()
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Execute with the recorder in the module's globals."""
        module.__dict__["__proctor__"] = self._recorder
        super().exec_module(module)


class InstrumentingFinder(importlib.abc.MetaPathFinder):
    """Finds the modules under test and gives them the instrumenting loader."""

    def __init__(self, names: Sequence[str], recorder: Recorder, tables: dict[str, Json]) -> None:
        self._names = frozenset(names)
        self._recorder = recorder
        self._tables = tables

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The ordinary spec with another loader, for the modules under test only."""
        if fullname not in self._names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return None
        spec.loader = InstrumentingLoader(fullname, spec.loader.path, self._recorder, self._tables)
        return spec


class Server:
    """Answers `load`, `run` and `quit`."""

    def __init__(self, reader: IO[str], writer: IO[str]) -> None:
        self._reader = reader
        self._writer = writer
        self._recorder = Recorder()
        self._tables: dict[str, Json] = {}
        self._root = ""
        self._options: dict[str, bool] = {}
        self._database: Database | None = None
        self._mock: Any = None
        self._seconds = 2.0
        self._worker: Worker | None = None

    def serve(self) -> None:
        """Answer requests until the other side closes the pipe."""
        for line in self._reader:
            request = json.loads(line)
            if request["do"] == "quit":
                return
            if request["do"] == "load":
                self._send(self._load(request))
            else:
                self._run(request["scenarios"])

    def _send(self, answer: Json) -> None:
        self._writer.write(json.dumps(answer, default=repr) + "\n")
        self._writer.flush()

    def _load(self, request: Json) -> Json:
        self._root = request["root"]
        self._seconds = request.get("seconds", 2.0)
        sys.meta_path.insert(0, InstrumentingFinder(request["instrument"], self._recorder, self._tables))
        answer: Json = {"problems": []}
        process = os.getpid()
        for name in request["modules"]:
            problem = _imported(name, self._root)
            if problem:
                answer["problems"].append(problem)
        if os.getpid() != process:  # a fork of the project's came back here, and must not answer as well
            os._exit(0)
        costs.lower()
        for name in request.get("freeze", ()):
            if name in sys.modules:
                clock.freeze(sys.modules[name])
        if request.get("shift_days"):
            clock.shift(self._root, request["shift_days"])
        self._options = models.session_options(self._root)
        answer["reports"] = [self._report(name) for name in request["instrument"] if name in sys.modules]
        answer["tables"] = self._tables
        answer["models"] = models.model_facts()
        answer["session_options"] = self._options
        answer["bases"] = models.bases(self._root)
        answer["python"] = list(sys.version_info[:3])
        answer["exceptions"] = _exceptions(self._tables)
        answer["database_problem"] = self._database_problem(answer["models"])
        for module in list(sys.modules.values()):  # here, so that no worker has to parse them again
            file = getattr(module, "__file__", None)
            if file and file.startswith(self._root) and file.endswith(".py"):
                _raise_lines(file)
        return answer

    def _report(self, name: str) -> Json:
        try:
            return Introspection(sys.modules[name]).report()
        except (Exception, SystemExit):  # noqa: BLE001 - a module that resists inspection is reported
            return {"module": name, "callables": [], "classes": {}, "error": traceback.format_exc(limit=-3)}

    def _database_problem(self, facts: Sequence[Json]) -> Json | None:
        if not facts:
            return None
        try:
            self._database = Database(self._options)
            self._mock = mocks.session_mock()
        except Exception as error:  # noqa: BLE001 - handed to the diagnosis: models that were not imported are the usual cause
            return {"type": type(error).__name__, "message": str(error)[:600]}
        return None

    def _run(self, scenarios: Sequence[Json]) -> None:
        for holder, name in {(r["holder"], r["name"]) for s in scenarios for r in s.get("replacements", ())}:
            _warm(holder, name)
        done = 0
        while done < len(scenarios):
            done += self._batch(scenarios[done:])
        self._send({"end": True})

    def _batch(self, scenarios: Sequence[Json]) -> int:
        """Run in one worker until the batch is done or the worker is lost; the number of scenarios dealt with."""
        worker = self._ready_worker(scenarios)
        dealt, is_spent = 0, True
        for line in worker.answers():
            word, _, rest = line.partition(" ")
            if word == SPENT:
                is_spent = rest == "true"
                break
            if word == str(dealt):  # anything else was written by the project's own code
                self._writer.write(rest + "\n")
                self._writer.flush()
                dealt += 1
        if is_spent:
            worker.end()
            self._worker = None
        if dealt < len(scenarios):
            self._send({"outcome": "lost"})
            dealt += 1
        return dealt

    def _ready_worker(self, scenarios: Sequence[Json]) -> Worker:
        """A worker that has taken the batch: the last one, unless it ended since."""
        if self._worker is not None:
            if self._worker.hand_over(scenarios):
                return self._worker
            self._worker.end()
        self._worker = Worker.forked(self._serve_worker, (self._reader.fileno(), self._writer.fileno()))
        self._worker.hand_over(scenarios)
        return self._worker

    def _serve_worker(self, requests: IO[str], answers: IO[str]) -> None:
        gc.disable()
        runner = Runner(
            self._root,
            self._recorder,
            _raise_lines,
            database=self._database,
            session_mock=self._mock,
            seconds=self._seconds,
        )
        state = State(self._root)
        runs = 0
        for line in requests:
            is_as_new = True
            for number, scenario in enumerate(json.loads(line)):
                answers.write(f"{number} {json.dumps(runner.run(scenario), default=repr)}\n")
                answers.flush()
                is_as_new = state.put_back() and is_as_new
                runs += 1
                if runs % _COLLECT_EVERY == 0:
                    gc.collect()
            is_spent = runs >= _SHARE or not is_as_new
            answers.write(f"{SPENT} {json.dumps(is_spent)}\n")
            answers.flush()


def _warm(holder: str, name: str) -> None:
    """Import what scenarios replace here, once, and not in every worker again."""
    try:
        getattr(resolve(holder), name)
    except Exception:  # noqa: BLE001 - the scenario that needs it will say so
        return


def _imported(name: str, root: str) -> Json | None:
    try:
        importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - a module may do anything at import, SystemExit included
        frames = traceback.extract_tb(error.__traceback__)
        # the innermost line of the project: below it are Python, packages and the guard
        line, file = next(((f.lineno, f.filename) for f in reversed(frames) if f.filename.startswith(root)), (0, ""))
        kind = type(error).__name__
        return {"module": name, "type": kind, "message": _message(error)[:600], "line": line, "file": file}
    return None


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as broken:  # noqa: BLE001 - __str__ is the project's code and may raise anything
        return f"<its message cannot be read: {type(broken).__name__}>"


def _exceptions(tables: Mapping[str, Json]) -> dict[str, Json]:
    """The exception classes that handlers of the modules under test name, with a way to make each."""
    found: dict[str, Json] = {}
    for module_name, table in tables.items():
        scope = vars(sys.modules.get(module_name, sys))
        for site in table["sites"]:
            if site["kind"] == "handler":
                for text in site["text"].strip("()").split(","):
                    _note_exception(text.strip(), scope, found)
    return found


def _note_exception(text: str, scope: Mapping[str, object], found: dict[str, Json]) -> None:
    from .raising import raisable

    if text and text not in found:
        try:
            classes = eval(text, dict(scope))  # the name is one that the handler itself evaluates
        except Exception:  # noqa: BLE001 - a name bound only inside a function
            return
        made = raisable(classes)
        if made is not None:
            found[text] = made


@functools.cache
def _raise_lines(filename: str) -> frozenset[int]:
    try:
        with open(filename, "rb") as stream:
            tree = ast.parse(stream.read())
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Raise, ast.Assert)):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(lines)


def main(arguments: Sequence[str]) -> None:
    """`python -m proctor_probe.server READ_FD WRITE_FD WRITABLE_JSON PERMITS_JSON`."""
    reader = os.fdopen(int(arguments[0]), "r", encoding="utf-8")
    writer = os.fdopen(int(arguments[1]), "w", encoding="utf-8")
    install_guard(json.loads(arguments[2]), permits=json.loads(arguments[3]))
    Server(reader, writer).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
