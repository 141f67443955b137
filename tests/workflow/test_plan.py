import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflow_doubles import phase, plan_of

from proctor.errors import PlanError
from proctor.workflow.plan import Group, Phase, Plan, PlannedAgent, read_plan, task_for
from proctor.workflow.records import Task

ARTICLE = (
    '{"workflow_version":"1.0","effort_level":"ultracode","phases":[{"id":"phase-1","strategy":"parallel","agents":['
    '{"id":"agent-a","target":"app/services/user_service.py","output":"tests/test_user_service.py","constraints":'
    '["no source modification","pytest only","min_coverage: 85"]},{"id":"agent-b","target":"app/services/'
    'product_service.py","output":"tests/test_product_service.py","constraints":["no source modification","pytest only"'
    ',"min_coverage: 85"]}]},{"id":"phase-2","strategy":"parallel","depends_on":"phase-1","agents":[{"id":"agent-c",'
    '"target":"app/services/order_service.py","output":"tests/test_order_service.py"},{"id":"agent-d","target":"app/'
    'services/payment_service.py","output":"tests/test_payment_service.py"}]},{"id":"phase-3","strategy":"sequential",'
    '"depends_on":"phase-2","agents":[{"id":"agent-e","tasks":["conftest.py","pyproject.toml","COVERAGE_REPORT.md"]}]}]}'
)


def document(*phases: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"workflow_version": "1.0", "effort_level": "low", "phases": phases, **fields})


def agents(name: str, *agents: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": name, "strategy": "parallel", "agents": agents, **fields}


def test_the_article_plan_is_read_as_it_stands_and_written_back_with_the_same_content() -> None:
    plan = read_plan(ARTICLE, "plan.json")

    assert [(phase.id, phase.strategy, phase.depends_on) for phase in plan.phases] == [
        ("phase-1", "parallel", ()),
        ("phase-2", "parallel", ("phase-1",)),
        ("phase-3", "sequential", ("phase-2",)),
    ]
    assert plan.phases[2].agents == (
        PlannedAgent(id="agent-e", tasks=("conftest.py", "pyproject.toml", "COVERAGE_REPORT.md")),
    )
    assert plan.to_json_text() == json.dumps(json.loads(ARTICLE), indent=2) + "\n"


def test_a_written_plan_reads_back_equal_with_groups_and_several_dependencies() -> None:
    large = PlannedAgent(id="c", target="c.py", groups=(Group(name="life cycle", members=("start", "stop")),))
    plan = plan_of(
        phase("one", "a"),
        phase("two", "b"),
        Phase(id="three", strategy="sequential", depends_on=("one", "two"), agents=(large,)),
    )

    assert read_plan(plan.to_json_text(), "plan.json") == plan
    assert json.loads(plan.to_json_text())["phases"][2]["depends_on"] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "slug", "message", "hint"),
    [
        ("{", "plan-not-json", "w.json: Invalid JSON: EOF while parsing an object at line 1 column 1", "JSON"),
        ("[]", "plan-field-invalid", "w.json:1:1: the whole file: ", "correct"),
        (
            document(agents("p", {"id": "a", "outptu": "x"})),
            "plan-field-invalid",
            "w.json:1:122: phases[0].agents[0].outptu: Extra inputs are not permitted",
            "remove it, or use one of: id, target, output, constraints, tasks, groups",
        ),
        (
            document(extra=1),
            "plan-field-invalid",
            "w.json:1:66: extra: Extra inputs",
            "use one of: workflow_version, effort_level, phases",
        ),
        (
            document({"id": "p", "agents": []}),
            "plan-field-invalid",
            "w.json:1:63: phases[0].strategy: Field",
            "add the",
        ),
        (
            document(effort_level="max"),
            "plan-field-invalid",
            "w.json:1:29: effort_level: ",
            "'low', 'balanced', 'high'",
        ),
        (document(agents("p", {"id": ""})), "plan-field-invalid", "w.json:1:111: phases[0].agents[0].id: ", "correct"),
        (
            document(agents("p"), agents("p")),
            "duplicate-id",
            "w.json:1:115: phases[1].id: the id 'p' is already used at phases[0].id",
            "another id",
        ),
        (
            document(agents("p", {"id": "a"}), agents("q", {"id": "a"})),
            "duplicate-id",
            "w.json:1:173: phases[1].agents[0].id: the id 'a' is already used at phases[0].agents[0].id",
            "another id",
        ),
        (
            document(agents("p"), agents("q", depends_on=["p", "r"])),
            "unknown-phase",
            "w.json:1:164: phases[1].depends_on: phase 'q' waits for 'r', which is not in the plan",
            "use one of: p, q",
        ),
        (
            document(agents("p", depends_on="p")),
            "phase-cycle",
            "w.json:1:113: phases[0].depends_on: the phases wait for each other: p → p",
            "depends_on: p",
        ),
        (
            document(agents("p", {"id": "a", "output": "t/x.py"}), agents("q", {"id": "b", "output": "./t/x.py"})),
            "output-claimed-twice",
            "w.json:1:204: phases[1].agents[0].output: the agents 'a' and 'b' would both write './t/x.py'",
            "another output",
        ),
    ],
)
def test_a_faulty_plan_names_the_place_and_the_fix(text: str, slug: str, message: str, hint: str) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(text, "w.json")

    assert (caught.value.slug, caught.value.message.startswith(message), hint in caught.value.hint) == (
        slug,
        True,
        True,
    ), (caught.value.message, caught.value.hint)


LINES = """{
  "workflow_version": "1.0", "effort_level": "low",
  "phases": [
    {"id": "p", "strategy": "parallel",
     "agents": [
       {"id": "a", "output": "tests/test_a.py"},
       {"id": "b", "output": %s}
     ]}
  ]
}"""


@pytest.mark.parametrize(
    ("output", "place"),
    [
        ('"tests/test_a.py"', "w.json:7:20: phases[0].agents[1].output: the agents 'a' and 'b'"),
        ('"src/b.py"', "w.json:7:20: phases[0].agents[1].output: 'src/b.py' is outside the paths"),
        ("[1]", "w.json:7:20: phases[0].agents[1].output: Input should be a valid string"),
        ('"tests/\\u00e9.py", "x": {}', "w.json:7:49: phases[0].agents[1].x: Extra inputs"),
    ],
)
def test_a_fault_is_shown_with_its_line_and_column(output: str, place: str) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(LINES % output, "w.json", lambda path: path.startswith("tests/"))

    assert caught.value.message[: len(place)] == place


def test_of_two_fields_with_one_name_the_place_is_that_of_the_one_that_counts() -> None:
    with pytest.raises(PlanError, match=r"^w\.json:2:1: effort_level: "):
        read_plan('{"effort_level": "low",\n"effort_level": "max", "workflow_version": "1.0", "phases": []}', "w.json")


def test_a_cycle_is_listed_in_the_direction_of_waiting() -> None:
    ring = document(
        agents("free"), agents("a", depends_on="b"), agents("b", depends_on="c"), agents("c", depends_on="a")
    )

    with pytest.raises(PlanError) as caught:
        read_plan(ring, "w.json")

    cycle = caught.value.message.rpartition(": ")[2].split(" → ")
    waits_for = {"a": "b", "b": "c", "c": "a"}
    assert cycle == [cycle[0], waits_for[cycle[0]], waits_for[cycle[1]], cycle[0]]


def test_a_plan_made_in_code_is_checked_too() -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(phase("p", "a", "a"))

    assert caught.value.message == "plan: phases[0].agents[1].id: the id 'a' is already used at phases[0].agents[0].id"


def test_phases_follow_what_they_depend_on_and_else_keep_their_places() -> None:
    plan = plan_of(
        phase("last", depends_on=["mid", "first"]), phase("first"), phase("free"), phase("mid", depends_on=["first"])
    )

    assert [phase.id for phase in plan.ordered_phases()] == ["first", "free", "mid", "last"]


def test_the_schema_describes_the_article_format() -> None:
    schema = Plan.schema()

    assert schema["required"] == ["workflow_version", "effort_level", "phases"]
    assert schema["additionalProperties"] is False
    assert [kind["type"] for kind in schema["$defs"]["Phase"]["properties"]["depends_on"]["anyOf"]] == [
        "string",
        "array",
    ]


def test_a_task_has_the_fields_of_its_agent_as_inputs() -> None:
    agent = PlannedAgent(id="a", target="a.py", constraints=("pytest only",))
    inputs = {"target": "a.py", "constraints": ["pytest only"]}

    assert task_for(agent, phase("p"), "write", "Agent-A") == Task("a", "Agent-A", "p", "write", inputs)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def mutate(data: st.DataObject, value: Any) -> Any:
    """Replace, remove or repeat one part somewhere in a JSON value."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not keys or data.draw(st.booleans()):
        return data.draw(JSON)
    key = data.draw(st.sampled_from(keys))
    match data.draw(st.sampled_from(["deeper", "remove", "repeat"])):
        case "remove":
            value.pop(key)
        case "repeat" if isinstance(value, list):
            value.append(value[key])
        case _:
            value[key] = mutate(data, value[key])
    return value


def plan_or_error(text: str) -> Plan | str:
    try:
        return read_plan(text, "w.json")
    except PlanError as error:
        return error.message


def assert_a_damaged_plan_is_told_apart(data: st.DataObject) -> None:
    text = json.dumps(mutate(data, json.loads(ARTICLE)), ensure_ascii=data.draw(st.booleans()))

    plan = plan_or_error(text)

    assert isinstance(plan, str) or read_plan(plan.to_json_text(), "w.json") == plan


@settings(deadline=None)
@given(st.data())
def test_any_damaged_plan_is_a_valid_plan_or_a_plan_error(data: st.DataObject) -> None:
    assert_a_damaged_plan_is_told_apart(data)


@pytest.mark.slow
@settings(deadline=None, max_examples=1000)
@given(st.data())
def test_each_of_a_thousand_damaged_plans_is_a_valid_plan_or_a_plan_error(data: st.DataObject) -> None:
    assert_a_damaged_plan_is_told_apart(data)


@settings(deadline=None)
@given(st.text(max_size=40), st.integers(0, len(ARTICLE)), st.integers(0, 40))
def test_any_garbled_text_is_a_valid_plan_or_a_plan_error(garbage: str, start: int, length: int) -> None:
    plan = plan_or_error(ARTICLE[:start] + garbage + ARTICLE[start + length :])

    assert isinstance(plan, Plan) or plan.startswith("w.json:")


@pytest.mark.parametrize("text", ["\ud800", '{"workflow_version": "\ud800"}', "[" * 100_000, "", "\0"])
def test_text_that_no_parser_likes_is_a_plan_error(text: str) -> None:
    assert str(plan_or_error(text)).startswith("w.json:")
