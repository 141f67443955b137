"""The gate as one question: may this text be written under this path?"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from proctor.project.gate.files import writes_only_in_its_own_folder
from proctor.project.gate.names import names_of
from proctor.project.gate.reach import (
    calls_no_native_code,
    opens_no_connection,
    runs_no_code_from_data,
    starts_no_program,
    stays_out_of_the_interpreter,
    unpickles_nothing,
)
from proctor.project.gate.records import Candidate, Names, Surroundings, Violation
from proctor.project.gate.texts import (
    holds_no_secret,
    is_whole_text,
    names_no_home,
    names_no_place_of_the_run,
    shows_no_address,
    tells_no_environment_value,
)

Rule = Callable[[Candidate], Iterator[Violation]]
TEXT_RULES: tuple[Rule, ...] = (
    holds_no_secret,
    tells_no_environment_value,
    names_no_place_of_the_run,
    shows_no_address,
)
PYTHON_RULES: tuple[Rule, ...] = (
    *TEXT_RULES,
    is_whole_text,
    names_no_home,
    starts_no_program,
    opens_no_connection,
    calls_no_native_code,
    unpickles_nothing,
    runs_no_code_from_data,
    stays_out_of_the_interpreter,
    writes_only_in_its_own_folder,
)


@dataclass(frozen=True, slots=True)
class OutputGate:
    """Judges texts before they are written where they run without a sandbox."""

    surroundings: Surroundings = field(default_factory=Surroundings)

    def judge(self, path: str, text: str, before: str = "") -> tuple[Violation, ...]:
        """What is wrong with a text, by line; what the file said `before` already is its owner's affair."""
        rules = PYTHON_RULES if path.endswith(".py") else TEXT_RULES
        try:
            names = names_of(ast.parse(text)) if path.endswith(".py") else Names()
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # whatever stops Python from reading it
            return (Violation(path, 1, "syntax", "Python cannot read it"),)
        candidate = Candidate(path, text, self.surroundings, names)
        found = sorted(chain.from_iterable(rule(candidate) for rule in rules), key=_by_line)
        return tuple(_new(dict.fromkeys(found), text, before))


def _by_line(violation: Violation) -> tuple[int, str]:
    return violation.line, violation.rule


def _new(found: dict[Violation, None], text: str, before: str) -> Iterator[Violation]:
    """The violations on lines that were not there before."""
    known = set(before.split("\n"))
    lines = text.split("\n")
    return (item for item in found if lines[item.line - 1] not in known)
