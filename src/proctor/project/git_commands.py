"""Which git commands a step may not run: those that throw away work, rewrite history, or send something out."""

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

_TAKES_VALUE = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"})
_ALWAYS = {
    "clean": "it deletes untracked files",
    "push": "it sends commits out",
    "gc": "it deletes objects that nothing points to yet",
    "prune": "it deletes objects that nothing points to yet",
    "filter-branch": "it rewrites history",
    "filter-repo": "it rewrites history",
    "rebase": "it rewrites history",
    "update-ref": "it moves branches by hand",
    "replace": "it changes what commits seem to be",
    "restore": "it throws away changes in files",
    "send-email": "it sends commits out",
}
_WITH_WORD = {
    "reset": ({"--hard", "--merge", "--keep"}, "it throws away changes in files"),
    "reflog": ({"expire", "delete"}, "it deletes the way back"),
    "tag": ({"-d", "--delete", "-f", "--force"}, "it deletes or moves tags"),
    "branch": ({"-D", "-d", "--delete", "-f", "--force", "-M", "-C"}, "it deletes or moves branches"),
    "worktree": ({"remove", "prune", "move"}, "it deletes worktrees"),
    "remote": ({"add", "remove", "rm", "set-url", "rename"}, "it changes where commits go"),
    "switch": ({"-f", "--force", "--discard-changes", "-C"}, "it throws away changes in files"),
    "commit": ({"--amend"}, "it rewrites history"),
    "rm": ({"-f", "--force"}, "it deletes changed files"),
    "submodule": ({"deinit"}, "it deletes files"),
}
# What these may do is the shorter list: a worktree shares stash and settings with the user's repository.
_ONLY_WITH = {
    "stash": ({"list", "show"}, "the stash belongs to the whole repository"),
    "config": (
        {"--get", "--get-all", "--get-regexp", "--list", "-l", "get", "list"},
        "the settings belong to the whole repository",
    ),
    "checkout": ({"-b", "--orphan", "--detach"}, "it overwrites files where it is given paths; use git switch"),
}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_SEPARATORS = frozenset(";&|()\n`{}<>!")


def refused_git(command: str) -> str | None:
    """Why a shell command may not run because of the git command in it; None where nothing is wrong with it.

    It reads the text: a command that hides git behind a variable or another program is held by the confinement alone.
    """
    for call in _git_calls(command):
        reason = _reason(call)
        if reason is not None:
            return f"git {' '.join(call[:2])}: {reason}"
    return None


def _reason(call: Sequence[str]) -> str | None:
    name, arguments = call[0], call[1:]
    if name in _ALWAYS:
        return _ALWAYS[name]
    if name in _ONLY_WITH:
        words, reason = _ONLY_WITH[name]
        return None if any(_matches(argument, words) for argument in arguments) else reason
    words, reason = _WITH_WORD.get(name, (set[str](), ""))
    return reason if any(_matches(argument, words) for argument in arguments) else None


def _matches(argument: str, words: set[str]) -> bool:
    """Whether an argument is one of the words, or short options put together that hold one."""
    if argument.partition("=")[0] in words:
        return True
    is_bundle = argument.startswith("-") and not argument.startswith("--")
    return is_bundle and any(f"-{letter}" in words for letter in argument[1:])


def _git_calls(command: str) -> Iterator[Sequence[str]]:
    for words in _simple_commands(command):
        for start, word in enumerate(words):
            if word.rpartition("/")[2] == "git":
                call = _without_global_options(words[start + 1 :])
                if call:
                    yield call
        for inner in _command_lines_in(words):
            yield from _git_calls(inner)


def _command_lines_in(words: Sequence[str]) -> Iterator[str]:
    """The words that are command lines of their own: what a shell gets after -c, what a quoted $( ) holds."""
    for option, word in pairwise(words):
        if option.startswith("-") and option.endswith("c"):
            yield word
    for word in words:
        for opening in ("$(", "`"):
            _, found, inner = word.partition(opening)
            if found:
                yield inner


def _without_global_options(words: Sequence[str]) -> Sequence[str]:
    rest = list(words)
    while rest and rest[0].startswith("-"):
        del rest[: 2 if rest[0] in _TAKES_VALUE else 1]
    return rest


def _simple_commands(command: str) -> Iterator[list[str]]:
    words: list[str] = []
    for word in _words(command):
        if word and set(word) <= _SEPARATORS:
            yield words
            words = []
        elif words or not _ASSIGNMENT.fullmatch(word):
            words.append(word)
    yield words


def _words(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars="".join(_SEPARATORS))
    lexer.whitespace = " \t\r"
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # a quote without its end: the shell will refuse the command
        return command.split()
