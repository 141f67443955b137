"""Recording what a real session was asked and what it answered, and replaying that through a spec'd mock."""

from .build import build
from .describe import describe

_WRITES = ("add", "add_all", "delete", "merge", "flush", "commit", "rollback", "refresh", "expunge", "get", "close")


def session_mock():
    """A mock with the specification of a session; making one takes long, so scenarios share it."""
    from unittest import mock

    from sqlalchemy.orm import Session

    return mock.create_autospec(Session, instance=True)


class SessionLog(object):
    """The calls that reached a recorded session, in order."""

    def __init__(self, names):
        self.names = names
        self.calls = []

    def returned(self, path, value):
        """A call chain ended in a value."""
        self.calls.append({"path": list(path), "returns": describe(_plain_rows(value), self.names)})

    def raised(self, path, error):
        """A call chain ended in an exception."""
        from .describe import path_of

        self.calls.append({"path": list(path), "raises": path_of(type(error))})


class Recording(object):
    """A stand-in for a session (or a query, or a result) that passes everything on and logs where chains end."""

    def __init__(self, subject, log, path=()):
        self.__dict__["_subject"] = subject
        self.__dict__["_log"] = log
        self.__dict__["_path"] = tuple(path)

    def __getattr__(self, name):
        value = getattr(self._subject, name)
        if callable(value) and not isinstance(value, type):
            return _Method(value, self._log, self._path + (name,))
        return self._ended(value, name)

    def __setattr__(self, name, value):
        setattr(self._subject, name, value)

    def _ended(self, value, name):
        if is_answer(value):
            return value
        return Recording(value, self._log, self._path + (name,))

    def _special(self, name, *args):
        path = self._path + (name + "()",)
        try:
            value = getattr(self._subject, name)(*args)
        except Exception as error:
            self._log.raised(path, error)
            raise
        if is_answer(value):
            self._log.returned(path, value)
            return value
        return Recording(value, self._log, path)

    def __iter__(self):
        items = list(self._subject)
        self._log.returned(self._path + ("__iter__()",), items)
        return iter(items)

    def __enter__(self):
        return self._special("__enter__")

    def __exit__(self, *args):
        return self._subject.__exit__(*args)

    def __len__(self):
        return self._special("__len__")

    def __getitem__(self, key):
        return self._special("__getitem__", key)

    def __contains__(self, item):
        return item in self._subject


class _Method(object):
    def __init__(self, method, log, path):
        self._method = method
        self._log = log
        self._path = path

    def __call__(self, *args, **keywords):
        args = [_real(argument) for argument in args]
        keywords = {name: _real(value) for name, value in keywords.items()}
        path = self._path[:-1] + (self._path[-1] + "()",)
        try:
            value = self._method(*args, **keywords)
        except Exception as error:
            self._log.raised(path, error)
            raise
        if is_answer(value):
            self._log.returned(path, value)
            return value
        return Recording(value, self._log, path)


def _real(value):
    return value._subject if isinstance(value, Recording) else value


def is_answer(value):
    """Whether a value is data that ends a call chain, not another object of the database library."""
    if isinstance(value, (list, tuple)):
        return True
    return not type(value).__module__.split(".")[0] == "sqlalchemy"


def _plain_rows(value):
    if isinstance(value, list):
        return [_plain_rows(item) for item in value]
    if isinstance(value, tuple) and type(value) is not tuple and not hasattr(type(value), "__dataclass_fields__"):
        return tuple(value)
    return value


def configure(mock, calls, scope):
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


def with_specification_of(original, answer):
    """A mock that takes the arguments that the original takes and answers by a function."""
    from unittest import mock

    substitute = mock.create_autospec(original)
    substitute.side_effect = answer
    return substitute


def fail(session, calls, scope):
    """Let single methods of a real session raise what is planned for them."""
    for planned in calls:
        name = planned["path"][0][:-2]
        session.__dict__[name] = _raiser(_outcome(planned["outcomes"][0], scope))


def _raiser(error):
    def raise_it(*args, **keywords):
        raise error

    return raise_it


def _step(node, part):
    if part.endswith("()"):
        return getattr(node, part[:-2]).return_value
    return getattr(node, part)


def _outcome(item, scope):
    return build(item["raises"] if "raises" in item else item["returns"], scope)


def writes(mock, names):
    """The calls on a mock that change or end a transaction, as {name, args}, in order."""
    found = []
    for name, args, keywords in mock.method_calls:
        if name in _WRITES:
            described = [describe(argument, names) for argument in args]
            found.append({"name": name, "args": described, "keywords": sorted(keywords)})
    return found
