"""Recording what a real session was asked and what it answered, and replaying that through a spec'd mock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, Final

from .build import Scope, build
from .describe import Json, describe

_WRITES: Final = (
    "add",
    "add_all",
    "delete",
    "merge",
    "flush",
    "commit",
    "rollback",
    "refresh",
    "expunge",
    "get",
    "close",
)


def session_mock() -> Any:  # noqa: ANN401 - a mock, whose members are those of a session
    """A mock with the specification of a session; making one takes long, so scenarios share it."""
    from unittest import mock

    from sqlalchemy.orm import Session

    return mock.create_autospec(Session, instance=True)


class SessionLog:
    """The calls that reached a recorded session, in order."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.names = names
        self.calls: list[Json] = []

    def returned(self, path: Iterable[str], value: object) -> None:
        """A call chain ended in a value."""
        self.calls.append({"path": list(path), "returns": describe(_plain_rows(value), self.names)})

    def raised(self, path: Iterable[str], error: Exception) -> None:
        """A call chain ended in an exception."""
        from .describe import path_of

        self.calls.append({"path": list(path), "raises": path_of(type(error))})


class Recording:
    """A stand-in for a session (or a query, or a result) that passes everything on and logs where chains end."""

    _subject: Any
    _log: SessionLog
    _path: tuple[str, ...]

    def __init__(self, subject: object, log: SessionLog, path: Iterable[str] = ()) -> None:
        self.__dict__["_subject"] = subject
        self.__dict__["_log"] = log
        self.__dict__["_path"] = tuple(path)

    def __getattr__(self, name: str) -> object:
        value = getattr(self._subject, name)
        if callable(value) and not isinstance(value, type) and not hasattr(type(value), "__enter__"):
            return _Method(value, self._log, (*self._path, name))
        return self._ended(value, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._subject, name, value)

    def _ended(self, value: object, name: str) -> object:
        if is_answer(value) or _is_expression(value):
            return value
        return Recording(value, self._log, (*self._path, name))

    def _special(self, name: str, *args: object) -> Any:  # noqa: ANN401 - what the real method answers
        path = (*self._path, f"{name}()")
        try:
            value = getattr(self._subject, name)(*args)
        except Exception as error:
            self._log.raised(path, error)
            raise
        return _followed(value, self._log, path)

    def __iter__(self) -> Iterator[object]:
        items = list(self._subject)
        self._log.returned((*self._path, "__iter__()"), items)
        return iter(items)

    def __enter__(self) -> object:
        return self._special("__enter__")

    def __exit__(self, *args: object) -> bool | None:
        handled: bool | None = self._subject.__exit__(*args)
        return handled

    def __len__(self) -> int:
        length: int = self._special("__len__")
        return length

    def __getitem__(self, key: object) -> object:
        return self._special("__getitem__", key)

    def __contains__(self, item: object) -> bool:
        return item in self._subject


class _Method:
    def __init__(self, method: Callable[..., object], log: SessionLog, path: tuple[str, ...]) -> None:
        self._method = method
        self._log = log
        self._path = path

    def __call__(self, *args: object, **keywords: object) -> object:
        real_args = [_real(argument) for argument in args]
        real_keywords = {name: _real(value) for name, value in keywords.items()}
        path = (*self._path[:-1], f"{self._path[-1]}()")
        try:
            value = self._method(*real_args, **real_keywords)
        except Exception as error:
            self._log.raised(path, error)
            raise
        return _followed(value, self._log, path)


def _followed(value: object, log: SessionLog, path: tuple[str, ...]) -> object:
    if _is_expression(value):
        return value
    if is_answer(value):
        log.returned(path, value)
        return value
    return Recording(value, log, path)


def _is_expression(value: object) -> bool:
    """Whether a value is a piece of SQL: it goes into other statements, which accept only the real one."""
    return type(value).__module__.startswith("sqlalchemy.sql.")


def _real(value: object) -> object:
    return value._subject if isinstance(value, Recording) else value


def is_answer(value: object) -> bool:
    """Whether a value is data that ends a call chain, not another object of the database library."""
    if isinstance(value, (list, tuple)):
        return True
    return type(value).__module__.split(".")[0] != "sqlalchemy"


def _plain_rows(value: object) -> object:
    if isinstance(value, list):
        return [_plain_rows(item) for item in value]
    if isinstance(value, tuple) and type(value) is not tuple and not hasattr(type(value), "__dataclass_fields__"):
        return tuple(value)
    return value


def configure(mock: Any, calls: Sequence[Json], scope: Scope) -> None:  # noqa: ANN401 - a mock
    """Give a mock the recorded answers: one for all calls of a chain, or one after the other."""
    for planned in calls:
        node = mock
        for part in planned["path"][:-1]:
            node = _step(node, part)
        last = planned["path"][-1]
        outcomes = [_outcome(item, scope) for item in planned["outcomes"]]
        node = getattr(node, last[:-2])
        if len(outcomes) == 1 and not isinstance(outcomes[0], BaseException):
            node.return_value = outcomes[0]
        elif len(outcomes) == 1:
            node.side_effect = outcomes[0]
        else:
            node.side_effect = outcomes


def with_specification_of(original: object, answer: Callable[..., object]) -> object:
    """A mock that takes the arguments that the original takes and answers by a function."""
    from unittest import mock

    substitute = mock.create_autospec(original)
    substitute.side_effect = answer
    return substitute


def fail(session: Any, calls: Sequence[Json], scope: Scope) -> None:  # noqa: ANN401 - SQLAlchemy's session
    """Let single methods of a real session raise what is planned for them."""
    for planned in calls:
        name = planned["path"][0][:-2]
        session.__dict__[name] = _raiser(_outcome(planned["outcomes"][0], scope))


def _raiser(error: BaseException) -> Callable[..., object]:
    def raise_it(*args: object, **keywords: object) -> object:
        raise error

    return raise_it


def _step(node: Any, part: str) -> Any:  # noqa: ANN401 - mocks all the way down
    if part.endswith("()"):
        return getattr(node, part[:-2]).return_value
    return getattr(node, part)


def _outcome(item: Json, scope: Scope) -> Any:  # noqa: ANN401 - an exception or an answer
    return build(item["raises"] if "raises" in item else item["returns"], scope)


def asked(name: str, mock: Any, names: Mapping[int, str]) -> Iterator[Json]:  # noqa: ANN401 - a mock
    """The calls of a mock's own methods, as {name, method, args, keywords}, in order."""
    for method, args, keywords in mock.method_calls:
        if "." not in method and "(" not in method:
            shown = [describe(argument, names) for argument in args]
            named = [[key, describe(value, names)] for key, value in keywords.items()]
            yield {"name": name, "method": method, "args": shown, "keywords": named}


def writes(mock: Any, names: Mapping[int, str]) -> list[Json]:  # noqa: ANN401 - a mock
    """The calls on a mock that change or end a transaction, as {name, args}, in order."""
    found = []
    for name, args, keywords in mock.method_calls:
        if name in _WRITES:
            described = [describe(argument, names) for argument in args]
            found.append({"name": name, "args": described, "keywords": sorted(keywords)})
    return found
