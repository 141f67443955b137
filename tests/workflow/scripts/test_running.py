import pytest
from script_doubles import PAUSED, Echo, EchoStaff

from proctor.errors import ScriptError
from proctor.workflow.budget import Budget


def test_the_value_of_the_last_line_is_the_value_of_the_workflow(run_text):
    outcome = run_text(
        "first = await agent('a')\n{'said': first.text, 'got': args['x'], 'pair': (1, 2)}", args={"x": 7}
    )

    assert (outcome.run.status, outcome.value) == ("completed", {"said": "a", "got": 7, "pair": [1, 2]})


def test_a_result_says_how_the_call_ended(run_text):
    staff = EchoStaff(Echo({"b": {"problem": "no luck"}}))

    outcome = run_text("[await agent('a', label='one'), await agent('b')]", staff)

    good = {"ok": True, "status": "accepted", "output": {"text": "a"}, "text": "a", "cause": ""}
    bad = {"ok": False, "status": "failed", "output": {}, "text": "", "cause": "no luck"}
    assert outcome.value == [good | {"tokens": 10, "label": "one"}, bad | {"tokens": 10, "label": "b"}]
    assert (outcome.run.status, outcome.run.census) == ("partial", {"accepted": 1, "failed": 1})


def test_an_agent_that_breaks_costs_its_task_and_not_the_script(run_text):
    staff = EchoStaff(Echo({"b": RuntimeError("the line went dead")}))

    outcome = run_text("r = await agent('b')\n(r.ok, r.cause)", staff)

    assert outcome.value == [False, "RuntimeError: the line went dead"]


def test_parallel_returns_results_in_the_order_of_the_calls(run_text):
    outcome = run_text("rs = await parallel([agent(str(n)) for n in range(20)])\n[r.text for r in rs]")

    assert outcome.value == [str(number) for number in range(20)]


def test_an_item_of_a_pipeline_goes_on_while_another_one_waits(run_text):
    """The first item's second stage is what lets the second item's first stage end: a barrier would never end."""
    staff = EchoStaff()
    gates = {}

    async def run(task, feedback, agent=staff.agent, original=staff.agent.run):
        import asyncio

        gate = gates.setdefault("go", asyncio.Event())
        if task.inputs["prompt"] == "first-b":
            await gate.wait()
        if task.inputs["prompt"] == "second-a":
            gate.set()
        return await original(task, feedback)

    staff.agent.run = run
    outcome = run_text(
        "first, second = lambda i: agent(f'first-{i}', label=i), lambda r: agent(f'second-{r.label}')\n"
        "[r.text for r in await pipeline(['a', 'b'], first, second)]",
        staff,
    )

    assert outcome.value == ["second-a", "second-b"]
    assert staff.agent.asked.index("second-a") < staff.agent.asked.index("first-b")


def test_a_phase_ends_with_a_sync_before_the_next_call(run_text, events):
    staff = EchoStaff()
    text = "phase('one')\nawait agent('a')\nawait agent('b')\nphase('two')\nawait agent('c')"

    run_text(text, staff)

    assert staff.synced == [("one", [{"text": "a"}, {"text": "b"}]), ("two", [{"text": "c"}])]
    assert [event.phase for event in events if event.kind == "phase-started"] == ["one", "two"]
    assert [(task.id, task.phase) for task in staff.tasks] == [("a", "one"), ("b", "one"), ("c", "two")]


def test_a_script_without_a_phase_has_one(run_text):
    staff = EchoStaff()

    run_text("await agent('a')", staff)

    assert staff.synced == [("main", [{"text": "a"}])]


def test_log_and_print_are_told_to_the_user(run_text, events):
    run_text("log('one')\nprint('two', 3)\nawait agent('a')")

    assert [event.text for event in events if event.kind == "log"] == ["one", "two 3"]


def test_state_is_shared_and_a_missing_name_can_be_caught(run_text):
    text = """
state.publish('rows', [1, {'a': None}])
try:
    state.read('columns')
except LookupError as error:
    missing = str(error)
(state.read('rows'), state.names(), missing)
"""
    outcome = run_text(text)

    assert outcome.value == [[1, {"a": None}], ["rows"], "state: nothing was published as 'columns'"]


def test_two_workflows_that_disagree_about_a_name_are_both_named(run_text):
    text = "state.publish('port', 1)\nawait workflow('inner')"

    with pytest.raises(ScriptError) as caught:
        run_text(text, saved={"inner": "\nstate.publish('port', 2)"})

    assert caught.value.message == (
        "flow.py:2: RuntimeError: inner.py:2: RuntimeError: "
        "shared state: 'flow' and 'inner' published different values as 'port'"
    )


def test_the_budget_is_seen_from_inside(run_text):
    text = "before = (budget.total, budget.spent())\nawait agent('a')\n(before, budget.spent(), budget.remaining())"

    assert run_text(text, budget=Budget(max_tokens=100)).value == [[100, 0], 10, 90]
    assert run_text("budget.remaining() > 10**9").value is True


def test_a_command_gives_its_output(run_text):
    staff = EchoStaff(Echo({"make": {"exit_code": 2, "stdout": "out", "stderr": "err"}, "rm": {"problem": "refused"}}))

    outcome = run_text("[await sh('make'), await sh('rm')]", staff)

    assert outcome.value == [
        {"ok": False, "exit_code": 2, "stdout": "out", "stderr": "err"},
        {"ok": False, "exit_code": None, "stdout": "", "stderr": "refused"},
    ]


def test_a_nested_workflow_gets_arguments_and_gives_a_value(run_text):
    saved = {"twice": "r = await agent(args['what'])\nr.text + r.text"}

    assert run_text("await workflow('twice', {'what': 'ab'})", saved=saved).value == "abab"


def test_a_nested_workflow_cannot_start_a_third(run_text):
    saved = {"one": "await workflow('two')", "two": "1"}

    with pytest.raises(ScriptError) as caught:
        run_text("await workflow('one')", saved=saved)

    assert "one was started by a workflow, and cannot start another one" in caught.value.message


def test_a_nested_workflow_that_is_not_there_is_named(run_text):
    with pytest.raises(ScriptError) as caught:
        run_text("x = 1\nawait workflow('nope')")

    assert caught.value.message == "flow.py:2: RuntimeError: no workflow 'nope'"


def test_finished_calls_are_reused_by_an_edited_and_reordered_script(run_text):
    first, second = EchoStaff(), EchoStaff()
    run_text("phase('x')\nawait agent('a')\nawait agent('b', label='old name')", first)

    outcome = run_text("await agent('b', label='new name')\nawait agent('c')\nawait agent('a')", second)

    assert second.agent.asked == ["c"]
    assert outcome.run.census == {"accepted": 1, "cached": 2}


def test_equal_prompts_stay_distinct_calls(run_text):
    staff = EchoStaff()

    outcome = run_text("await parallel([agent('same') for _ in range(3)])", staff)

    assert staff.agent.asked == ["same"] * 3
    assert [result.task_id for result in outcome.run.results] == ["same", "same-2", "same-3"]


def test_a_pause_ends_the_script_and_keeps_what_is_finished(run_text):
    text = "rs = []\nfor n in range(5):\n    rs.append(await agent(str(n)))\nlen(rs)"

    paused = run_text(text, budget=Budget(max_agents=2))
    resumed = run_text(text)

    assert (paused.run.status, paused.value, paused.run.census) == ("paused", None, {"accepted": 2, "skipped": 1})
    assert (resumed.run.status, resumed.value, resumed.run.census) == ("completed", 5, {"accepted": 3, "cached": 2})


def test_no_script_can_catch_the_end_of_the_run(run_text):
    staff = EchoStaff(Echo({"a": PAUSED}))
    text = "try:\n    await agent('a')\nexcept BaseException:\n    pass\nawait agent('b')"

    outcome = run_text(text, staff)

    assert (outcome.run.status, staff.agent.asked) == ("paused", ["a"])


def test_a_call_that_nobody_waits_for_is_still_finished(run_text):
    staff = EchoStaff()

    outcome = run_text("kept = agent('a')\n1", staff)

    assert (outcome.run.census, staff.agent.asked) == ({"accepted": 1}, ["a"])


def test_a_value_that_is_not_json_is_refused(run_text):
    with pytest.raises(ScriptError) as caught:
        run_text("{1, 2}")

    assert caught.value.slug == "script-result"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("agent('a', backend='nope')", "ValueError: agent: no backend 'nope'"),
        ("agent(args)", "TypeError: agent: prompt: Input should be a valid string"),
        (
            "agent('a', effort=args)",
            "TypeError: agent: effort: Input should be 'low', 'balanced', 'high' or 'ultracode'",
        ),
        ("sh(args)", "TypeError: sh: command: Input should be a valid string"),
    ],
)
def test_an_argument_that_cannot_be_used_is_an_error_with_its_line(run_text, call, message):
    with pytest.raises(ScriptError) as caught:
        run_text(f"\n\nawait {call}", args=5)

    assert caught.value.message == f"flow.py:3: {message}"
