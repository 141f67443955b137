"""Turns a prompt into a typed request and says what was understood, what was not, and what cannot be done offline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self

from pydantic import TypeAdapter

from proctor.errors import RequestError
from proctor.jobs.testgen.clauses import split_into_clauses
from proctor.jobs.testgen.readings import Reading
from proctor.jobs.testgen.refusals import read_refused, refuse
from proctor.jobs.testgen.rules import KINDS, RULES, asks_for_tests

_NO_SOURCE_CHANGE = "no source modification"
_LOOSE_FILE = re.compile(r"(?<![\w/.-])[\w./-]*\w\.(?:md|toml|cfg|ini|txt|ya?ml|json|html|xml|ipynb|[jt]sx?|sh|py)\b")
_LOOSE_NUMBER = re.compile(r"(?<![\w.%-])\d+(?:\.\d+)?(?![\w%]|\.\d| ?%| percent)")
_LOOSE_NAME = re.compile(
    r"\b(?:for|of|class|method|function|cover|test) (?:the )?(?:(?:class|method|function) )?"
    r"`?([A-Z][a-z]+(?:[A-Z][a-z]+)+|\w+\(\))"
)
_LOOSE_PLACE = re.compile(
    r"\bfor (?:the |my |our )(?!(?:whole|entire|full|complete|current|same|service|following)\b)"
    r"([\w-]+(?: [\w-]+)? (?:service|module|package|endpoint|endpoints|flow|feature|page))\b"
    r"|\bfor `?((?!\w+\.py\b)[a-z_]\w*(?:\.[a-z_]\w*)+)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\bhttps?://\S+")


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted, typed; paths are relative to the project, and no paths means all of it.

    It is not actionable when a prompt was given and nothing in it could be made use of.
    """

    prompt: str
    project_hint: str | None
    paths: tuple[str, ...]
    excluded_paths: tuple[str, ...]
    kinds: tuple[str, ...]
    min_coverage: float
    coverage_kind: str
    outputs: tuple[str, ...]
    constraints: tuple[str, ...]
    allowed_paths: tuple[str, ...]
    test_command: str
    effort: str | None
    is_actionable: bool
    understood: tuple[str, ...]
    not_understood: tuple[str, ...]
    impossible_offline: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The request that `to_json` described."""
        return TypeAdapter(cls).validate_python(data)


@dataclass(frozen=True, slots=True)
class _Clauses:
    """All readings of the prompt in its order, and the words nothing could be made of."""

    readings: tuple[Reading, ...]
    not_understood: tuple[str, ...]

    def all(self, field: str) -> tuple[Any, ...]:
        return _unique(value for reading in self.readings for value in getattr(reading, field))

    def last(self, field: str) -> Any:  # noqa: ANN401 - the type is that of the field
        given = [getattr(reading, field) for reading in self.readings if getattr(reading, field)]
        return given[-1] if given else None


def read_request(  # noqa: PLR0913 - the defaults are settings, by their names
    prompt: str,
    *,
    min_coverage: float = 80.0,
    coverage_kind: str = "branch",
    kinds: tuple[str, ...] = KINDS,
    tests_dir: str = "tests/",
    test_command: str = "pytest",
    effort: str | None = None,
) -> Request:
    """The request behind a prompt; the keyword arguments count for what the prompt leaves open."""
    clauses = _read(prompt)
    wanted_kinds = _kinds(clauses, kinds)
    goal = max(clauses.all("min_coverage"), default=min_coverage)
    goal_kind = clauses.last("coverage_kind") or coverage_kind
    outputs = tuple(name for name in clauses.all("outputs") if name not in clauses.all("not_outputs"))
    places = clauses.all("allowed_paths") or (tests_dir,)
    beside = tuple(name for name in outputs if _is_beside(name))
    said = (*clauses.all("said"), *_places_said(clauses, places, beside))
    is_actionable = not prompt.strip() or bool(clauses.all("said"))
    goal_said = f"{goal:g} % {goal_kind} coverage"
    return Request(
        prompt=prompt,
        project_hint=clauses.last("project_hint"),
        paths=clauses.all("paths"),
        excluded_paths=clauses.all("excluded_paths"),
        kinds=wanted_kinds,
        min_coverage=goal,
        coverage_kind=goal_kind,
        outputs=outputs,
        constraints=_unique([_NO_SOURCE_CHANGE, *clauses.all("constraints")]),
        allowed_paths=_unique([*places, *beside]),
        test_command=clauses.last("test_command") or test_command,
        effort=clauses.last("effort") or effort,
        is_actionable=is_actionable,
        understood=(*said, *_defaults_said(prompt, clauses, wanted_kinds, goal_said)) if is_actionable else (),
        not_understood=clauses.not_understood,
        impossible_offline=clauses.all("impossible"),
    )


def _read(prompt: str) -> _Clauses:
    readings: list[Reading] = []
    rest: list[str] = []
    for clause in split_into_clauses(prompt):
        found = [*_readings(clause)]
        readings.extend(found)
        rest.extend(_unclaimed(clause, found))
    return _Clauses(tuple(readings), _unique(rest))


def _readings(clause: str) -> Iterator[Reading]:
    """What cannot be done is only read further where tests are wanted all the same: `deploy app/` names no target."""
    refusal = refuse(clause)
    if refusal is not None:
        yield read_refused(clause, refusal)
        if not (refusal.leaves_tests and asks_for_tests(clause)):
            return
    for rule in RULES:
        reading = rule.read(clause)
        if reading is not None:
            yield reading


def _unclaimed(clause: str, readings: list[Reading]) -> Iterator[str]:
    if not readings:
        yield clause
        return
    yield from (f"{word} (in: {clause})" for reading in readings for word in reading.unclear)
    if not any(reading.impossible for reading in readings):
        yield from (f"{word} (in: {clause})" for word in _loose_ends(clause, readings))


def _loose_ends(clause: str, readings: list[Reading]) -> Iterator[str]:
    """Files, numbers and names that a clause mentions and no rule took up."""
    used = {name.strip("./") for reading in readings for name in reading.names}
    command = next((reading.test_command for reading in readings if reading.test_command), "")
    text = clause.replace(command, "") if command else clause
    for found in _LOOSE_FILE.findall(text):
        if found.strip("./") not in used and not any(found.strip("./") in name for name in used):
            yield found
    if all(reading.is_general for reading in readings):
        yield from _LOOSE_NUMBER.findall(text)
        yield from _LOOSE_NAME.findall(text)
        yield from (found.group(1) or found.group(2) for found in _LOOSE_PLACE.finditer(text))
        yield from _ADDRESS.findall(text)


def _kinds(clauses: _Clauses, default: tuple[str, ...]) -> tuple[str, ...]:
    named = clauses.all("kinds") or default
    kept = tuple(kind for kind in KINDS if kind in named and kind not in clauses.all("no_kinds"))
    if not kept:
        raise RequestError(
            "the request leaves no kind of test to write",
            hint=f"ask for at least one of: {', '.join(KINDS)}",
            slug="no-kind-of-test",
        )
    return kept


def _is_beside(name: str) -> bool:
    """Whether a file asked for by name lies outside the tests: shared fixtures belong to them."""
    return name.rpartition("/")[2] not in {"conftest.py", "bugs_found.md"}


def _places_said(clauses: _Clauses, places: tuple[str, ...], beside: tuple[str, ...]) -> Iterator[str]:
    if clauses.all("allowed_paths") and beside:
        yield (
            f"`Only under {', '.join(places)}` and the wish for {', '.join(beside)} contradict each other:"
            f" files are created under {', '.join(places)}, and those that were asked for by name."
        )


def _defaults_said(prompt: str, clauses: _Clauses, kinds: tuple[str, ...], goal: str) -> Iterator[str]:
    if not prompt.strip():
        yield "Nothing was asked for in particular: tests for the project with the settings as they are."
    if not clauses.all("paths"):
        yield "No path is named: the whole project."
    if not clauses.all("kinds"):
        yield f"No kind of test is asked for by name: {', '.join(kinds)}."
    elif set(kinds) != set(KINDS):
        yield f"Only the kinds named are written: {', '.join(kinds)}."
    if not clauses.all("min_coverage"):
        yield f"No coverage is named: at least {goal} per module."
    elif len(clauses.all("min_coverage")) > 1:
        yield f"Several coverages are named; the highest counts: {goal}."


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))
