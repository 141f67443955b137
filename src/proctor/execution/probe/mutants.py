"""Exchanges the code of a loaded function for a mutant's, and runs a module's own statements anew in a fork.

A mutant comes as the source of the function that it is in. Every function object with that code is changed in place,
so what decorators, classes and other modules hold is changed, too.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import gc
import json
import os
import select
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any, Callable, Final

from . import clock
from .describe import Json
from .runner import Runner

_FUTURES: Final = {getattr(__future__, name).compiler_flag for name in __future__.all_feature_names}
_PLAIN: Final = (bool, int, float, str, bytes)
_Key = tuple[str, str, int]


class Unmutable(Exception):
    """The mutant cannot be loaded here."""


class Mutants:
    """Loads mutants into the modules of this process; looks for their functions once."""

    def __init__(self) -> None:
        self._functions: dict[_Key, list[FunctionType]] | None = None

    def prepare(self) -> None:
        """Find all functions; what the collector was told to leave alone must be listed once more for that."""
        if self._functions is None:
            gc.unfreeze()
            self._functions = {}
            for value in gc.get_objects():
                if type(value) is FunctionType:
                    self._functions.setdefault(_key(value.__code__), []).append(value)

    @contextlib.contextmanager
    def loaded(self, mutant: Json) -> Iterator[None]:
        """The mutant in the place of its function, for as long as the block lasts."""
        self.prepare()
        assert self._functions is not None
        module = sys.modules[mutant["module"]]
        filename = str(module.__file__)
        originals = self._functions.get((filename, mutant["name"], mutant["first"]))
        if not originals:
            raise Unmutable("the function is not there")
        with contextlib.ExitStack() as stack:
            if mutant["default"]:
                _exchange_defaults(originals, mutant, module, stack)
            else:
                self._exchange_code(originals, mutant, filename, stack)
            yield

    def _exchange_code(
        self, originals: list[FunctionType], mutant: Json, filename: str, stack: contextlib.ExitStack
    ) -> None:
        code = _compiled(mutant, filename, originals[0].__code__)
        for function in originals:
            _exchange(function, code, stack)
        assert self._functions is not None
        for inner in _nested(code):  # functions that were made by this one at import, such as a decorator's
            for function in self._functions.get(_key(inner), ()):
                _exchange(function, inner, stack)


def _key(code: CodeType) -> _Key:
    return code.co_filename, code.co_name, code.co_firstlineno


def _exchange(function: FunctionType, code: CodeType, stack: contextlib.ExitStack) -> None:
    stack.callback(setattr, function, "__code__", function.__code__)
    try:
        function.__code__ = code
    except ValueError as error:  # it closes over other variables
        raise Unmutable(str(error)) from None


def _nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested(constant)


def _parsed(mutant: Json, filename: str) -> tuple[ast.Module, ast.FunctionDef]:
    """The tree of the function inside its classes, each line where it was, and the function itself."""
    source: str = mutant["source"]
    heads = [" " * depth + f"class {name}:\n" for depth, name in enumerate(mutant["classes"])]
    if not heads and source[:1] in (" ", "\t"):
        heads = ["if 1:\n"]
    try:
        tree = ast.parse("".join(heads) + source, filename)
    except (SyntaxError, ValueError) as error:
        raise Unmutable(str(error)) from None
    node: Any = tree
    for _ in range(len(heads) + 1):
        node = node.body[0]
    node.decorator_list = []
    ast.increment_lineno(tree, mutant["first"] - 1 - len(heads))
    return tree, node


def _compiled(mutant: Json, filename: str, original: CodeType) -> CodeType:
    tree, function = _parsed(mutant, filename)
    if "__class__" in original.co_freevars:  # `super()` may have stood in what is gone, and its cell has to stay
        mention = ast.parse("if 0: __class__").body[0]
        function.body.append(ast.fix_missing_locations(ast.copy_location(mention, function.body[-1])))
    flags = original.co_flags & sum(_FUTURES)
    try:
        code: CodeType = compile(tree, filename, "exec", flags, True)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Unmutable(str(error)) from None
    return _found(code, (*mutant["classes"], mutant["name"]))


def _found(code: CodeType, path: tuple[str, ...]) -> CodeType:
    for name in path:
        inner = [constant for constant in code.co_consts if isinstance(constant, CodeType) and constant.co_name == name]
        if not inner:
            raise Unmutable(f"no code of the name {name}")
        code = inner[-1]
    return code


def _exchange_defaults(
    functions: list[FunctionType], mutant: Json, module: ModuleType, stack: contextlib.ExitStack
) -> None:
    """Only the default that is another constant now: the rest keep their identity."""
    made = _defined(mutant, module)
    for function in functions:
        old, new = function.__defaults__, made.__defaults__
        stack.callback(setattr, function, "__defaults__", old)
        stack.callback(setattr, function, "__kwdefaults__", function.__kwdefaults__)
        if old and new and len(old) == len(new):
            function.__defaults__ = tuple(map(_constant_of, old, new))
        if function.__kwdefaults__ and made.__kwdefaults__:
            named = made.__kwdefaults__
            function.__kwdefaults__ = {
                name: _constant_of(value, named.get(name, value)) for name, value in function.__kwdefaults__.items()
            }


def _constant_of(old: object, new: object) -> object:
    return new if type(new) in _PLAIN and new != old else old


def _defined(mutant: Json, module: ModuleType) -> FunctionType:
    """A function made from the mutant's `def`, for its defaults; the names are the module's."""
    _, node = _parsed(mutant, str(module.__file__))
    everything = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg)
    for argument in everything:
        if argument is not None:
            argument.annotation = None
    node.returns = None
    scope: dict[str, Any] = dict(vars(module))
    try:
        exec(compile(ast.Module([node], []), str(module.__file__), "exec"), scope)
    except Exception as error:  # noqa: BLE001 - a default may be made by any call, or name what only the class knows
        raise Unmutable(f"{type(error).__name__}: {error}") from None
    made: FunctionType = scope[mutant["name"]]
    return made


def in_fork(mutant: Json, run: Callable[[], str], seconds: float) -> str:
    """What `run` answers in a fork in which the module's statements were executed anew; "" when it was lost."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            _execute(mutant)
            with os.fdopen(write, "w", encoding="utf-8") as stream:
                stream.write(run())
        finally:  # whatever happened, this fork must not go on as a second worker
            os._exit(0)
    os.close(write)
    try:
        return _all_from(read, seconds)
    finally:
        os.close(read)
        with contextlib.suppress(OSError):  # it ended by itself
            os.kill(pid, 9)
        os.waitpid(pid, 0)


def _all_from(descriptor: int, seconds: float) -> str:
    found = b""
    while True:
        ready, _, _ = select.select([descriptor], [], [], seconds)
        chunk = os.read(descriptor, 1 << 16) if ready else b""
        if not chunk:
            return found.decode("utf-8")
        found += chunk


def _execute(mutant: Json) -> None:
    """Execute the changed module in its own namespace; a clock that stands still goes on standing still."""
    module = sys.modules[mutant["module"]]
    names = vars(module)
    stopped = {name: value for name, value in names.items() if getattr(value, "__module__", "") == clock.__name__}
    exec(compile(mutant["source"], str(module.__file__), "exec", dont_inherit=True), names)
    names.update(stopped)


class Lines:
    """Notes which lines of one file are executed."""

    def __init__(self, filename: str) -> None:
        self._filename = filename
        self.seen: set[int] = set()

    def __enter__(self) -> Lines:
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _enter(self, frame: Any, event: str, argument: object) -> Any:  # noqa: ANN401 - as `sys.settrace` has it
        if frame.f_code.co_filename != self._filename:
            return None
        self.seen.add(frame.f_lineno)
        return self._step

    def _step(self, frame: Any, event: str, argument: object) -> Any:  # noqa: ANN401 - as `sys.settrace` has it
        self.seen.add(frame.f_lineno)
        return self._step


def answered(mutants: Mutants, runner: Runner, scenario: Json) -> Json:
    """The observation of a scenario: on a mutant, with the lines it executes, or plainly."""
    mutant = scenario.get("mutant")
    if mutant is None:
        return _traced(runner, scenario) if "lines_of" in scenario else runner.run(scenario)
    if not mutant["name"]:
        seconds = 4 * runner.seconds
        answer = in_fork(mutant, lambda: json.dumps(runner.run(scenario), default=repr), seconds)
        return dict(json.loads(answer)) if answer else {"outcome": "lost"}
    try:
        with mutants.loaded(mutant):
            return runner.run(scenario)
    except Unmutable as error:
        return {"outcome": "unmutable", "reason": str(error)}


def _traced(runner: Runner, scenario: Json) -> Json:
    with Lines(str(sys.modules[scenario["lines_of"]].__file__)) as lines:
        answer = runner.run(scenario)
    return dict(answer, lines=sorted(lines.seen))
