"""States of objects are kept once each by the shortest way, and calls are made in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.execution.expressions import Call, Expression, Items, Literal, Name
from proctor.execution.records import CallableReport, Observation, ParameterReport, TypeReport
from proctor.scenarios.scenario import Argument, Binding, Scenario, Step
from proctor.scenarios.states import StatePool, enlarged, in_states, with_objects

BOX = "shop:Box"
UNKNOWN = TypeReport("unknown")


def made(*values: Expression) -> Binding:
    return Binding("box", Call(BOX, values))


def calling(member: str, *values: Expression, box: Binding | None = None, before: tuple[Step, ...] = ()) -> Scenario:
    arguments = tuple(Argument("item", value, False) for value in values)
    act = Step("method", f"shop:Box.{member}", member, "box", arguments)
    return Scenario(f"Box.{member}", act, (box or made(),), before=before)


def left(state: str, result: str = "") -> Observation:
    return Observation("returned", states={"receiver": f"{BOX}({state})", "result": result})


def method(name: str) -> CallableReport:
    item = ParameterReport("item", "either", UNKNOWN, False, None)
    return CallableReport(name, f"Box.{name}", BOX, "method", (item,), UNKNOWN, False, False, False, False, 1)


@pytest.fixture
def pool() -> StatePool:
    return StatePool({}, frozenset({BOX}))


def ways(pool: StatePool) -> list[tuple[str, ...]]:
    return [tuple(step.member for step in state.before) for state in pool.of(BOX)]


def test_a_state_is_kept_by_its_shortest_way(pool: StatePool):
    push = calling("push", Literal(1))
    pool.notice(replace(push, before=(push.act,)), left("items=1"))
    pool.notice(push, left("items=1"))
    pool.notice(replace(push, before=(push.act,)), left("items=2"))

    assert ways(pool) == [("push",), ("push", "push")]


def test_what_a_call_raised_or_a_database_holds_is_no_state(pool: StatePool):
    push = calling("push", Literal(1))
    pool.notice(push, replace(left("items=1"), outcome="raised"))
    pool.notice(replace(push, database="session"), left("items=1"))

    assert len(pool) == 0


def test_an_object_that_a_function_made_is_a_value_and_one_that_a_method_made_is_a_named_step(pool: StatePool):
    function = Scenario("filled", Step("function", "shop:filled", "filled", "", (Argument("size", Literal(3), False),)))
    pool.notice(function, Observation("returned", states={"result": f"{BOX}(items=3)"}))
    pool.notice(calling("copy"), left("items=0", f"{BOX}(items=copied)"))

    found = [(state.receiver, state.expression, tuple(step.name for step in state.before)) for state in pool.of(BOX)]
    assert found == [
        ("box", Call("shop:filled", (Literal(3),)), ()),
        ("box", None, ("",)),
        ("other_box", None, ("other_box",)),
    ]


def test_a_call_is_made_in_each_state_and_asks_first_for_what_went_in(pool: StatePool):
    pool.notice(calling("push", Literal(7)), left("items=1"))
    drop = calling("drop", Literal("text"))

    tried = list(in_states(method("drop"), [drop], pool.of(BOX), lambda step, target: True))

    push = calling("push", Literal(7)).act
    assert [(item.before, item.act.arguments[0].value) for item in tried] == [
        ((push,), Literal(7)),
        ((push,), Literal("text")),
    ]


def test_states_made_by_calls_that_change_what_is_read_come_first(pool: StatePool):
    pool.notice(calling("paint"), left("colour=str:3"))
    pool.notice(calling("seal"), left("sealed=True"))
    relevant = lambda step, target: step.endswith("seal")  # noqa: E731 - two words long

    tried = list(in_states(method("drop"), [calling("drop")], pool.of(BOX), relevant))

    assert [step.member for item in tried for step in item.before] == ["seal", "paint"]


def test_untyped_arguments_of_a_method_are_objects_of_its_class_too(pool: StatePool):
    function = Scenario("filled", Step("function", "shop:filled", "filled"))
    pool.notice(function, Observation("returned", states={"result": f"{BOX}(items=3)"}))

    given = list(with_objects(calling("merge", Literal("text")), method("merge"), pool))

    assert [item.act.arguments[0].value for item in given] == [Name("box"), Call("shop:filled")]


def test_a_structure_is_made_with_many_items():
    few = calling("drop", box=made(Items("list", (Literal(1),))))

    [many] = enlarged(few)

    assert many.bindings == (made(Call("builtins:list", (Call("builtins:range", (Literal(20),)),))),)
