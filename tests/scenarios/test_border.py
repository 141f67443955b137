"""Calls that leave the project: replaced once, and answered in the shape in which the answer is used."""

from laboratory import Laboratory

from proctor.execution.expressions import Call, Function, Items, Literal, Pairs, StandIn
from proctor.execution.records import Observation, Raised
from proctor.scenarios.border import NAMESPACE, of_shape, replaced, settled
from proctor.scenarios.scenario import Outcome, Replacement, Scenario, Step, slots, with_value
from proctor.scenarios.search import Search

BARE = Scenario("f", Step("function", "lab:f", "f"))
REFUSED = Observation("denied", site={"holder": "subprocess", "name": "run"})


def answered_by(value) -> Scenario:
    return Scenario("f", BARE.act, replacements=(Replacement("subprocess", "run", (Outcome(value),)),))


def test_a_refused_call_is_replaced_by_a_stand_in():
    assert replaced(BARE, REFUSED) == answered_by(StandIn("run"))


def test_a_call_is_replaced_only_once_and_only_when_it_was_refused():
    assert replaced(answered_by(StandIn("run")), REFUSED) is None
    assert replaced(BARE, Observation("denied")) is None
    assert replaced(BARE, Observation("returned", site={"holder": "subprocess", "name": "run"})) is None


def test_a_stand_in_becomes_a_plain_object_of_the_shape_it_was_used_in():
    seen = Observation("returned", shapes={"0": {"attributes": {"returncode": {"numeric": True}, "id": {}}}})

    assert settled(answered_by(StandIn("run")), seen) == answered_by(
        Call(NAMESPACE, (), (("id", Literal("id_123")), ("returncode", Literal(3))))
    )


def test_a_stand_in_stays_until_the_call_has_ended():
    assert settled(answered_by(StandIn("run")), Observation("timeout")) is None


def test_an_attribute_that_turns_out_to_be_missing_is_added():
    message = "'types.SimpleNamespace' object has no attribute 'stdout'"
    raised = Raised("builtins:AttributeError", (), message, "implicit", "lab.py", 1, "f")
    first = Call(NAMESPACE, (), (("token", Literal("x")),))

    assert settled(answered_by(first), Observation("raised", raised=raised)) == answered_by(
        Call(NAMESPACE, (), (("stdout", Literal("stdout")), ("token", Literal("x"))))
    )


def test_nothing_is_settled_where_every_answer_is_plain():
    assert settled(answered_by(Literal(1)), Observation("returned")) is None


def test_each_use_has_its_shape():
    assert of_shape({"items": {"id": {}, "total": {"numeric": True}}}, "reply") == Pairs(
        ((Literal("id"), Literal("id_123")), (Literal("total"), Literal(3)))
    )
    assert of_shape({"iterated": True}, "names") == Items("list", (Literal("Ada Lovelace"),))
    assert of_shape({"called": {"result": {"numeric": True}}}, "page") == Function(Literal(1))
    assert of_shape({"entered": {"entered": {"attributes": {"url": {}}}}}, "reply") == Call(
        "contextlib:nullcontext", (Call(NAMESPACE, (), (("url", Literal("https://example.com/page")),)),)
    )


def test_a_program_that_leaves_the_project_is_called_with_the_exit_code_it_looks_for(plain: Laboratory):
    search: Search = plain.search("ping")

    endings = [
        (item.scenario.replacements[0].outcomes[0].value, item.scenario.replacements[0].outcomes[0].raises)
        for item in search.found
        if item.seen.result in (Literal("unknown host"), Literal("no ping here"))
    ]
    assert sorted(endings, key=str) == [
        (Call("builtins:FileNotFoundError", (Literal("simulated failure"),)), True),
        (Call(NAMESPACE, (), (("returncode", Literal(68)),)), False),
    ]


def test_what_a_replaced_call_was_given_is_observed(plain: Laboratory):
    [scenario] = [item.scenario for item in plain.search("ping").found if item.seen.result == Literal("unknown host")]
    [argument] = scenario.act.arguments
    other = with_value(scenario, next(slots(scenario)), Literal("example.org"))

    assert argument.value == Literal("example.com")
    assert plain.see(other).replaced_calls == {
        "0": [
            {
                "args": [Items("list", (Literal("ping"), Literal("example.org"))).to_json()],
                "keywords": [],
            }
        ]
    }
