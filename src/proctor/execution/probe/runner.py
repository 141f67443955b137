"""Runs one scenario in the target's process and says what happened, as plain JSON values."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import itertools
import os
import pathlib
import signal
import tempfile
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, Callable

from . import abstract, border, mocks
from .build import SEARCHING, Scope, build, resolve
from .consume import Endless, Unconsumed, Unsuitable, consumed, traits
from .describe import Json, Names, describe, path_of
from .frames import exception
from .operators import IN_PLACE, OPERATORS
from .recorder import Recorder
from .views import views_of

if TYPE_CHECKING:
    from .database import Database


class ScenarioTimeout(BaseException):
    """The scenario ran longer than it may."""


class Unbuildable(Exception):
    """The scenario's own preparation failed, before the target was called."""


class Runner:
    """Runs scenarios against one loaded target; `database` makes the sessions, where the project has models."""

    def __init__(  # noqa: PLR0913 - all of it is the target's, put together in one place
        self,
        root: str,
        recorder: Recorder,
        raise_lines: Callable[[str], frozenset[int]],
        *,
        database: Database | None = None,
        session_mock: Any = None,  # noqa: ANN401 - a mock, or None without SQLAlchemy
        seconds: float = 2.0,
    ) -> None:
        self.root = root
        self.recorder = recorder
        self.raise_lines = raise_lines
        self.database = database
        self.session_mock = session_mock
        self.seconds = seconds

    def run(self, scenario: Json) -> Json:
        """The observation of one scenario."""
        with contextlib.ExitStack() as stack:
            run = _Run(self, scenario, stack)
            signal.signal(signal.SIGALRM, _on_alarm)
            signal.setitimer(signal.ITIMER_REAL, scenario.get("seconds", self.seconds))
            try:
                run.arrange()
                run.act()
            except Unbuildable as error:
                run.observed.update(outcome="unbuildable", reason=str(error))
            except ScenarioTimeout:
                run.observed["outcome"] = "timeout"
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            run.conclude()
            return run.observed


def _on_alarm(signum: int, frame: FrameType | None) -> None:
    raise ScenarioTimeout


class _Run:
    """The state of one scenario while it runs."""

    def __init__(self, runner: Runner, scenario: Json, stack: contextlib.ExitStack) -> None:
        self.runner = runner
        self.scenario = scenario
        self.stack = stack
        self.scope: Scope = {} if scenario.get("detail") else {SEARCHING: True}
        self.names: Names = {}
        self.session: Any = None
        self.mock: Any = None
        self.log: mocks.SessionLog | None = None
        self.shapes: Json = {}
        self.observed: Json = {"outcome": "unbuildable"}
        self.result: object = None
        self.given: dict[str, tuple[object, Json]] = {}
        self.receiver_before: list[Any] = []

    def arrange(self) -> None:
        """Set the environment, the database, the replacements and the objects up."""
        try:
            self._environment()
            self._fixtures()
            self._replacements()
            self._bindings()
        except ScenarioTimeout:
            raise
        except BaseException as error:  # noqa: BLE001 - the project's code may raise anything here, SystemExit included
            self.observed["site"] = self._site(error) if _is_denied(error) else None
            self.observed["error"] = exception(error, self.runner.root, self.runner.raise_lines)
            raise Unbuildable(f"{type(error).__name__}: {error}") from None

    def _environment(self) -> None:
        for name, value in self.scenario.get("environment", ()):
            self.stack.callback(_restore_environment, name, os.environ.get(name))
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def _fixtures(self) -> None:
        kind = self.scenario.get("database", "")
        if kind == "session" and self.runner.database is not None:
            self.session = self.runner.database.session()
            self.stack.callback(self.session.close)
            self.runner.database.watch(self.session)
            self.scope["db_session"] = self.session
            if self.scenario.get("record"):
                self.log = mocks.SessionLog(self.names)
                self.scope["db_session"] = mocks.Recording(self.session, self.log)
        elif kind == "mock":
            self.mock = self.runner.session_mock
            self.mock.reset_mock(return_value=True, side_effect=True)
            self.scope["mock_session"] = self.mock
        if self.scenario.get("tmp_path"):
            folder = self.stack.enter_context(tempfile.TemporaryDirectory())
            self.scope["tmp_path"] = pathlib.Path(folder)

    def _replacements(self) -> None:
        for index, item in enumerate(self.scenario.get("replacements", ())):
            holder = resolve(item["holder"])
            original = inspect.getattr_static(holder, item["name"], None)
            inherited = item["name"] not in vars(holder)
            setattr(holder, item["name"], self._substitute(index, item, getattr(holder, item["name"])))
            self.stack.callback(_restore_attribute, holder, item["name"], original, inherited)

    def _substitute(self, index: int, item: Json, original: object) -> object:
        outcomes = itertools.chain(item["outcomes"], itertools.repeat(item["outcomes"][-1]))
        calls: list[Json] = self.observed.setdefault("replaced_calls", {}).setdefault(str(index), [])

        def answer(*args: object, **keywords: object) -> object:
            calls.append(
                {
                    "args": [describe(argument, self.names) for argument in args],
                    "keywords": [[name, describe(value, self.names)] for name, value in keywords.items()],
                }
            )
            outcome = next(outcomes)
            if "raises" in outcome:
                raise build(outcome["raises"], self.scope)
            if outcome["returns"]["t"] == "standin":
                return border.StandIn(outcome["returns"]["n"], self.shapes.setdefault(str(index), {}))
            return build(outcome["returns"], self.scope)

        return mocks.with_specification_of(original, answer)

    def _bindings(self) -> None:
        rows = []
        for binding in self.scenario.get("bindings", ()):
            value = build(binding["value"], self.scope)
            self.scope[binding["name"]] = value
            self.names[id(value)] = binding["name"]
            if binding.get("kind") == "row":
                rows.append(value)
        for name, attribute, value in self.scenario.get("assignments", ()):
            holder, _, last = attribute.rpartition(".")  # of a mock's method, what it returns or raises
            setattr(
                functools.reduce(getattr, holder.split(".") if holder else (), self.scope[name]),
                last,
                build(value, self.scope),
            )
        if rows and self.session is not None:
            self._commit(rows)
        if self.mock is not None:
            mocks.configure(self.mock, self.scenario.get("mock_calls", ()), self.scope)
        elif self.session is not None:
            mocks.fail(self.session, self.scenario.get("mock_calls", ()), self.scope)
        if self._is_watched():
            self.observed["rows_before"] = self._database().rows()
        if self.session is not None:
            self._database().trace = []

    def _commit(self, rows: list[Any]) -> None:
        """Store the rows; a search need not load them again at their first use, which is the half of its time."""
        expires = self.session.expire_on_commit
        self.session.expire_on_commit = expires and bool(self.scenario.get("detail"))
        self.session.add_all(rows)
        self.session.commit()
        self.session.expire_on_commit = expires

    def _database(self) -> Database:
        assert self.runner.database is not None  # it made the session
        return self.runner.database

    def _is_watched(self) -> bool:
        """Whether rows are compared: a search only looks at decisions."""
        return self.session is not None and bool(self.scenario.get("detail", False))

    def act(self) -> None:
        """Call the target and note the end."""
        output, errors = io.StringIO(), io.StringIO()
        act = self.scenario["act"]
        args, keywords = self._arguments(act)
        function = self._function(act)
        # Steps of a sequence that prepare the state belong to the arrangement: they are not recorded.
        self.runner.recorder.start()
        try:
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors), self._warnings():
                result = self._consumed(function(*args, **keywords), act)
            self.result = result
            shown = describe(result, self.names)
            self.observed.update(outcome="returned", result=shown, result_type=path_of(type(result)))
            self.observed["states"] = self._states(act, result)
        except ScenarioTimeout:
            raise
        except (Endless, Unconsumed, Unsuitable) as reason:
            self.observed["outcome"] = type(reason).__name__.lower()
        except BaseException as error:  # noqa: BLE001 - what the target raises is what is observed
            self._raised(error)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.observed["stdout"] = output.getvalue()[-2000:]
            self.observed.update(self.runner.recorder.finish(self.names))

    @contextlib.contextmanager
    def _warnings(self) -> Iterator[None]:
        """Note the warnings of the call, where somebody looks at them."""
        if not self.scenario.get("detail"):
            yield
            return
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            finally:
                self.observed["warnings"] = [[path_of(item.category), str(item.message)] for item in caught]

    def _consumed(self, value: Any, act: Json) -> object:  # noqa: ANN401 - whatever the target gave
        self.observed["traits"] = traits(value)
        result = consumed(value, act.get("consume", ""))
        if act["member"] in IN_PLACE and act["kind"] == "operator":
            self._rebind(act["receiver"], result)
        return result

    def _rebind(self, name: str, value: object) -> None:
        """`name += other` may have made another object: the name stands for that one from now on."""
        self.scope[name] = value
        self.names[id(value)] = name

    def _states(self, act: Json, result: object) -> Json:
        """What kind of state the receiver and the result are in now: what a search for states compares."""
        shown = {} if not act.get("receiver") else {"receiver": abstract.state(self.scope[act["receiver"]])}
        return {**shown, "result": abstract.state(result)}

    def _arguments(self, act: Json) -> tuple[list[Any], dict[str, Any]]:
        try:
            for step in self.scenario.get("before", ()):
                self._step(step)
            args = [build(value, self.scope) for value in act.get("args", ())]
            keywords = {name: build(value, self.scope) for name, value in act.get("keywords", ())}
        except ScenarioTimeout:
            raise
        except BaseException as error:  # noqa: BLE001 - see `arrange`
            raise Unbuildable(f"{type(error).__name__}: {error}") from None
        if self.scenario.get("detail"):
            for name, value in (*enumerate(args), *keywords.items()):
                is_session = value is self.scope.get("db_session") or value is self.mock
                if id(value) not in self.names and not (is_session and value is not None):
                    self.given[str(name)] = value, describe(value, self.names)
            if self.scenario["act"].get("receiver"):
                self.receiver_before = self._receiver()
        return args, keywords

    def _step(self, step: Json) -> None:
        args = [build(value, self.scope) for value in step.get("args", ())]
        keywords = {name: build(value, self.scope) for name, value in step.get("keywords", ())}
        value = self._consumed(self._function(step)(*args, **keywords), step)
        if step.get("name"):
            self.scope[step["name"]] = value
            self.names[id(value)] = step["name"]

    def _function(self, act: Json) -> Any:  # noqa: ANN401 - whatever the project keeps under that name
        if act["kind"] == "property":
            receiver = self.scope[act["receiver"]]
            return lambda: getattr(receiver, act["member"])
        if act["kind"] == "operator":
            return functools.partial(OPERATORS[act["member"]], self.scope[act["receiver"]])
        if act["kind"] == "setter":
            return functools.partial(setattr, self.scope[act["receiver"]], act["member"])
        if act.get("receiver"):
            return getattr(self.scope[act["receiver"]], act["member"])
        return resolve(act["target"])

    def _raised(self, error: BaseException) -> None:
        denied = _is_denied(error)
        self.observed["outcome"] = "denied" if denied else "raised"
        self.observed["exception"] = exception(error, self.runner.root, self.runner.raise_lines)
        if denied:
            self.observed["site"] = self._site(error)

    def _site(self, error: BaseException) -> Json | None:
        return border.call_site(error.__traceback__, self.runner.root)

    def conclude(self) -> None:
        """Note what the scenario left behind: rows, objects, calls on mocks and recorded sessions."""
        observed = self.observed
        try:
            if self.session is not None and observed["outcome"] in ("returned", "raised"):
                self._statements()
            if self._is_watched() and observed["outcome"] in ("returned", "raised"):
                self._rows()
            if self.scenario.get("detail"):
                observed["objects"] = {name: self._object(name) for name in self._shown_names()}
                observed["arguments"] = self._changed_arguments()
                observed["views"] = self._views()
            observed["asked"] = list(self._asked())
            if self.mock is not None:
                observed["writes"] = mocks.writes(self.mock, self.names)
            if self.log is not None:
                observed["session_log"] = self.log.calls
        except Exception as error:  # noqa: BLE001 - what cannot be observed afterwards costs its assertions, not the scenario
            observed["after_error"] = f"{type(error).__name__}: {error}"
        observed["shapes"] = self.shapes

    def _asked(self) -> Iterator[Json]:
        """What the methods of named mocks were asked, in order."""
        for binding in self.scenario.get("bindings", ()):
            if binding["value"]["t"] == "mock" and binding["name"] in self.scope:
                yield from mocks.asked(binding["name"], self.scope[binding["name"]], self.names)

    def _changed_arguments(self) -> Json:
        """The arguments that the call changed, by position or name, as they are now; "self" is the receiver."""
        now = {name: (before, describe(value, self.names)) for name, (value, before) in self.given.items()}
        if self.receiver_before and self.receiver_before != self._receiver():
            now["self"] = {}, self._receiver()[0]
        return {name: after for name, (before, after) in now.items() if before != after}

    def _receiver(self) -> list[Any]:
        """The receiver of the call by its data and by what it shows of itself."""
        name = self.scenario["act"]["receiver"]
        return [self._object(name), views_of(self.scope.get(name), self.names)]

    def _views(self) -> Json:
        """What the result and the receiver show of themselves."""
        subjects = {"result": self.result} if id(self.result) not in self.names else {}
        receiver = self.scenario["act"].get("receiver")
        if receiver:
            subjects[receiver] = self.scope.get(receiver)
        return {name: views_of(value, self.names) for name, value in subjects.items()}

    def _shown_names(self) -> list[str]:
        steps = [step["name"] for step in self.scenario.get("before", ()) if step.get("name")]
        return [*(binding["name"] for binding in self.scenario.get("bindings", ())), *steps]

    def _object(self, name: str) -> Json:
        value = self.scope.get(name)
        own = {key: other for key, other in self.names.items() if other != name}
        return describe(value, own)

    def _statements(self) -> None:
        trace = self._database().trace
        self.observed["trace"] = [item for item in trace if "commit" not in item]
        self.observed["committed"] = any("commit" in item for item in trace)

    def _rows(self) -> None:
        database = self._database()
        observed = self.observed
        observed["rows_pending"] = database.rows()
        self.session.rollback()
        observed["rows_after"] = database.rows()
        if observed["rows_pending"] == observed["rows_after"]:
            observed.pop("rows_pending")


def _is_denied(error: BaseException) -> bool:
    return type(error).__name__ == "ActDenied"


def _restore_environment(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _restore_attribute(holder: object, name: str, original: object, inherited: bool) -> None:
    if inherited:
        delattr(holder, name)
    else:
        setattr(holder, name, original)
