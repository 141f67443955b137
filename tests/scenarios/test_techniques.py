"""Each technique of the search decides a branch of a small program that nothing else decides."""

from collections.abc import Iterator

import pytest
from laboratory import Laboratory

from proctor.execution.expressions import Call, Expression, Literal, Name
from proctor.execution.records import Observation
from proctor.scenarios.proposals import Proposer
from proctor.scenarios.scenario import MockCall, Outcome, Scenario
from proctor.scenarios.search import Search


class AimlessProposer(Proposer):
    """Varies in every direction, and follows no operand and no word of a condition."""

    def directed(self, scenario: Scenario, seen: Observation, open_sites: frozenset[int]) -> Iterator[Scenario]:
        return iter(())

    def paired(self, scenario: Scenario, seen: Observation, open_sites: frozenset[int]) -> Iterator[Scenario]:
        return iter(())

    def broad(self, scenario: Scenario, seen: Observation) -> Iterator[Scenario]:
        return self.other_values(scenario, seen)


def answers(search: Search) -> list[Expression | str]:
    """The distinct ways in which the found scenarios end: what they return, or the type of what they raise."""
    ends = [item.seen.raised.type if item.seen.raised else item.seen.result for item in search.found]
    return [end for index, end in enumerate(ends) if end is not None and end not in ends[:index]]


def texts(*values: object) -> list[object]:
    return [Literal(value) if not str(value).startswith("builtins:") else value for value in values]


# program, what all of its ends are, what stays open when operands and conditions are not followed
PLAIN_PROGRAMS = {
    "an operand says the text": ("opens", texts(False, True), [("word == 'sesame-7f3a'", "T")]),
    "an operand says the number": ("is_answer", texts("no", "the answer"), [("number == 738219", "T")]),
    "an operand that was trimmed and lowered": (
        "opens_whispered",
        texts(False, True),
        [("word.strip().lower() == 'alohomora'", "T")],
    ),
    "an operand that is a length": ("fits_exactly", texts(False, True), [("len(code) == 37", "T")]),
    "step stones towards a computed number": (
        "tariff",
        texts("ordinary", "jackpot"),
        [("cost == 1483215", "T")],
    ),
    "membership": ("pigment", texts("cheap", "precious"), [("colour in ('ultramarine', 'vermilion')", "T")]),
    "a key that get() asked for": ("fee", texts(0, 3), [("amount is None", "F")]),
    "a key that was not there": ("capital", texts("Oslo"), [("capital", "enter")]),
    "a regular expression": (
        "is_serial",
        texts(False, True),
        [("re.fullmatch('[A-Z]{2}-[0-9]{4}/x', text)", "T")],
    ),
    "a class": (
        "describe",
        texts("other", "several", "exact"),
        [("isinstance(value, Decimal)", "T"), ("isinstance(value, tuple)", "T")],
    ),
    "a missing key of an argument": (
        "retries",
        texts("some", "for ever"),
        [
            ("options['attempt_limit'] == 'unlimited'", "F"),
            ("options['attempt_limit'] == 'unlimited'", "T"),
            ("retries", "enter"),
        ],
    ),
    "predicates of texts": (
        "scheme",
        texts("text", "urn", "shouted", "archive"),
        [("text.endswith('.tar.gz')", "T"), ("text.isupper()", "T"), ("text.startswith('urn:')", "T")],
    ),
    "a field of an object in an argument": (
        "postage",
        texts(5, 20, 99),
        [
            ("person.place.country == 'Liechtenstein'", "T"),
            ("person.place.floor > 41", "F"),
            ("person.place.floor > 41", "T"),
        ],
    ),
    "the answer and the failure of a call that leaves the project": (
        "ping",
        texts("some answer", "unknown host", "no ping here"),
        [("FileNotFoundError", "enter"), ("reply.returncode == 68", "T")],
    ),
}

DATABASE_PROGRAMS = {
    "a row that a filter asks for": ("Gatekeepers.count_wardens", texts("open", "guarded"), [("wardens", "T")]),
    "a row that has the unique value already": (
        "enrol_boldly",
        texts("enrolled", "taken"),
        [("IntegrityError", "enter")],
    ),
    "a relationship that the words of the condition name": (
        "price",
        texts(100, "builtins:LookupError", 50, 1),
        [("ticket.voucher", "T"), ("ticket.voucher.percent > 60", "F"), ("ticket.voucher.percent > 60", "T")],
    ),
    "a session whose commit fails": ("archive", texts(True, False), [("OperationalError", "enter")]),
}


@pytest.mark.parametrize(("program", "ends", "left_open"), PLAIN_PROGRAMS.values(), ids=PLAIN_PROGRAMS)
def test_a_technique_decides_what_aimless_variation_leaves_open(plain: Laboratory, program, ends, left_open):
    search = plain.search(program)
    aimless = plain.search(program, AimlessProposer)

    assert (sorted(map(str, answers(search))), plain.open_conditions(search)) == (sorted(map(str, ends)), [])
    assert plain.open_conditions(aimless) == left_open


@pytest.mark.parametrize(("program", "ends", "left_open"), DATABASE_PROGRAMS.values(), ids=DATABASE_PROGRAMS)
def test_a_technique_arranges_the_database_that_aimless_variation_does_not(
    database: Laboratory, program, ends, left_open
):
    search = database.search(program)
    aimless = database.search(program, AimlessProposer)

    assert (sorted(map(str, answers(search))), database.open_conditions(search)) == (sorted(map(str, ends)), [])
    assert database.open_conditions(aimless) == left_open


def test_a_threshold_on_a_computed_sum_is_passed(plain: Laboratory):
    assert answers(plain.search("is_bulk")) == texts("retail", "bulk")


def test_every_member_of_an_enum_is_tried(plain: Laboratory):
    assert answers(plain.search("is_rare")) == texts(False, True)


def test_an_argument_and_a_column_are_changed_together(database: Laboratory):
    search = database.search("move")

    [(scenario, seen)] = [
        (item.scenario, item.seen)
        for item in search.found
        if item.seen.raised is not None and item.seen.raised.type == "builtins:ValueError"
    ]
    [ticket] = [row.value for row in scenario.rows if row.name == "ticket"]
    assert isinstance(ticket, Call)
    assert (dict(ticket.keywords)["state"], scenario.act.arguments[2].value) == (
        Literal("punched"),
        Literal("refunded"),
    )
    assert seen.raised is not None
    assert seen.raised.message == "a punched ticket is not refunded"


def test_a_call_with_an_id_gets_the_row_and_the_rows_it_refers_to(database: Laboratory):
    base = database.base("price")

    assert [(row.name, row.value) for row in base.rows] == [
        (
            "patron",
            Call(
                "lab:Patron",
                (),
                (("id", Literal(1)), ("email", Literal("ada@example.com")), ("rank", Literal("rank"))),
            ),
        ),
        (
            "ticket",
            Call(
                "lab:Ticket",
                (),
                (("id", Literal(1)), ("state", Literal("US")), ("patron_id", Name("patron", "id"))),
            ),
        ),
    ]
    assert base.act.arguments[1].value == Name("ticket", "id")
    assert base.database == "session"


def test_a_handler_of_the_database_is_entered_by_the_one_call_that_raises(database: Laboratory):
    forced = [item.scenario.mock_calls for item in database.search("archive").found if item.scenario.mock_calls]
    made = database.report.exceptions["OperationalError"]

    assert forced == [(MockCall(("commit()",), (Outcome(made, raises=True),)),)]


def test_a_branch_that_needs_an_earlier_call_is_open_until_that_call_stands_before(plain: Laboratory):
    search = plain.search("Turnstile.push")
    alone = plain.open_conditions(search)
    paying = plain.base("Turnstile.pay")

    search.run(list(plain.proposer("Turnstile.push").after(plain.base("Turnstile.push"), [paying.act])))

    assert (alone, plain.open_conditions(search)) == ([("self._coins", "T")], [])
    assert [(item.scenario.before, item.seen.result) for item in search.found] == [
        ((), Literal("blocked")),
        ((paying.act,), Literal("through")),
    ]
