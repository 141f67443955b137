"""Rules on what a generated test may reach: no programs, no network, no native code, no code out of data.

They judge what is imported and called. A string such as `"app.tools.subprocess.run"` names what a mock replaces, and so
does the first argument of `patch.object`; neither runs anything.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proctor.project.gate.records import Candidate, Use, Violation

# Modules that keep their name when they are reached through another one, as in `tools.subprocess.run()`.
_UNMISTAKABLE = frozenset({"subprocess", "os", "socket", "ctypes", "pickle", "marshal"})


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Members of modules that a rule forbids; the names are whole regular expressions."""

    rule: str
    message: str
    members: Mapping[str, str]
    imports: frozenset[str] = frozenset()

    def covers(self, use: Use) -> bool:
        """Whether the use is one of the forbidden ones."""
        if use.is_replaced or (use.takes_literal and use.name in _TAKE_CODE):
            return False
        if use.name in self.members:
            return True  # the module itself, handed on to somebody
        module, _, member = use.name.rpartition(".")
        last = module.rpartition(".")[2]
        # Through another module, only a call does anything: `tools.os.system.assert_called_once()` is none.
        return self._has(module, member) or (use.is_call and last in _UNMISTAKABLE and self._has(last, member))

    def _has(self, module: str, member: str) -> bool:
        pattern = self.members.get(module)
        return pattern is not None and re.fullmatch(pattern, member) is not None


PROGRAMS = Forbidden(
    "no-programs",
    "it starts another program",
    {
        "subprocess": r"run|call|check_call|check_output|Popen|getoutput|getstatusoutput|\*",
        "os": r"system|popen|startfile|fork|forkpty|kill|killpg|posix_spawnp?|exec\w+|spawn\w+|\*",
        "posix": r"system|fork|kill|exec\w+|\*",
        "pty": r"spawn|fork|\*",
        "asyncio": "create_subprocess_exec|create_subprocess_shell",
        "asyncio.subprocess": "create_subprocess_exec|create_subprocess_shell",
        "pexpect": r"spawn|run|\*",
    },
)
NETWORK = Forbidden(
    "no-network",
    "it opens a connection",
    {
        "socket": r"socket|create_connection|create_server|socketpair|fromfd|getaddrinfo|gethostbyname\w*|\*",
        "socketserver": r"\w*Server|\*",
        "asyncio": r"open_connection|open_unix_connection|start_server|start_unix_server",
        "http.client": r"HTTPS?Connection|\*",
        "http.server": r"\w*HTTPServer|\*",
        "urllib.request": r"urlopen|urlretrieve|\*",
        "ftplib": r"FTP\w*|\*",
        "smtplib": r"L?SMTP\w*|\*",
        "imaplib": r"IMAP4\w*|\*",
        "poplib": r"POP3\w*|\*",
        "xmlrpc.client": r"ServerProxy|\*",
        "requests": r"get|post|put|patch|delete|head|options|request",
        "httpx": r"get|post|put|patch|delete|head|options|request|stream",
        "urllib3": r"request|PoolManager",
        "aiohttp": r"request|ClientSession",
    },
)
NATIVE = Forbidden(
    "no-native-code",
    "it loads or calls native code",
    {"ctypes": r"\w+|\*", "_ctypes": r"\w+|\*", "cffi": r"\w+|\*"},
    frozenset({"ctypes", "_ctypes", "cffi"}),
)
UNPICKLING = Forbidden(
    "no-unpickling",
    "it makes objects from bytes that can run code",
    {
        **dict.fromkeys(("pickle", "_pickle", "dill", "cloudpickle"), r"loads?|Unpickler|\*"),
        "marshal": r"loads?|\*",
        "shelve": r"open|\w*Shelf|\*",
        "joblib": "load",
        "torch": "load",
        "pandas": "read_pickle",
        "yaml": "unsafe_load|unsafe_load_all",
        "jsonpickle": "decode",
    },
)
CODE_FROM_DATA = Forbidden(
    "no-code-from-data",
    "it runs code that is not written out in it",
    {
        "builtins": "eval|exec|compile|__import__|__builtins__",
        "importlib": "import_module",
        "importlib.util": "spec_from_file_location|module_from_spec",
        "runpy": r"run_\w+|\*",
        "code": r"Interactive\w+|interact|\*",
        "types": "CodeType|FunctionType",
    },
)
# With a text that stands in the file there is nothing hidden: that text is judged like the rest of the file.
_TAKE_CODE = frozenset(
    {"builtins.eval", "builtins.exec", "builtins.compile", "builtins.__import__", "importlib.import_module"}
)
_INTERIOR = frozenset(
    {"__subclasses__", "__globals__", "__builtins__", "__code__", "__closure__", "__loader__"}
    | {"f_globals", "f_builtins", "f_locals", "gi_frame", "cr_frame", "tb_frame"}
)


def starts_no_program(candidate: Candidate) -> Iterator[Violation]:
    """No other program is started, and no process is forked or signalled."""
    return _forbidden(candidate, PROGRAMS)


def opens_no_connection(candidate: Candidate) -> Iterator[Violation]:
    """No socket is made, and nothing that makes one is called."""
    return _forbidden(candidate, NETWORK)


def calls_no_native_code(candidate: Candidate) -> Iterator[Violation]:
    """Neither ctypes nor cffi is imported."""
    return _forbidden(candidate, NATIVE)


def unpickles_nothing(candidate: Candidate) -> Iterator[Violation]:
    """No object is made by a reader that runs what the bytes say."""
    return _forbidden(candidate, UNPICKLING)


def runs_no_code_from_data(candidate: Candidate) -> Iterator[Violation]:
    """`eval`, `exec`, `compile` and imports by name only take literals, and these are judged like the rest."""
    return _forbidden(candidate, CODE_FROM_DATA)


def stays_out_of_the_interpreter(candidate: Candidate) -> Iterator[Violation]:
    """No name is used by which any object of the interpreter can be reached past all imports."""
    for node in candidate.names.nodes:
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in _INTERIOR:
                message = f"it reaches into the interpreter by {name}"
                yield candidate.violation(node.lineno, "no-interpreter-internals", message)


def _forbidden(candidate: Candidate, forbidden: Forbidden) -> Iterator[Violation]:
    for name, line in candidate.names.imports:
        module, _, member = name.rpartition(".")
        if name.partition(".")[0] in forbidden.imports or (member == "*" and module in forbidden.members):
            yield candidate.violation(line, forbidden.rule, f"{forbidden.message}: import of {name}")
    for use in candidate.names.uses:
        if forbidden.covers(use):
            yield candidate.violation(use.line, forbidden.rule, f"{forbidden.message}: {use.name.removeprefix('?.')}")
