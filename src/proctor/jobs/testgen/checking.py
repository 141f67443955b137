"""The check of a generated test module: the gate lets it pass, and it holds in two orders and two hash seeds."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from proctor.execution.coverage_data import FileCoverage
from proctor.execution.suite import OutcomeRecord, SuiteResult, run_suite
from proctor.jobs.testgen.attribution import tests_at
from proctor.jobs.testgen.delivery import output_gate
from proctor.jobs.testgen.workplace import Conditions, Workplace
from proctor.oracles.diagnosis import Diagnosis
from proctor.oracles.failures import diagnose
from proctor.project.gate.records import Violation
from proctor.project.ownership import is_ours

_BAD = frozenset({"failed", "error", "xpassed"})


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of one test module showed; `failing` are node ids without the file."""

    passed: int
    xfailed: int
    coverage: FileCoverage | None
    failing: tuple[str, ...]
    diagnoses: tuple[Diagnosis, ...]
    seconds: float

    @property
    def is_green(self) -> bool:
        """Whether every test does what it says."""
        return not self.failing and not self.diagnoses


def check_file(
    workplace: Workplace, conditions: Conditions, test_file: str, target: str, *, side_by_side: int = 1
) -> Checked:
    """Judge the written file, then run it twice: as written with coverage, and shuffled under another hash seed."""
    broken = _syntax_problem(workplace.scratch / test_file, test_file)
    if broken is not None:
        return Checked(0, 0, None, (), (broken,), 0.0)
    refused = refusals(workplace, test_file)
    if refused:
        return Checked(0, 0, None, *_refused(workplace, refused), 0.0)
    settings = workplace.settings(conditions)
    root = workplace.scratch
    with ThreadPoolExecutor(min(2, side_by_side)) as pool:
        as_written = pool.submit(run_suite, settings, [test_file], coverage_of=[target], rootdir=root)
        shuffled = pool.submit(
            run_suite, settings, [test_file], order_seed=workplace.seed + 1, hash_seed=1, rootdir=root
        )
        first, second = as_written.result(), shuffled.result()
    failing = dict.fromkeys(_local(o.nodeid) for run in (first, second) for o in run.outcomes if o.outcome in _BAD)
    problems = [diagnose(outcome) for run in (first, second) for outcome in _bad(run)]
    problems += [_incomplete(test_file, run) for run in (first, second) if not run.complete]
    return Checked(
        sum(outcome.outcome == "passed" for outcome in first.outcomes),
        sum(outcome.outcome == "xfailed" for outcome in first.outcomes),
        first.coverage.get(target),
        tuple(failing),
        tuple(dict.fromkeys(problems)),
        first.seconds,
    )


def _syntax_problem(path: Path, shown: str) -> Diagnosis | None:
    try:
        ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        return Diagnosis.syntax_error(shown, str(error))
    return None


def refusals(workplace: Workplace, test_file: str) -> tuple[Violation, ...]:
    """What the gate has against the written file, and against the conftest.py of ours that it needs."""
    gate, scratch = output_gate(workplace), workplace.scratch
    texts = {test_file: (scratch / test_file).read_text(encoding="utf-8")}
    for folder in PurePosixPath(test_file).parents:
        place = scratch / folder / "conftest.py"
        if place.is_file() and is_ours(text := place.read_text(encoding="utf-8", errors="replace")):
            texts[str(folder / "conftest.py")] = text
    return tuple(violation for path, text in texts.items() for violation in gate.judge(path, text))


def _refused(workplace: Workplace, violations: Sequence[Violation]) -> tuple[tuple[str, ...], tuple[Diagnosis, ...]]:
    """The tests to leave out, as far as they can be told by their lines, and a diagnosis for each violation."""
    failing: dict[str, None] = {}
    diagnoses = []
    for item in violations:
        names = tests_at((workplace.scratch / item.path).read_text(encoding="utf-8"), item.line)
        failing |= dict.fromkeys(names)
        remedy = "the test is left out" if names else "the file is not written"
        diagnoses.append(Diagnosis("output-gate", f"{item.path}:{item.line}", item.message, remedy))
    return tuple(failing), tuple(dict.fromkeys(diagnoses))


def _bad(run: SuiteResult) -> Sequence[OutcomeRecord]:
    return [*run.collection_errors, *(outcome for outcome in run.outcomes if outcome.outcome in _BAD)]


def _incomplete(test_file: str, run: SuiteResult) -> Diagnosis:
    reason = "the time ran out" if run.timed_out else f"pytest did not finish: {run.output_tail.strip()[-300:]}"
    return Diagnosis.unstable_test(test_file, reason)


def _local(nodeid: str) -> str:
    return nodeid.partition("::")[2]
