"""Names for tests: the method, the condition that sets the case apart from the plain call, and the outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proctor.execution.expressions import Call, Expression, Fields, Items, Literal, Name, Pairs, Symbol
from proctor.oracles.assertions import Equals, HasLength, IsInstance
from proctor.oracles.cases import Case
from proctor.scenarios.numbers import number_of
from proctor.scenarios.rows import snake
from proctor.scenarios.scenario import Binding, Scenario
from proctor.writing.reasons import Sites, condition_words
from proctor.writing.shapes import shape_words

_LONGEST = 84
_MOST_CONDITIONS = 2
_CONSUMED = {
    **dict.fromkeys(("with", "awith"), "when_entered"),
    **dict.fromkeys(("with_error", "awith_error"), "left_by_error"),
    **dict.fromkeys(("throw", "athrow"), "error_thrown_into"),
    **dict.fromkeys(("take", "atake"), "first_items"),
}
_SESSIONS = frozenset({"db_session", "mock_session"})


def words(text: str, most: int = 5) -> str:
    """A text as a part of a name: lower case words joined by underscores, without numbers at the ends."""
    parts = re.findall(r"[a-z0-9]+", snake(text).lower())
    return "_".join(parts[:most]).lstrip("0123456789_")


def method_name(target: str) -> str:
    """The name of a callable as a part of a test's name."""
    name = target.rpartition(".")[2]
    return words(name.strip("_"), 8) or "call"


def class_name(target: str, suffix: str = "") -> str:
    """`UserService.create_user` → `TestCreateUser`."""
    name = target.rpartition(".")[2].strip("_")
    return "Test" + "".join(part[:1].upper() + part[1:] for part in name.split("_")) + suffix


def name_cases(cases: list[Case], base: Scenario | None, sites: Sites | None = None) -> list[str]:
    """A distinct name for each case of one test class."""
    taken: set[str] = set()
    return [
        _distinct(case, [other for other in cases if other is not case], base, sites or {}, taken) for case in cases
    ]


def _distinct(case: Case, others: list[Case], base: Scenario | None, sites: Sites, taken: set[str]) -> str:
    conditions = list(dict.fromkeys(differences(case.scenario, base)))
    exact = list(dict.fromkeys(_exact_differences(case.scenario, base)))
    name = next(name for name in _candidates(case, others, conditions, exact, sites) if name not in taken)
    taken.add(name)
    return name


def _candidates(case: Case, others: list[Case], conditions: list[str], exact: list[str], sites: Sites) -> Iterator[str]:
    """Names from the plainest on: more conditions, the values themselves, the decisions taken, at last a mere word."""
    result = outcome(case)
    for count in range(min(_MOST_CONDITIONS, len(conditions)), len(conditions) + 1):
        yield _joined(case.target, conditions[:count], result)
    for count in range(1, len(exact) + 1):
        yield _joined(case.target, exact[:count], result)
    for words_of_condition in condition_words(case, others, sites):
        yield _joined(case.target, conditions[:1], f"{words_of_condition}_{result}")
    plain = _joined(case.target, conditions[:_MOST_CONDITIONS], result)
    yield from (f"{plain}_{word}" for word in _more_words())


def _exact_differences(scenario: Scenario, base: Scenario | None) -> Iterator[str]:
    """The arguments that differ from the plain call, with words for their values."""
    plain = {} if base is None else {argument.name: argument.value for argument in base.act.arguments}
    for argument in scenario.act.arguments:
        shown = words(shape_words(argument.value), 9)
        if plain.get(argument.name) != argument.value and shown:
            yield f"{words(argument.name)}_{shown}"
    receiver = scenario.binding(scenario.act.receiver)
    usual = base.binding(base.act.receiver) if base is not None else None
    if receiver is not None and isinstance(receiver.value, Call):
        yield from _made_otherwise(receiver.value, usual.value if usual is not None else None)


def _made_otherwise(made: Call, usual: Expression | None) -> Iterator[str]:
    """The values that the receiver was made with, where they are not the usual ones."""
    args, keywords = (usual.args, dict(usual.keywords)) if isinstance(usual, Call) else ((), {})
    for name, value in made.keywords:
        if keywords.get(name) != value and shape_words(value):
            yield f"{words(name)}_{words(shape_words(value), 5)}"
    for index, value in enumerate(made.args):
        if args[index : index + 1] != (value,) and shape_words(value):
            yield f"of_{words(shape_words(value), 5)}"


def _more_words() -> Iterator[str]:
    """Words that tell cases apart which nothing else does."""
    words_known = ("again", "otherwise", "likewise", "as_well", "in_turn", "besides", "moreover", "once_more")
    yield from words_known
    for first in words_known:
        yield from (f"{first}_{second}" for second in words_known)


def _joined(target: str, conditions: list[str], result: str) -> str:
    start, end = f"test_{method_name(target)}", f"_{result}"
    condition = f"_{'_and_'.join(conditions)}" if conditions else ""
    room = max(_LONGEST - len(start) - len(end), 0)
    if len(condition) > room:
        condition = condition[:room].rpartition("_")[0]
    name = re.sub(r"__+", "_", f"{start}{condition}{end}")[: _LONGEST + 12]
    return re.sub(r"[_\d]+$", "", name)


def outcome(case: Case) -> str:
    """How the case ends, as a part of a name."""
    if case.raises is not None:
        return "raises_" + words(case.raises.type.partition(":")[2].rpartition(".")[2])
    for assertion in case.assertions:
        match assertion:
            case Equals(subject="result", expected=expected):
                return "returns_" + _value_words(expected)
            case HasLength(subject="result", size=0):
                return "returns_nothing"
            case HasLength(subject="result", size=1):
                return "returns_one"
            case HasLength(subject="result"):
                return "returns_several"
            case IsInstance(subject="result", cls=cls):
                return "returns_" + words(cls.rpartition(":")[2])
    return "succeeds"


def _value_words(value: Expression) -> str:
    match value:
        case Literal(value=None):
            return "none"
        case Literal(value=bool() as flag):
            return "true" if flag else "false"
        case Items(items=()) | Pairs(items=()):
            return "nothing"
        case Items(items=(_,)):
            return "one"
        case Items() | Pairs():
            return "several"
        case Symbol(path=path):
            return words(path.rpartition(".")[2].rpartition(":")[2])
        case Call(function=function) if function != "decimal:Decimal":
            return words(function.rpartition(":")[2])
        case Name(name=name):
            return words(name)
        case Literal(value=str() as text) if 0 < len(text) <= 20 and words(text):
            return words(text, 3).rstrip("0123456789_") or "text"
        case Literal(value=str() as text):
            return "empty_text" if not text else "text"
        case Fields(cls=cls):
            return words(cls.rpartition(":")[2])
    number = number_of(value)
    return "value" if number is None else _size_words(int(number))


def _size_words(number: int) -> str:
    return {0: "zero", 1: "one", 2: "two", 3: "three"}.get(number, "amount" if number > 0 else "negative")


def differences(scenario: Scenario, base: Scenario | None) -> Iterator[str]:
    """What sets a scenario apart from the plain call of the same target, the most telling first."""
    plain = {} if base is None else {argument.name: argument.value for argument in base.act.arguments}
    for call in scenario.mock_calls:
        if any(outcome.raises for outcome in call.outcomes):
            yield f"{words(call.path[-1])}_fails"
    for item in scenario.replacements:
        if any(result.raises for result in item.outcomes):
            yield f"{words(item.name)}_fails"
    for argument in scenario.act.arguments:
        if isinstance(argument.value, Name) and argument.value.name in _SESSIONS:
            continue
        if plain.get(argument.name) != argument.value:
            yield _argument_words(argument.name, argument.value, is_new=argument.name not in plain)
    if scenario.act.consume != (base.act.consume if base is not None else "") and scenario.act.consume in _CONSUMED:
        yield _CONSUMED[scenario.act.consume]
    for name, value in scenario.environment:
        if value is None:
            yield f"without_{words(name)}"
    for step in scenario.before:
        yield f"after_{words(step.member)}"
    yield from _row_differences(scenario, base)
    yield from _outcome_words(scenario)


def _argument_words(name: str, value: Expression, *, is_new: bool) -> str:
    subject = words(name.removesuffix("_id")) or "value"
    match value:
        case Literal(value=None):
            return f"without_{subject}"
        case Literal(value=999):
            return f"unknown_{subject}"
        case Literal(value=""):
            return f"empty_{subject}"
        case Literal(value=str() as text) if not text.strip():
            return f"blank_{subject}"
        case Literal(value=str() as text) if len(text) > 60:
            return f"long_{subject}"
        case Literal(value=bool() as flag):
            return f"{subject}_{'on' if flag else 'off'}"
        case Items(items=()) | Pairs(items=()):
            return f"empty_{subject}"
        case Symbol(path=path):
            return f"{subject}_{words(path.rpartition('.')[2].rpartition(':')[2])}"
        case Name(name=other):
            return f"{subject}_of_{words(other)}" if words(other) != subject else f"given_{subject}"
        case Literal(value=str() as text) if words(text, 2) and len(text) <= 24:
            return f"{subject}_{words(text, 2)}"
    number = number_of(value)
    if number is not None:
        return f"{_magnitude(number)}{subject}"
    return f"with_{subject}" if is_new else f"other_{subject}"


def _magnitude(number: object) -> str:
    value = float(str(number))
    if value == 0:
        return "zero_"
    if value < 0:
        return "negative_"
    return "large_" if value >= 1000 else ("fractional_" if value < 1 else "given_")


def _row_differences(scenario: Scenario, base: Scenario | None) -> Iterator[str]:
    plain = {} if base is None else {row.name: row.value for row in base.rows}
    for row in scenario.rows:
        if row.name not in plain:
            yield f"with_{words(row.name)}"
        yield from _column_differences(row, plain.get(row.name))
    if not scenario.before:
        yield from (f"without_{words(name)}" for name in plain if scenario.binding(name) is None)


def _column_differences(row: Binding, plain: Expression | None) -> Iterator[str]:
    if not isinstance(row.value, Call):
        return
    before = dict(plain.keywords) if isinstance(plain, Call) else {}
    for column, value in row.value.keywords:
        if plain is not None and before.get(column) != value:
            yield f"{words(row.name)}_{_column_words(column, value)}"


def _column_words(column: str, value: Expression) -> str:
    made = _argument_words(column, value, is_new=False)
    return made.removeprefix("given_").removeprefix("with_")


def _outcome_words(scenario: Scenario) -> Iterator[str]:
    for item in scenario.replacements:
        for result in item.outcomes:
            if isinstance(result.value, Call) and not result.raises:
                for name, value in result.value.keywords:
                    if isinstance(value, Literal) and isinstance(value.value, str) and len(value.value) <= 24:
                        yield f"{words(name)}_{words(value.value, 2)}"
