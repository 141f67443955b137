"""Nobody is blamed without evidence, and a crash is reported once."""

from collections.abc import Iterator
from dataclasses import replace

import judged_programs
import pytest
from laboratory import Laboratory, laboratory

from proctor.analysis.call_index import index_calls
from proctor.analysis.callers import CallerFact, find_callers
from proctor.analysis.reading import ParsedModule, parse_module
from proctor.execution.expressions import NONE, Expression, Literal, Pairs
from proctor.oracles.findings import Finding, find_bugs
from proctor.scenarios.scenario import Scenario
from proctor.scenarios.search import Search


@pytest.fixture(scope="module")
def bugs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(tmp_path_factory.mktemp("bugs"), judged_programs.BUGS) as loaded:
        yield loaded


def callers(lab: Laboratory, function: str, call: str, kind: str) -> tuple[CallerFact, ...]:
    source = "from lab import *\n" + judged_programs.CALLERS[kind].format(call=call)
    modules = [parse_module("lab.py", "lab", lab.source), parse_module("routes.py", "routes", source)]
    index = index_calls([module for module in modules if isinstance(module, ParsedModule)])
    return find_callers(index, "lab", function)


def with_arguments(scenario: Scenario, **values: Expression) -> Scenario:
    arguments = tuple(
        replace(argument, value=values.get(argument.name, argument.value)) for argument in scenario.act.arguments
    )
    return replace(scenario, act=replace(scenario.act, arguments=arguments))


def searched(lab: Laboratory, function: str, *parameters: str) -> Search:
    """A search from the plain call and, as a caller may pass it, from the same call with None."""
    search, base = lab.unrun(function), lab.base(function)
    search.run([base, *(with_arguments(base, **{name: NONE}) for name in parameters)])
    return search


def judged(lab: Laboratory, function: str, facts: tuple[CallerFact, ...], *parameters: str) -> tuple[Finding, ...]:
    search = searched(lab, function, *parameters)
    healthy = [item.scenario for item in search.found if item.seen.outcome == "returned"]
    return find_bugs(search.target, search.crashes, facts, healthy)


def test_none_that_a_caller_may_pass_is_one_finding_with_its_evidence(bugs: Laboratory):
    facts = callers(bugs, "Shelf.search", "Shelf().search(query)", "passes an optional value on")

    [finding] = judged(bugs, "Shelf.search", facts, "query")

    assert finding == Finding(
        function="Shelf.search",
        parameter="query",
        path="lab.py",
        line=9,
        exception="builtins:TypeError",
        message="'in <string>' requires string as left operand, not NoneType",
        severity="medium",
        evidence=finding.evidence,
        scenario=with_arguments(bugs.base("Shelf.search"), query=NONE),
    )
    assert finding.issue == (
        "No None guard on `query`: raises TypeError ('in <string>' requires string as left operand, not NoneType)"
    )
    assert finding.evidence == (
        "routes.py:4 route passes `query`, declared as `query: str | None = None`, without looking at it first",
    )


@pytest.mark.parametrize("kind", ["guards it", "never has None", "calls something else"])
def test_none_that_no_caller_passes_is_no_finding(bugs: Laboratory, kind):
    assert judged(bugs, "Shelf.search", callers(bugs, "Shelf.search", "Shelf().search(query)", kind), "query") == ()


def test_a_crash_without_any_caller_is_no_finding(bugs: Laboratory):
    assert [seen.raised.message for _, seen in searched(bugs, "shout", "text").crashes if seen.raised] == [
        "'NoneType' object has no attribute 'upper'"
    ]
    assert judged(bugs, "shout", (), "text") == ()


def test_an_annotation_that_allows_none_is_evidence(bugs: Laboratory):
    [finding] = judged(bugs, "whisper", (), "text")

    assert (finding.parameter, finding.evidence) == ("text", ("the annotation of `text` allows None",))


def test_none_is_tried_where_the_annotation_allows_it(bugs: Laboratory):
    assert [finding.parameter for finding in judged(bugs, "whisper", ())] == ["text"]


def test_an_exception_that_is_raised_on_purpose_is_no_finding(bugs: Laboratory):
    facts = callers(bugs, "refuse", "refuse(query)", "passes an optional value on")

    assert [fact.is_evidence for fact in facts] == [True]
    assert judged(bugs, "refuse", facts, "text") == ()


def test_a_crash_that_also_happens_without_none_is_no_finding(bugs: Laboratory):
    facts = callers(bugs, "always_broken", "always_broken(query)", "passes an optional value on")

    assert [fact.is_evidence for fact in facts] == [True]
    assert judged(bugs, "always_broken", facts, "text") == ()


def test_a_crash_on_another_none_is_not_blamed_on_the_argument(bugs: Laboratory):
    facts = callers(bugs, "label", "label(query, {})", "passes an optional value on")
    empty = with_arguments(bugs.base("label"), names=Pairs())
    filled = with_arguments(empty, names=Pairs(((Literal("lamp"), Literal("desk")),)))
    crashes = [(scenario, bugs.see(scenario)) for scenario in (with_arguments(empty, text=NONE), empty)]

    assert [seen.raised.message for _, seen in crashes if seen.raised] == [
        "'NoneType' object has no attribute 'upper'"
    ] * 2
    assert [bugs.see(filled).outcome, bugs.see(with_arguments(filled, text=NONE)).outcome] == ["returned"] * 2
    assert find_bugs(bugs.target("label"), crashes, facts, [filled]) == ()


def test_two_nones_at_once_blame_nobody(bugs: Laboratory):
    facts = callers(bugs, "joined", "joined(query, other)", "passes two optional values on")
    both = with_arguments(bugs.base("joined"), first=NONE, second=NONE)

    assert find_bugs(bugs.target("joined"), [(both, bugs.see(both))], facts, [bugs.base("joined")]) == ()


def test_each_parameter_is_reported_once(bugs: Laboratory):
    facts = callers(bugs, "joined", "joined(query, other)", "passes two optional values on")
    base = bugs.base("joined")
    scenarios = [
        with_arguments(base, first=NONE),
        with_arguments(base, second=NONE),
        with_arguments(base, first=NONE, second=Literal("other")),
    ]

    found = find_bugs(bugs.target("joined"), [(item, bugs.see(item)) for item in scenarios], facts, [base])

    assert [(item.parameter, item.scenario) for item in found] == [("first", scenarios[0]), ("second", scenarios[1])]
