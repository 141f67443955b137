"""Rules on the text itself, for Python and for reports: no secret, nothing of this machine, no broken file."""

import re
from collections.abc import Iterator

from proctor.project.gate.records import Candidate, Violation

_LARGEST = 4 << 20
_SECRETS = {
    "an AWS key": r"\b(?:AKIA|ASIA)(?![A-Z0-9]*EXAMPLE\b)[A-Z0-9]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a live Stripe key": r"\b[sr]k_live_[A-Za-z0-9]{16,}",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a Google key": r"\bAIza[A-Za-z0-9_-]{35}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}",
}
# An object without a repr of its own shows where it lies in memory: another place in every process.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,16}\b|\b0x7f[0-9a-f]{10}\b")
# Folders that are made anew for every process or user; `/tmp/report.csv` is an ordinary name.
_TEMPORARY = r"/tmp/(?:tmp[a-z0-9_]{8}|pytest-of-)|/var/folders/\w\w/"


def holds_no_secret(candidate: Candidate) -> Iterator[Violation]:
    """No text of a form that only real credentials have."""
    for what, pattern in _SECRETS.items():
        for found in re.finditer(pattern, candidate.text):
            # The secret itself does not go into the message, which goes into logs.
            yield candidate.violation(
                candidate.line_at(found.start()), "no-secrets", f"it holds what looks like {what}"
            )


def tells_no_environment_value(candidate: Candidate) -> Iterator[Violation]:
    """No value of a variable of this process that is secret or at least peculiar to this machine."""
    for value, name in candidate.surroundings.values.items():
        for found in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", candidate.text):
            message = f"it holds the value of the environment variable {name}"
            yield candidate.violation(candidate.line_at(found.start()), "no-environment-values", message)


def names_no_place_of_the_run(candidate: Candidate) -> Iterator[Violation]:
    """No folder that only this run has: the scratch copy, the cache, temporary folders."""
    places = [re.escape(place) for place in candidate.surroundings.places if place.count("/") > 1]
    yield from _places(candidate, "|".join([*(rf"{place}(?![\w.-])" for place in places), _TEMPORARY]))


def names_no_home(candidate: Candidate) -> Iterator[Violation]:
    """No path below the home of whoever runs this."""
    home = candidate.surroundings.home
    if home:
        # `/root` alone may be the path of a page; with something below it is a place on this disk.
        yield from _places(candidate, rf"(?<![\w.-]){re.escape(home)}/")


def shows_no_address(candidate: Candidate) -> Iterator[Violation]:
    """No place in memory, which is another one in the next process."""
    for found in _ADDRESS.finditer(candidate.text):
        message = f"it holds an address in memory:{found[0].removeprefix(' at')}"
        yield candidate.violation(candidate.line_at(found.start()), "no-addresses", message)


def is_whole_text(candidate: Candidate) -> Iterator[Violation]:
    """UTF-8 can hold it, it is of reasonable size, and its last line is ended."""
    try:
        size = len(candidate.text.encode())
    except UnicodeEncodeError as error:
        yield candidate.violation(candidate.line_at(error.start), "utf-8", "it holds what UTF-8 cannot")
        return
    if size > _LARGEST:
        yield candidate.violation(1, "size", f"it has {size} bytes, more than {_LARGEST}")
    if candidate.text and not candidate.text.endswith("\n"):
        yield candidate.violation(candidate.line_at(len(candidate.text)), "last-line", "its last line is not ended")


def _places(candidate: Candidate, pattern: str) -> Iterator[Violation]:
    for found in re.finditer(pattern, candidate.text):
        message = f"it names a place on this machine: {found[0]}"
        yield candidate.violation(candidate.line_at(found.start()), "no-places", message)
