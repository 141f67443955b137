"""Whether a test notices what happened: only a difference that one of its assertions is about counts."""

from __future__ import annotations

import math
import re

from proctor.execution.expressions import Expression, Fields, Items, Literal
from proctor.execution.records import Observation
from proctor.oracles.assertions import Assertion, Equals, HasLength, Raises, assertions
from proctor.oracles.cases import Case

_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


def notices(case: Case, seen: Observation) -> bool:
    """Whether the case, as a test, would fail on what was seen."""
    if not seen.ended or (seen.raised is None) != (case.raises is None):
        return True
    # What it would assert itself is the short way to see that most assertions still hold.
    held = set(assertions(case.scenario, seen, seen))
    return any(item not in held and not _holds(item, seen) for item in case.assertions)


def _holds(assertion: Assertion, seen: Observation) -> bool:
    """Assertions that are true although others would be made: of a part, of an approximate number, of a message."""
    match assertion:
        case Raises(type=kind, match=words) if seen.raised is not None:
            return kind in (seen.raised.type, *seen.raised.bases) and words in seen.raised.message
        case Equals(subject=subject, expected=expected):
            value = _part(seen, subject)
            return value is not None and _are_equal(value, expected)
        case HasLength(subject=subject, size=size):
            value = _part(seen, subject)
            return isinstance(value, Items) and len(value.items) == size
    return False


def _part(seen: Observation, subject: str) -> Expression | None:
    """What stands at `result.name[0]`, None where there is no such thing."""
    if not subject.startswith("result"):
        return None
    value = seen.result
    for name, index in _STEP.findall(subject.removeprefix("result")):
        if name and isinstance(value, Fields):
            value = dict(value.fields).get(name)
        elif index and isinstance(value, Items) and int(index) < len(value.items):
            value = value.items[int(index)]
        else:
            return None
    return value


def _are_equal(value: Expression, expected: Expression) -> bool:
    """Equal as Python has it: 2 is 2.0, a fraction is approximate, and True is nothing but True."""
    if not isinstance(value, Literal) or not isinstance(expected, Literal) or "bool" in (value.kind, expected.kind):
        return value == expected
    match value.value, expected.value:
        case (int() | float() as left, int() | float() as right):
            is_near = expected.kind == "float" and math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-12)
            return left == right or is_near
    return value.value == expected.value
