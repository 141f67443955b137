"""Wishes that are recognised and refused with a reason, because no offline writer of tests can grant them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from proctor.jobs.testgen.readings import Reading

_LANGUAGES = r"rust|golang|go|java|javascript|typescript|kotlin|c\+\+|c#|ruby|php|swift|scala|julia|python ?2"
_TREE = (
    r"(?:code|codebase|project|source|sources|app|application|services?|modules?|api|backend|functions?|class(?:es)?)"
)
_NEGATED = re.compile(r"\b(?:do not|don't|don’t|never|must not|should not|no need to|without|avoid|instead of)\b", re.I)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of wish: how it is recognised, why it is not granted, and whether tests are still wanted without it."""

    name: str
    pattern: str
    reason: str
    leaves_tests: bool = False

    def found_in(self, clause: str) -> re.Match[str] | None:
        """Where the clause speaks of it."""
        return re.search(self.pattern, clause, re.IGNORECASE)


REFUSALS = (
    Refusal(
        "another language",
        rf"\b(?:rewrite|port|convert|translate|migrate|transpile)\b.*\b(?:to|in|into)\b.*\b(?:{_LANGUAGES})(?!\w)",
        "the sources are never changed, and tests are written in Python",
    ),
    Refusal(
        "translation",
        r"\btranslate\b|\b(?:in|into) (?:german|french|spanish|chinese|japanese|italian|portuguese|russian)\b",
        "there is no model here that knows languages",
    ),
    Refusal(
        "repair of the source",
        r"\b(?:fix|repair|solve|resolve|patch|correct)\b.*"
        r"(?:\bbugs?\b|\bissues?\b|\b(?:in|of) (?:the |my |our )?(?:source|code|app|service)|\bsource (?:code|file))",
        "the sources are never changed: a bug becomes an xfail test and an entry in bugs_found.md",
    ),
    Refusal(
        "change of the source",
        r"\b(?:refactor|optimi[sz]e|rewrite|restructure|rename|reformat|moderni[sz]e|clean up|simplify)\b"
        rf"|\b(?:add|write|insert|generate)\b.*\b(?:type (?:hints|annotations)|docstrings|logging|comments)\b.*{_TREE}"
        r"|\b(?:add|implement|build|create)\b(?!.*\btests?\b).*\b(?:features?|endpoints?|routes?|migrations?)\b",
        "the sources are never changed",
    ),
    Refusal(
        "change of existing tests",
        r"\b(?:rewrite|change|modify|update|improve|repair|replace|delete|remove)\b.*"
        r"\b(?:existing|old|current) tests?\b",
        "tests that a person wrote are never changed; new ones are written beside them",
    ),
    Refusal(
        "removal",
        r"\b(?:delete|remove|drop)\b.*\b(?:files?|code|module|folder|directory|database|tables?|branch)\b",
        "nothing of the project is removed",
    ),
    Refusal(
        "delivery",
        r"\b(?:deploy|publish|release)\b|\bship\b.*\bproduction\b|\bpush (?:it |this |them |the )?.*\b(?:to|image)\b",
        "nothing leaves this machine: only tests are written",
    ),
    Refusal(
        "version control",
        r"\bcommit (?:it|them|this|the|all|your|everything)\b"
        r"|\b(?:open|create|make|raise)\b.*\b(?:pull request|pr|mr)\b|\bgit (?:commit|push|merge|rebase)\b",
        "git is left to you: the files are written, not committed",
        leaves_tests=True,
    ),
    Refusal(
        "messages to people",
        r"\b(?:send|email|e-mail|notify|slack|post|message|tweet)\b.*\b(?:me|us|team|slack|e?-?mail|channel|comment)\b",
        "there is no network here",
        leaves_tests=True,
    ),
    Refusal(
        "a model",
        r"\b(?:gpt|chatgpt|claude|gemini|llama|mistral|copilot|openai|anthropic|llm)\b(?:[-\s]?[\d.]+\w*)?",
        "the embedded agent works without a model and without a network",
        leaves_tests=True,
    ),
    Refusal(
        "tests of speed",
        r"\b(?:performance|load|stress|benchmark|scalability|soak|latency)\b.*\b(?:tests?|benchmarks?|suite)\b"
        r"|\bbenchmarks?\b|\b(?:tests?|suite)\b.*\bfor (?:performance|speed|load)\b",
        "timings are not reproducible, so no test of speed is written",
    ),
    Refusal(
        "tests through a browser or against a live system",
        r"\b(?:end[- ]to[- ]end|e2e|ui|browser|selenium|playwright|cypress|acceptance|smoke|penetration|security)\b"
        r"[\w\s-]*\btests?\b|\b(?:selenium|playwright|cypress)\b",
        "tests run without a browser, a server or a network; unit, integration and edge case tests are written",
    ),
    Refusal(
        "another test framework",
        r"\b(?:use|using|with|in|write|generate)\b.*\b(?:unittest\.testcase|unittest style|nose2?|jest|junit|behave|"
        r"robot framework|doctests?)\b",
        "the suite is written for pytest",
        leaves_tests=True,
    ),
    Refusal(
        "a live service",
        r"\b(?:real|live|actual|production|running)\b.*\b(?:postgres\w*|mysql|mariadb|oracle|mongo\w*|redis|kafka|"
        r"aws|s3|api keys?|server|database server)\b",
        "there is no network and no server here: databases are SQLite in memory, and calls out are replaced",
        leaves_tests=True,
    ),
    Refusal(
        "what a branch changed",
        r"\b(?:changed|modified|new) (?:files?|code|functions?|lines)\b"
        r"|\bfiles? (?:in|of) (?:the |this |my )?(?:pr|diff)\b",
        "a run covers the paths it is given; name the files instead",
    ),
    Refusal(
        "installation",
        r"\b(?:install|upgrade|downgrade|uninstall)\b|\bbump\b.*\bversions?\b",
        "your environment is never changed; test dependencies can be declared in pyproject.toml",
    ),
    Refusal(
        "continuous integration",
        r"\b(?:github actions?|gitlab[- ]ci|jenkins|circleci|azure pipelines?)\b"
        r"|\bci (?:pipeline|workflow|config\w*|file)\b",
        "no file of a CI service is written by this job",
        leaves_tests=True,
    ),
)


def refuse(clause: str) -> Refusal | None:
    """The refusal that speaks of what the clause speaks of, if there is one."""
    return next((refusal for refusal in REFUSALS if refusal.found_in(clause)), None)


def read_refused(clause: str, refusal: Refusal) -> Reading:
    """What becomes of the clause: `do not deploy` is granted without effort, `deploy` is not."""
    found = refusal.found_in(clause)
    if found is not None and _NEGATED.search(clause[: found.end()]):
        return Reading(said=(f"As a matter of course: {clause}.",), is_general=True)
    return Reading(impossible=(f"{clause}: {refusal.reason}",))
