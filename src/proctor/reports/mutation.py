"""What the tests notice: the mutation score as text, as a section of a report and as data."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from proctor.mutation.score import MutationScore, Survivor, in_all, most_telling
from proctor.reports.figures import NOTHING, rate_text
from proctor.reports.markdown import code, prose, table
from proctor.reports.records import ModuleOutcome

_MOST_SURVIVORS = 10
_LONGEST = 80
_HEADER = ("Module", "Mutants", "Reached", "Killed", "Score", "Set aside")
_LEGEND = (
    "A mutant is a small wrong change of the source; it is killed when a test fails on it. The score is the share of "
    "killed mutants in all of them, those included that no test reaches. Set aside are mutants that compile to the "
    "same code as the original, and those that could not be loaded or were not tried in time. Large modules are "
    "sampled."
)


def mutation_text(modules: Iterable[ModuleOutcome]) -> str:
    """One line for all modules, or "" when no mutant was tried."""
    scores = [module.mutation for module in modules if module.mutation]
    total = in_all(scores)
    if total.rate is None:
        return ""
    return f"{total.killed} of {total.valid} killed ({_rate(total)} %), {total.unnoticed} reached and not noticed"


def noticed_section(modules: Sequence[ModuleOutcome]) -> list[str]:
    """The section of COVERAGE_REPORT.md, nothing when no mutant was tried."""
    tried = [(module.path, module.mutation) for module in modules if module.mutation]
    if not tried:
        return []
    rows = [_row(code(path), score) for path, score in tried]
    total = [_row("**Total**", in_all(score for _, score in tried))] if len(tried) > 1 else []
    survivors = [line for path, score in tried for line in _survivors(path, score)]
    return ["## What the tests notice", "", *table(_HEADER, [*rows, *total]), "", _LEGEND, *survivors]


def mutation_data(module: ModuleOutcome) -> dict[str, Any] | None:
    """The score of a module with its rate and its most telling survivors."""
    score = module.mutation
    if score is None:
        return None
    shown = [asdict(item) for item in most_telling(score, _MOST_SURVIVORS)]
    return score.to_json() | {"reached": score.reached, "rate": score.rate, "most_telling": shown}


def _row(name: str, score: MutationScore) -> list[str]:
    mutants = str(score.sampled) if score.sampled >= score.known else f"{score.sampled} of {score.known}"
    return [name, mutants, str(score.reached), str(score.killed), _rate(score), str(score.equivalent + score.untried)]


def _rate(score: MutationScore) -> str:
    return NOTHING if score.rate is None else rate_text(score.rate, 100.0)


def _survivors(path: str, score: MutationScore) -> list[str]:
    shown = most_telling(score, _MOST_SURVIVORS)
    if not shown:
        return []
    more = "" if len(shown) == score.unnoticed else f" (the most telling of {score.unnoticed})"
    return ["", f"Reached by tests of {code(path)} and not noticed{prose(more)}:", "", *map(_item, shown)]


def _item(item: Survivor) -> str:
    place = f" in {code(item.function)}" if item.function else ""
    return f"- line {item.line}{place}: {code(_shortened(item.before))} → {code(_shortened(item.after))}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
