"""Cuts a prompt into clauses, each of which asks for one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BULLET = re.compile(r"^(?:[-*•+–]|\(?\d+[.)]|\(?[a-z][.)])\s+")
_DECORATION = re.compile(r"^(?:#+|>)\s*|\*\*|__(?=\w)|(?<=\w)__(?!\w)")
_ENDED = (".", "!", "?", ":", ";")
# A full stop in these ends no sentence.
_SENTENCE_END = re.compile(r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\betc\.)(?<!\bvs\.)(?<=[.!?;])\s+")
_VERBS = (
    "add|analy[sz]e|build|change|check|clean|commit|convert|cover|create|delete|deploy|document|do|email|exclude|"
    "explain|fix|focus|generate|ignore|implement|include|install|keep|leave|make|merge|migrate|move|notify|open|"
    "optimi[sz]e|port|post|produce|publish|push|put|refactor|release|remove|rename|repair|replace|report|rewrite|run|"
    "send|ship|skip|summari[sz]e|tell|translate|update|upgrade|upload|use|verify|write"
)
_NEXT_ORDER = re.compile(
    rf",?\s+(?:and then|and also|and|then|but)\s+(?=(?:please |do not |don't |never )?(?:{_VERBS})\s+[\w`./*-])",
    re.IGNORECASE,
)


def split_into_clauses(prompt: str) -> tuple[str, ...]:
    """Lines joined where they were wrapped, then cut at sentences and at a conjunction before the next order."""
    return tuple(clause for line in _lines(prompt) for clause in _clauses_of(line))


def _lines(prompt: str) -> list[str]:
    joined: list[str] = []
    for raw in prompt.splitlines():
        line = _DECORATION.sub("", raw.strip().strip('"“”'))
        if _continues(line, joined):
            joined[-1] += f" {line}"
        elif not line.startswith("```"):
            joined.append(line)
    return [_BULLET.sub("", line) for line in joined if line]


def _continues(line: str, before: list[str]) -> bool:
    """A wrapped line begins in the middle of a sentence that the line before left open."""
    begins_inside = line[:1].islower() and not _BULLET.match(line)
    return begins_inside and bool(before) and bool(before[-1]) and not before[-1].endswith(_ENDED)


def _clauses_of(line: str) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(line):
        for part in _NEXT_ORDER.split(sentence):
            clause = part.strip().rstrip(".!;,").strip()
            if re.search(r"\w", clause):
                yield clause
