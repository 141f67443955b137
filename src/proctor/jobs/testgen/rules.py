"""The rules by which clauses of a prompt are read; each takes what it knows and says back how it took it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from proctor.jobs.testgen.places import (
    NEGATION,
    destination,
    is_about_tests,
    output_names,
    path_mentions,
    test_command,
    without_paths,
)
from proctor.jobs.testgen.readings import Reading

KINDS = ("unit", "integration", "edge")
EFFORTS = ("low", "balanced", "high", "ultracode")

_KIND = r"\b(unit|integration|edge)\b"
# `tests with edge cases` asks for more, not for nothing else.
_ALSO_EDGES = r"(?<!unit )(?<!integration )\btests?\b.*\b(?:with|including|plus|also) edge\b"
_PERCENT = r"(\d+(?:\.\d+)?)\s*(?:%|percent\b)"
_GOAL = (
    r"\b(?:at least|at minimum|minimum|min|reach|target|goal|achieve|hit|above|over|get|to|up to|want|need|ensure|aim"
    r"|require[sd]?|with|maintain|bring|raise|increase|improve|give|write|generate|cover)\b|≥|>="
)
_STATE = r"\b(?:has|have|had|is|are|was|were|currently|now|today|near-zero|only at|existing|stands)\b"
_CHANGE = r"(?:modif\w+|chang\w+|edit\w*|touch\w*|alter\w*|break\w*|fix\w*)"
_LOCATED = r"\b(?:located|lives?|found|sits?|stored|project|repo(?:sitory)?) (?:is )?(?:in|at|under) (\S+)"
_WORKING_IN = r"\bworking (?:on|in|with)\b.*?\b(?:in|at|under|on) ([`'\"]?(?:\./\S+|[\w./-]+/\S*))"
_NAMED = r"\bthe [`'\"]?([a-z0-9]+(?:[-_][a-z0-9]+)+)[`'\"]? (?:project|repo|repository|codebase)\b"
_WHOLE = (
    r"\b(?:whole|entire|full|complete) (?:project|code ?base|repo(?:sitory)?|app(?:lication)?|backend)\b"
    r"|\beverything\b|\ball (?:the )?(?:modules|files|code|packages)\b(?! under| in)"
)
_MENDING = (
    r"\b(?:fix|repair|mend|heal|correct|address)\b.*\b(?:failures?|failing|failed|errors?|broken tests?|tests?)\b"
    r"|\buntil\b.*\b(?:pass|green)|\b(?:all|the|every) tests?\b.*\b(?:pass|green)\b"
    r"|\bbefore (?:moving|going|continuing)\b"
)
_TOPICS = (
    r"\b(?:empty|invalid|duplicate|missing|negative|boundary|null|none) (?:\w+ )?"
    r"(?:inputs?|ids?|entries|values?|data|strings?|cases?)\b"
    r"|\b(?:error|exception)s?(?: handling| paths?| cases?)?\b"
    r"|\bboundar(?:y|ies)\b|\bduplicates?\b|\bcorner cases?\b|\bbranches\b"
)
_MANNER = (
    r"\bpytest\b|\bfixtures?\b|\bparametri[sz]\w+\b|\bdeterministic\b|\brandom order\b|\breadable\b"
    r"|\bindependent\b|\bisolated\b|\bno network\b|\boffline\b|\bclass(?:es)? per method\b|\bnaming\b"
    r"|\bclear names\b|\bxfail\b|\btest dependencies\b"
)
_JOB = (
    r"\b(?:write|generate|create|add|produce|build|make|need|want|give|extend|increase|improve|raise|cover|missing)\b"
    r".*\b(?:tests?|suites?|test modules?|coverage)\b"
    r"|^(?:please )?(?:test|cover)\b|\btests (?:for|under|in|of)\b|\b(?:cover|test) everything\b"
)
_BUGS = (
    r"\b(?:report|document|list|record|note|find|flag|mark)\b.*\b(?:bugs?|defects?|issues?)\b"
    r"|\bbugs?\b.*\b(?:report|document|list|record|note|flag|mark)\b"
)
_STATEMENT = (
    r"(?:you are|you're|this is|we (?:have|use|are)|i (?:am|have)|it (?:is|uses|has)|there (?:is|are)|our|my|the) .*"
)
_POLITE = r"(?:please|thanks?(?: you)?(?: (?:very much|in advance|a lot))?|hi|hello|hey|cheers)(?: there| proctor)?"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named way to read a clause."""

    name: str
    read: Callable[[str], Reading | None]


def asks_for_tests(clause: str) -> bool:
    """Whether the clause as a whole wants tests to be written."""
    return _has(_JOB, clause)


def _effort(clause: str) -> Reading | None:
    found = _search(r"^/effort\s+(\w+)|\b(\w+) effort\b|\beffort(?: level)?\s*[:=]\s*(\w+)", clause)
    level = next(filter(None, found.groups()), "").lower() if found else ""
    if level in EFFORTS:
        return Reading(said=(f"Effort: {level}.",), effort=level)
    if clause.startswith("/effort"):
        return Reading(unclear=(f"effort {level or 'without a level'}: choose one of {', '.join(EFFORTS)}",))
    return None


def _project(clause: str) -> Reading | None:
    found = _search(_LOCATED, clause) or _search(_WORKING_IN, clause) or _search(_NAMED, clause)
    if found is None or is_about_tests(found.group(1)):
        return None
    hint = found.group(1).strip("`'\",;:").rstrip(".")
    return Reading(said=(f"The project is {hint}.",), project_hint=hint)


def _paths(clause: str) -> Reading | None:
    if _forbids_change(clause) or _project(clause):
        return None
    target = destination(clause).rstrip("/")
    mentions = [(path, is_left_out) for path, is_left_out in path_mentions(clause) if path.rstrip("/") != target]
    wanted = tuple(path for path, is_left_out in mentions if not is_left_out)
    unwanted = tuple(path for path, is_left_out in mentions if is_left_out)
    said = (*_listed("Write tests for {}.", wanted), *_listed("Leave out {}.", unwanted))
    return Reading(said=said, paths=wanted, excluded_paths=unwanted) if mentions else None


def _whole_project(clause: str) -> Reading | None:
    if not _has(_WHOLE, clause):
        return None
    return Reading(said=("Look at the whole project, where no path narrows it.",), is_general=True)


def _kinds(clause: str) -> Reading | None:
    text = without_paths(clause)
    if not _has(r"\b(?:tests?|testing|cases?|only|kinds?)\b", text):
        return None
    if _has(_ALSO_EDGES, text):
        return Reading(said=("Edge cases are among the tests.",))
    asked: list[str] = []
    refused: list[str] = []
    for part in re.split(r",\s*(?!and|or)|;|\bbut\b|\band (?=no\b|not\b)|\bwith(?=\s)", text, flags=re.IGNORECASE):
        for found in re.finditer(_KIND, part, re.IGNORECASE):
            is_refused = _has(NEGATION, part[: found.start()])
            (refused if is_refused else asked).append(found.group(1).lower())
    said = (*_listed("Kinds of tests: {}.", asked), *_listed("Kinds of tests left out: {}.", refused))
    return Reading(said=said, kinds=tuple(asked), no_kinds=tuple(refused)) if said else None


def _coverage(clause: str) -> Reading | None:
    if not _has(r"\bcover", clause):
        return None
    kind = _search(r"\b(branch|line|statement)\b", clause)
    metric = {"branch": "branch", "line": "line", "statement": "line"}[kind.group(1).lower()] if kind else None
    values = [float(value) for value in re.findall(_PERCENT, clause, re.IGNORECASE)]
    if not values and _has(r"\b(?:full|complete|total) (?:branch |line |statement )?coverage\b", clause):
        values = [100.0]
    if not values:
        return None
    if _is_about_now(clause):
        return Reading(said=(f"Coverage before: {values[0]:g} % (background, no goal).",))
    goal = values[-1]
    if not 0 < goal <= 100:
        return Reading(unclear=(f"{goal:g} % is no coverage that can be reached",))
    said = f"At least {goal:g} % {metric or 'branch'} coverage per module."
    return Reading(said=(said,), min_coverage=(goal,), coverage_kind=metric)


def _outputs(clause: str) -> Reading | None:
    names = output_names(clause)
    if not names:
        return None
    if _has(NEGATION, clause.partition(names[0])[0]):
        return Reading(said=(f"Leave {', '.join(names)} alone.",), not_outputs=names)
    return Reading(said=(f"Write or extend {', '.join(names)}.",), outputs=names)


def _no_source_change(clause: str) -> Reading | None:
    if not _forbids_change(clause):
        return None
    said = "No source file and no existing test is modified."
    return Reading(said=(said,), constraints=("no source modification",))


def _no_dependencies(clause: str) -> Reading | None:
    if not _has(rf"{NEGATION}.*\bdependenc(?:y|ies)\b", clause):
        return None
    said = "No dependency is added."
    return Reading(said=(said,), constraints=("no new dependencies",), not_outputs=("pyproject.toml",))


def _allowed(clause: str) -> Reading | None:
    place = destination(clause)
    if not place:
        return None
    said = f"Files are only created under {place}."
    return Reading(said=(said,), constraints=(f"only files under {place}",), allowed_paths=(place,))


def _test_command(clause: str) -> Reading | None:
    command = test_command(clause)
    return Reading(said=(f"After each module, run `{command}`.",), test_command=command) if command else None


def _mending(clause: str) -> Reading | None:
    if not _has(_MENDING, clause):
        return None
    return Reading(said=("Failing tests are mended before the work goes on; the sources stay as they are.",))


def _doubles(clause: str) -> Reading | None:
    if not _has(r"\b(?:mock\w*|stub\w*|patch\w*|fakes?)\b", clause):
        return None
    said = "Unit tests replace collaborators and database calls by mocks."
    return Reading(said=(said,), constraints=("mocks for all DB calls",))


def _database(clause: str) -> Reading | None:
    if not _has(r"\b(?:sqlite|in-memory)\b", clause):
        return None
    said = "Integration tests run on a real SQLite database in memory."
    return Reading(said=(said,), constraints=("in-memory SQLite for integration tests",))


def _emphasis(clause: str) -> Reading | None:
    found = [match.group(0) for match in re.finditer(_TOPICS, clause, re.IGNORECASE)]
    return Reading(said=(f"Among the cases: {', '.join(found)}.",), is_general=True) if found else None


def _manner(clause: str) -> Reading | None:
    """What the suite is like anyway."""
    found = sorted({match.group(0).lower() for match in re.finditer(_MANNER, clause, re.IGNORECASE)})
    said = f"Part of every suite written here: {', '.join(found)}."
    return Reading(said=(said,), is_general=True) if found else None


def _bugs(clause: str) -> Reading | None:
    if not _has(_BUGS, clause):
        return None
    said = "Bugs found are documented as xfail tests and in bugs_found.md."
    return Reading(said=(said,), outputs=("bugs_found.md",))


def _job(clause: str) -> Reading | None:
    if not asks_for_tests(clause):
        return None
    return Reading(said=("Write a pytest module for each source file in question.",), is_general=True)


def _background(clause: str) -> Reading | None:
    is_statement = re.fullmatch(_STATEMENT, clause, re.IGNORECASE) is not None
    states = _has(r"\b(?:is|are|has|have|uses?|working on|contains?|consists?)\b", clause)
    wishes = _has(r"\b(?:must|should|shall|need|please|only)\b", clause)
    if not is_statement or not states or wishes:
        return None
    return Reading(said=(f"Background, which changes nothing: {clause}.",))


def _heading(clause: str) -> Reading | None:
    is_heading = clause.endswith(":") and len(clause.split()) <= 5 and "/" not in clause
    return Reading(is_general=True) if is_heading else None


def _courtesy(clause: str) -> Reading | None:
    return Reading(is_general=True) if re.fullmatch(rf"{_POLITE}[\s,!.]*", clause, re.IGNORECASE) else None


RULES = (
    Rule("effort", _effort),
    Rule("project", _project),
    Rule("paths", _paths),
    Rule("whole project", _whole_project),
    Rule("kinds", _kinds),
    Rule("coverage", _coverage),
    Rule("outputs", _outputs),
    Rule("no source change", _no_source_change),
    Rule("no dependencies", _no_dependencies),
    Rule("allowed paths", _allowed),
    Rule("test command", _test_command),
    Rule("mending", _mending),
    Rule("doubles", _doubles),
    Rule("database", _database),
    Rule("emphasis", _emphasis),
    Rule("manner", _manner),
    Rule("bugs", _bugs),
    Rule("job", _job),
    Rule("background", _background),
    Rule("heading", _heading),
    Rule("courtesy", _courtesy),
)


def _search(pattern: str, text: str) -> re.Match[str] | None:
    return re.search(pattern, text, re.IGNORECASE)


def _has(pattern: str, text: str) -> bool:
    return _search(pattern, text) is not None


def _listed(sentence: str, items: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (sentence.format(", ".join(items)),) if items else ()


def _is_about_now(clause: str) -> bool:
    return _has(_STATE, clause) and not _has(_GOAL, clause)


def _forbids_change(clause: str) -> bool:
    """An order not to change sources; the files that can be asked for by name have a rule of their own."""
    return _has(rf"{NEGATION}[\w\s,]*\b{_CHANGE}\b", clause) and not output_names(clause)
