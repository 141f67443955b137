"""Reads why uv could not resolve a set of requirements: which one is to blame, and what to say about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from packaging.utils import canonicalize_name

from proctor.execution.environments.metadata.needs import LeftOut, Need

_REQUIRED: Final = re.compile(r"you require ([A-Za-z0-9][\w.-]*)|(?:,| and) ([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?[<>=!~]")
_NO_WHEEL: Final = re.compile(
    r"(?:all versions of )?([A-Za-z0-9][\w.-]*?)(?:[<>=!~][^\s]*)? ha(?:s|ve) no (?:usable )?wheels"
)
_ABSENT: Final = re.compile(r"([A-Za-z0-9][\w.-]*?)(?:[<>=!~][^\s]*)? was not found in")
_DOWNLOAD: Final = re.compile(r"Failed to (?:download|fetch)[^`]*`([A-Za-z0-9][\w.-]*?)(?: @|==)")
_OFFLINE: Final = re.compile(r"network was disabled|not found in the cache|Network connectivity is disabled")
_UNREACHABLE: Final = re.compile(r"error sending request|dns error|timed out")
_BY_HAND: Final = "install it into an environment of the project yourself (uv venv, then uv pip install {name})"


@dataclass(frozen=True, slots=True)
class _Why:
    reason: str
    remedy: str
    again: bool = False
    for_python: bool = False


def is_unreachable(words: str) -> bool:
    """Whether uv could not get to its index at all, which one package with an address of its own says nothing about."""
    return _UNREACHABLE.search(words) is not None and _DOWNLOAD.search(words) is None


def pin_to_blame(words: str, pins: Mapping[str, str]) -> str | None:
    """The pinned package that uv names; a lock file made for another Python is the first thing to give way."""
    return next((name for name in _named(words) if name in pins), None)


def need_to_blame(words: str, needs: Sequence[Need]) -> Need | None:
    """The requirement that uv names; of several the one with the least weight, which stands last."""
    named = set(_named(words))
    return next((need for need in reversed(needs) if need.name in named), None)


def left_out(need: Need, words: str, python: str) -> LeftOut:
    """Why a requirement is not installed, in one line, and what to do about it."""
    why = _explain(need, words, python)
    is_runtime = need.kind == "runtime"
    return LeftOut(need.requirement, need.source, why.reason, why.remedy, is_runtime, why.again, why.for_python)


def last_cause(words: str) -> str:
    """The innermost of the causes that uv gives, without the address, which is long and can hold a password."""
    last = words.rpartition("cause: ")[2].strip().splitlines()[:1] or ["uv gave no reason"]
    return re.sub(r"(?: for url)?[: (]+[a-z+]+://\S+", "", last[0])


def _named(words: str) -> list[str]:
    # uv breaks its sentences into lines where they list versions
    text = " ".join(words.split())
    downloads = [found[1] for found in _DOWNLOAD.finditer(text)]
    required = [found[1] or found[2] for found in _REQUIRED.finditer(text)]
    return [canonicalize_name(name.rstrip(".")) for name in downloads + required]


def _explain(need: Need, words: str, python: str) -> _Why:
    text = " ".join(words.split())
    if _OFFLINE.search(text):
        reason = f"{_subject(_ABSENT, text, need)} is not in uv's cache, and there is no network"
        return _Why(reason, "go online once", again=True)
    if found := _DOWNLOAD.search(text):
        what = _subject(_DOWNLOAD, text, need)
        return _Why(f"{what} cannot be downloaded: {last_cause(words)}", "try again later", again=True)
    if found := _NO_WHEEL.search(text):
        what = _subject(_NO_WHEEL, text, need)
        reason = (
            f"{what} has no wheel for Python {python} on this platform, and building it would run its code unconfined"
        )
        return _Why(reason, _BY_HAND.format(name=canonicalize_name(found[1])), for_python=True)
    if _ABSENT.search(text):
        what = _subject(_ABSENT, text, need)
        return _Why(f"{what} is on no index that uv knows", "correct the name, or set UV_INDEX to the index it is on")
    if "current Python version" in text:
        reason = f"it does not support Python {python}"
        return _Why(reason, "choose another Python, such as --python 3.12", for_python=True)
    if "there is no version of" in text or "are available" in text:
        return _Why("there is no such version", "correct the version that is asked for")
    return _Why(f"it conflicts with another requirement: {_last_sentence(text)}", "make the two agree")


def _subject(pattern: re.Pattern[str], text: str, need: Need) -> str:
    found = pattern.search(text)
    name = canonicalize_name(found[1]) if found else need.name
    return "it" if name == need.name else f"{name}, which it needs,"


def _last_sentence(text: str) -> str:
    cause = text.partition("cause: ")[2] or text
    return cause.partition(", we can conclude")[0].removeprefix("Because ")
