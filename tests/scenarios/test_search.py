"""The search as a whole: it repeats itself, stops, keeps few scenarios and makes them small."""

import pytest
from laboratory import Laboratory

from proctor.execution.expressions import Literal
from proctor.execution.records import Observation
from proctor.scenarios.goals import Goals
from proctor.scenarios.rows import RowSource
from proctor.scenarios.scenario import Scenario, Step
from proctor.scenarios.search import Found, Search, SearchLimits, minimised, selected


class ScriptedObserver:
    """Answers from a script, in order, the last answer over and over, and remembers what it was asked."""

    def __init__(self, *answers: Observation) -> None:
        self._answers = answers
        self.asked: list[Scenario] = []

    def observe(self, scenarios: list[Scenario], *, detail: bool = False, record: bool = False) -> list[Observation]:
        start = len(self.asked)
        self.asked += scenarios
        return [self._answers[min(start + index, len(self._answers) - 1)] for index in range(len(scenarios))]


@pytest.mark.parametrize("program", ["postage", "tariff", "ping", "scheme"])
def test_the_same_search_finds_the_same_scenarios(plain: Laboratory, program):
    first, second = plain.search(program), plain.search(program)

    assert [item.scenario for item in first.found] == [item.scenario for item in second.found]
    assert (first.runs, first.reached) == (second.runs, second.reached)


@pytest.mark.parametrize("program", ["price", "move", "enrol"])
def test_the_same_search_under_another_hash_seed_and_on_another_day_finds_the_same(database: Laboratory, program):
    first = database.search(program)
    second = Search(
        database.target(program),
        database.goals,
        database.proposer(program),
        database.observers.second,
        SearchLimits(),
        lambda seen: True,
    )

    second.run([database.base(program)])

    assert [item.scenario for item in second.found] == [item.scenario for item in first.found]


def test_no_scenario_is_run_twice(plain: Laboratory):
    observer = ScriptedObserver(Observation("returned", result=Literal(1)))
    search = Search(
        plain.target("is_answer"),
        plain.goals,
        plain.proposer("is_answer"),
        observer,
        SearchLimits(runs=200),
        lambda seen: True,
    )

    search.run([plain.base("is_answer")])

    assert len(set(observer.asked)) == len(observer.asked) == search.runs


def test_a_search_ends_when_as_many_runs_as_its_limit_have_reached_no_new_branch(plain: Laboratory):
    assert plain.search("tariff", runs=20).runs == 1 + 20


def test_a_search_with_nothing_left_to_try_stops(plain: Laboratory):
    search = plain.search("Turnstile.push")

    assert (search.runs, plain.open_conditions(search)) == (1, [("self._coins", "T")])


def test_a_search_with_no_open_branch_spends_only_the_extra_runs(plain: Laboratory):
    search = plain.unrun("is_rare", runs=400)

    search.run([plain.base("is_rare")])

    assert search.runs <= 1 + 2 + SearchLimits().extra_runs


def test_goals_of_other_functions_that_were_reached_elsewhere_are_not_open(plain: Laboratory):
    search = plain.unrun("Turnstile.push")
    own = search.open_goals()
    others = plain.goals.within(frozenset({"opens"}))
    search.functions.add("opens")

    assert search.open_goals() == own | others
    assert search.open_goals(others) == own


def test_crashes_and_refusals_are_kept_apart_from_what_a_test_may_expect(plain: Laboratory):
    search = plain.unrun("capital")
    base = plain.base("capital")

    search.run([base])

    assert [seen.raised.type for _, seen in search.crashes if seen.raised] == ["builtins:KeyError"] * len(
        search.crashes
    )
    assert (search.crashes[0][0], search.failed) == (base, [])
    assert [item.seen.result for item in search.found] == [Literal("Oslo")]


def test_lost_and_timed_out_runs_are_failed_and_reach_nothing(plain: Laboratory):
    observer = ScriptedObserver(Observation("lost"))
    goals = plain.goals
    search = Search(plain.target("opens"), goals, plain.proposer("opens"), observer, SearchLimits(), lambda seen: True)
    base = plain.base("opens")

    search.run([base])

    assert (search.found, search.reached, search.failed) == ([], set(), [(base, Observation("lost"))])


def _found(name: str, reached: set[tuple[int, str]], result: object) -> Found:
    scenario = Scenario(name, Step("function", f"lab:{name}", name))
    return Found(scenario, Observation("returned", result=Literal(result)), frozenset(reached))  # type: ignore[arg-type]  # a plain value


def test_the_selection_reaches_everything_with_few_scenarios_in_the_order_found():
    some, other = _found("some", {(1, "T")}, 5), _found("other", {(2, "F")}, 5)
    both, more = _found("both", {(1, "T"), (2, "F")}, 5), _found("more", {(3, "enter")}, 5)
    wanted = frozenset({(1, "T"), (2, "F"), (3, "enter")})

    # the first one that returns is kept: it is the plain call, which shows what the others differ from
    assert selected([some, other, both, more], wanted) == [some, other, more]
    assert selected([more, other, both, some], wanted) == [more, both]


def test_the_selection_keeps_every_way_to_end():
    plain_end, none_end = _found("value", {(1, "T"), (2, "T")}, 5), _found("none", {(1, "T")}, None)
    empty_end, same_end = _found("empty", {(1, "T")}, ""), _found("same", {(1, "T")}, 7)
    wanted = frozenset({(1, "T"), (2, "T")})

    assert selected([plain_end, none_end, empty_end, same_end], wanted) == [plain_end, none_end, empty_end]


def test_the_selection_of_nothing_is_nothing():
    assert selected([], frozenset({(1, "T")})) == []


def test_the_path_without_an_exception_is_kept_beside_the_one_through_the_handler(database: Laboratory):
    kept = database.kept(database.search("enrol_boldly"))

    assert [item.seen.result for item in kept] == [Literal("enrolled"), Literal("taken")]


def test_minimising_drops_arguments_that_change_nothing(plain: Laboratory):
    search = plain.search("greet")
    parameters = {parameter.name: parameter for parameter in plain.target("greet").parameters}
    goals = plain.goals
    larger = plain.composer.with_argument(plain.base("greet"), parameters["times"], Literal(2))
    assert larger is not None
    loud = plain.composer.with_argument(larger, parameters["loudly"], Literal(True))
    assert loud is not None
    seen = plain.see(loud)
    assert search.found

    smaller = minimised(Found(loud, seen, goals.reached(seen)), goals.needed, goals, plain.first)

    assert [(argument.name, argument.value) for argument in smaller.scenario.act.arguments] == [
        ("name", Literal("Ada Lovelace")),
        ("loudly", Literal(True)),
    ]
    assert smaller.seen.result == Literal("HELLO ADA LOVELACE")


def test_minimising_drops_earlier_calls_that_change_nothing(plain: Laboratory):
    paying = plain.base("Turnstile.pay")
    base = plain.base("Turnstile.pay")
    [scenario] = list(plain.proposer("Turnstile.pay").after(base, [paying.act]))
    seen = plain.see(scenario)

    smaller = minimised(Found(scenario, seen, plain.goals.reached(seen)), plain.goals.needed, plain.goals, plain.first)

    assert smaller.scenario == base


def test_minimising_drops_rows_that_nothing_needs_and_keeps_those_that_something_does(database: Laboratory):
    base = database.base("price")
    extra = RowSource(database.report.models).add(base, database.report.models["lab:Voucher"])
    seen = database.see(extra)
    goals = database.goals

    smaller = minimised(Found(extra, seen, goals.reached(seen)), goals.needed, goals, database.first)

    assert ([row.name for row in extra.rows], [row.name for row in smaller.scenario.rows]) == (
        ["patron", "ticket", "voucher"],
        ["patron", "ticket"],
    )


def test_goals_count_branches_as_needed_and_operands_and_repetitions_as_wanted(plain: Laboratory):
    goals = plain.goals
    sites = {site.id: site for site in goals.sites.values() if site.function == "longest"}

    def named(chosen: frozenset[tuple[int, str]]) -> list[tuple[str, str, str]]:
        return sorted((sites[site].kind, sites[site].text, outcome) for site, outcome in chosen if site in sites)

    assert named(goals.needed) == [
        ("function", "longest", "enter"),
        ("if", "len(word) > len(found)", "F"),
        ("if", "len(word) > len(found)", "T"),
        ("loop", "words", "done"),
        ("loop", "words", "enter"),
    ]
    assert named(goals.wanted) == [("loop", "words", "again"), ("loop", "words", "empty")]
    assert goals.within(frozenset({"longest"})) == frozenset(goal for goal in goals.needed if goal[0] in sites)


def test_what_a_run_reached_names_the_functions_that_it_entered(plain: Laboratory):
    seen = plain.see(plain.base("longest"))
    goals: Goals = plain.goals

    assert goals.functions_entered(seen) == {"longest"}
    assert {(goals.sites[site].kind, outcome) for site, outcome in goals.reached(seen)} == {
        ("function", "enter"),
        ("if", "T"),
        ("loop", "enter"),
        ("loop", "done"),
    }


def test_a_hurried_search_only_runs_what_it_was_given(plain: Laboratory):
    base = plain.base("tariff")
    search = Search(
        plain.target("tariff"),
        plain.goals,
        plain.proposer("tariff"),
        plain.observers.first,
        SearchLimits(runs=200, is_over=lambda: True),
        lambda seen: True,
    )

    search.run([base])

    assert (search.runs, bool(search.open_goals())) == (1, True)
