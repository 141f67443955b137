"""A loaded target answers every scenario of a batch, whatever single scenarios do to the process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from proctor.errors import ExecutionError
from proctor.execution.child import ChildSettings
from proctor.execution.expressions import Call, Expression, Function, Items, Literal, Name, Pairs, StandIn
from proctor.execution.records import Observation, Problem, Raised
from proctor.execution.target_process import LoadRequest, TargetProcess
from proctor.scenarios.scenario import Argument, Binding, Outcome, Replacement, Scenario, Step

Write = Callable[[str, str], Path]
Open = Callable[..., TargetProcess]

UNRULY = """
    import os

    SEEN = []
    COUNT = 0

    def double(number):
        return number * 2

    def remember(item):
        global COUNT
        COUNT += 1
        SEEN.append(item)
        return [COUNT, list(SEEN)]

    def loop():
        while True:
            pass

    def stubborn():
        while True:
            try:
                loop()
            except Exception:
                continue

    def leave(code):
        os._exit(code)

    def die():
        os.kill(os.getpid(), 9)

    def give_up():
        raise SystemExit(4)
"""


@pytest.fixture
def opened(settings: ChildSettings, write: Write) -> Iterator[Open]:
    """Load a module of the given source; what was started ends with the test."""
    with ExitStack() as stack:

        def open_target(source: str, **options: object) -> TargetProcess:
            write("subject.py", source)
            target = stack.enter_context(TargetProcess(settings, LoadRequest("subject", **options)))
            target.load()
            return target

        yield open_target


def of(member: str, *args: Expression, consume: str = "", **more: object) -> Scenario:
    arguments = tuple(Argument(f"a{index}", value, False) for index, value in enumerate(args))
    step = Step("function", f"subject:{member}", member, arguments=arguments, consume=consume)
    return Scenario(f"subject:{member}", step, **more)


def ends(observations: list[Observation]) -> list[tuple[str, Expression | None]]:
    return [(seen.outcome, seen.result) for seen in observations]


DOUBLED = ("returned", Literal(42))


@pytest.mark.parametrize("member", ["loop", "stubborn"])
def test_a_scenario_that_never_ends_is_a_timeout_and_the_next_one_runs(opened: Open, member: str) -> None:
    target = opened(UNRULY, seconds=0.2)

    seen = target.observe([of("double", Literal(21)), of(member), of("double", Literal(21))])

    assert ends(seen) == [DOUBLED, ("timeout", None), DOUBLED]


@pytest.mark.parametrize("deadly", [of("leave", Literal(3)), of("leave", Literal(0)), of("die")])
def test_a_scenario_that_ends_its_process_is_lost_and_no_other_is(opened: Open, deadly: Scenario) -> None:
    target = opened(UNRULY)

    seen = target.observe([of("double", Literal(21)), deadly, of("double", Literal(21)), deadly])

    assert ends(seen) == [DOUBLED, ("lost", None), DOUBLED, ("lost", None)]
    assert ends(target.observe([of("double", Literal(21))])) == [DOUBLED]


def test_an_exit_that_can_be_caught_is_an_exception_like_others(opened: Open) -> None:
    [seen] = opened(UNRULY).observe([of("give_up")])

    assert (seen.outcome, seen.raised and (seen.raised.type, seen.raised.message)) == (
        "raised",
        ("builtins:SystemExit", "4"),
    )


def test_the_same_scenario_is_observed_the_same_way_again(opened: Open) -> None:
    target = opened("""
        def weigh(items):
            total = 0
            for item in items:
                if item > 2:
                    total += item
            return {"total": total, "kinds": {type(item) for item in items}}
    """)
    scenario = of("weigh", Items("list", (Literal(1), Literal(3), Literal(2.5))))

    in_one_batch = target.observe([scenario, scenario], detail=True)
    in_another = target.observe([scenario], detail=True)

    assert in_one_batch == in_another * 2


def test_what_one_batch_leaves_in_a_module_is_gone_in_the_next(opened: Open) -> None:
    target = opened(UNRULY)
    first_time = ("returned", Items("list", (Literal(1), Items("list", (Literal("a"),)))))

    assert ends(target.observe([of("remember", Literal("a"))])) == [first_time]
    assert ends(target.observe([of("remember", Literal("a"))])) == [first_time]


def test_no_scenarios_are_no_work(opened: Open) -> None:
    target = opened(UNRULY)

    assert (target.observe([]), target.observed) == ([], 0)


def test_what_a_function_prints_is_part_of_the_observation_and_disturbs_no_answer(opened: Open) -> None:
    target = opened("""
        import sys

        def speak():
            print('{"end": true}')
            print("warned", file=sys.stderr)
    """)

    [seen] = target.observe([of("speak")])

    assert (seen.outcome, seen.result, seen.stdout) == ("returned", Literal(None), '{"end": true}\n')


def test_coroutines_are_awaited_and_generators_are_listed_when_asked(opened: Open) -> None:
    target = opened("""
        import asyncio

        async def later(value):
            await asyncio.sleep(0)
            return value

        def squares(limit):
            for number in range(limit):
                yield number * number
    """)

    seen = target.observe([of("later", Literal("x"), consume="await"), of("squares", Literal(3), consume="list")])

    listed = Items("list", (Literal(0), Literal(1), Literal(4)))
    assert ends(seen) == [("returned", Literal("x")), ("returned", listed)]


def test_the_environment_of_a_scenario_ends_with_it(opened: Open) -> None:
    target = opened("""
        import os

        def mode():
            return os.environ.get("SUBJECT_MODE")
    """)

    seen = target.observe([of("mode"), of("mode", environment=(("SUBJECT_MODE", "fast"),)), of("mode")])

    assert ends(seen) == [("returned", Literal(None)), ("returned", Literal("fast")), ("returned", Literal(None))]


def test_a_replaced_call_answers_in_turn_is_noted_and_is_itself_again_afterwards(opened: Open) -> None:
    target = opened("""
        import json

        def read(text):
            return [json.loads(text), json.loads(text)]
    """)
    answers = (Outcome(Literal(1)), Outcome(Call("builtins:ValueError", (Literal("no"),)), raises=True))
    replaced = of("read", Literal("7"), replacements=(Replacement("json", "loads", answers),))

    with_it, without = target.observe([replaced, of("read", Literal("7"))])

    call = {"args": [{"t": "lit", "v": "7"}], "keywords": []}
    assert with_it.raised is not None
    assert (with_it.outcome, with_it.raised.type, with_it.replaced_calls) == (
        "raised",
        "builtins:ValueError",
        {"0": [call, call]},
    )
    assert ends([without]) == [("returned", Items("list", (Literal(7), Literal(7))))]


def test_a_stand_in_tells_how_the_target_used_it(opened: Open) -> None:
    target = opened("""
        import json

        def read(text):
            answer = json.loads(text)
            with answer.lock as lock:
                return int(answer["size"]) + len(answer.get("name").upper()) + bool(lock.held())
    """)
    replaced = Replacement("json", "loads", (Outcome(StandIn("answer")),))

    [seen] = target.observe([of("read", Literal("{}"), replacements=(replaced,))])

    assert (seen.outcome, seen.shapes) == (
        "returned",
        {
            "0": {
                "attributes": {"lock": {"entered": {"entered": {"attributes": {"held": {"called": {"result": {}}}}}}}},
                "items": {"size": {"numeric": True}, "name": {}},
            }
        },
    )


def test_bindings_are_built_first_and_shown_by_their_names(opened: Open) -> None:
    target = opened("""
        class Basket:
            def __init__(self, key):
                self.items = []
                self.key = key

        def fill(basket, item):
            basket.items.append(basket.key(item))
            return basket
    """)
    basket = Binding("basket", Call("subject:Basket", (Function(None),)))
    scenario = of("fill", Name("basket"), Pairs(((Literal("a"), Literal(1)),)), bindings=(basket,))

    [seen] = target.observe([scenario], detail=True)

    assert ends([seen]) == [("returned", Name("basket"))]
    assert dict(seen.objects["basket"].fields)["items"] == Items("list", (Pairs(((Literal("a"), Literal(1)),)),))


def test_a_scenario_that_cannot_be_prepared_says_why_and_is_not_run(opened: Open) -> None:
    target = opened(UNRULY)

    [seen] = target.observe([of("double", Call("builtins:int", (Literal("x"),)))])

    assert (seen.outcome, seen.reason) == (
        "unbuildable",
        "ValueError: invalid literal for int() with base 10: 'x'",
    )


def test_an_exception_is_traced_to_the_projects_own_line_and_to_what_made_it(opened: Open) -> None:
    target = opened("""
        import json

        def refuse():
            raise KeyError("gone")

        def stumble(item):
            return item.name

        def pass_on(text):
            return json.loads(text)
    """)

    seen = target.observe([of("refuse"), of("stumble", Literal(None)), of("pass_on", Literal("{"))])

    def place(raised: Raised | None) -> tuple[object, ...] | None:
        return raised and (raised.type, raised.origin, raised.file, raised.line, raised.function)

    assert [place(item.raised) for item in seen] == [
        ("builtins:KeyError", "explicit", "subject.py", 5, "refuse"),
        ("builtins:AttributeError", "implicit", "subject.py", 8, "stumble"),
        ("json.decoder:JSONDecodeError", "library", "subject.py", 11, "pass_on"),
    ]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import nowhere_to_be_found\n", ("ModuleNotFoundError", "No module named 'nowhere_to_be_found'", 1)),
        ("\n\nraise SystemExit('not here')\n", ("SystemExit", "not here", 3)),
        ("1 / 0\n", ("ZeroDivisionError", "division by zero", 1)),
    ],
)
def test_a_module_that_fails_at_import_is_a_problem_with_its_place(
    settings: ChildSettings, write: Write, source: str, problem: tuple[str, str, int]
) -> None:
    path = write("subject.py", source)

    with TargetProcess(settings, LoadRequest("subject")) as target:
        report = target.load()

    kind, message, line = problem
    assert report.problems == (Problem("subject", kind, message, str(path), line),)


def test_a_module_that_ends_the_process_at_import_is_an_error_that_names_it(
    settings: ChildSettings, write: Write
) -> None:
    write("subject.py", "import os, sys\nsys.stderr.write('enough')\nsys.stderr.flush()\nos._exit(0)\n")

    with TargetProcess(settings, LoadRequest("subject")) as target, pytest.raises(ExecutionError) as caught:
        target.load()

    assert (caught.value.slug, str(caught.value)) == (
        "target-gone",
        "subject: importing it ended the process (exit code 0): enough",
    )


CHATTY = """
import os, time
for number in range(3, 99):
    try:
        os.write(number, b"no answer\\n")
    except OSError:
        pass
time.sleep(600)
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("while True: pass\n", "subject: importing it took more than 2 s"),
        ("import os\nos.kill(os.getpid(), 9)\n", "subject: importing it ended the process (signal 9)"),
        ("import os, time\nos.closerange(3, 4096)\ntime.sleep(600)\n", "subject: importing it cut its process off"),
        (CHATTY, "subject: importing it wrote what is no answer to the pipe for answers"),
    ],
)
def test_what_an_import_did_to_its_process_is_said(
    settings: ChildSettings, write: Write, source: str, said: str
) -> None:
    write("subject.py", source)

    hasty = LoadRequest("subject", import_seconds=2)
    with TargetProcess(settings, hasty) as target, pytest.raises(ExecutionError) as caught:
        target.load()

    assert caught.value.message == said


def test_a_fork_at_import_does_not_answer_a_second_time(settings: ChildSettings, write: Write) -> None:
    write("subject.py", "import os\n\nos.fork()\n\ndef one():\n    return 1\n")

    with TargetProcess(settings, LoadRequest("subject")) as target:
        target.load()
        seen = target.observe([of("one")])

    assert [item.outcome for item in seen] == ["returned"]


def test_an_exception_without_a_readable_message_is_a_problem_all_the_same(
    settings: ChildSettings, write: Write
) -> None:
    source = "class Odd(Exception):\n    def __str__(self):\n        raise RuntimeError\n\nraise Odd\n"
    path = write("subject.py", source)

    with TargetProcess(settings, LoadRequest("subject")) as target:
        problems = target.load().problems

    message = "<its message cannot be read: RuntimeError>"
    assert problems == (Problem("subject", "Odd", message, str(path), 5),)


def test_the_place_of_a_problem_is_the_projects_own_line(settings: ChildSettings, write: Write) -> None:
    path = write("subject.py", "import json\n\njson.loads('no')\n")

    with TargetProcess(settings, LoadRequest("subject")) as target:
        (problem,) = target.load().problems

    assert (problem.type, problem.file, problem.line) == ("JSONDecodeError", str(path), 3)


CLOCKED = """
    import datetime as dt
    import time
    from datetime import date, datetime

    START = date(2020, 1, 1)

    def today():
        return date.today().isoformat()

    def now():
        return datetime.now().replace(microsecond=0).isoformat()

    def days():
        return [dt.date.today().toordinal(), date.today().toordinal(), dt.datetime.now().toordinal()]

    def seconds():
        return int(time.time()) // 86400

    def kinds():
        return [isinstance(START, date), isinstance(datetime(2020, 1, 1), dt.datetime), type(date(2020, 1, 1)).__name__]
"""


def test_a_frozen_clock_gives_the_same_moment_every_time(opened: Open) -> None:
    target = opened(CLOCKED, freeze=True)

    assert ends(target.observe([of("today"), of("now")])) == [
        ("returned", Literal("2024-01-15")),
        ("returned", Literal("2024-01-15T12:00:00")),
    ]


def test_a_shifted_clock_is_shifted_under_every_name_and_classes_stay_what_they_are(
    settings: ChildSettings, write: Write
) -> None:
    write("subject.py", CLOCKED)

    def observed(shift_days: int) -> tuple[list[int], object]:
        with TargetProcess(settings, LoadRequest("subject", shift_days=shift_days)) as target:
            target.load()
            days, seconds, kinds = target.observe([of("days"), of("seconds"), of("kinds")])
        assert isinstance(days.result, Items)
        assert isinstance(seconds.result, Literal)
        numbers = [item.value for item in (*days.result.items, seconds.result) if isinstance(item, Literal)]
        return [number for number in numbers if isinstance(number, int)], kinds.result

    before, kinds_before = observed(0)
    shifted, kinds = observed(400)
    after, _ = observed(0)

    differences = [(a - 400 - b, c - a + 400) for b, a, c in zip(before, shifted, after, strict=True)]
    assert all(low >= 0 and high >= 0 for low, high in differences)
    expected = Items("list", (Literal(True), Literal(True), Literal("date")))
    assert (kinds_before, kinds) == (expected, expected)


def test_handlers_name_exceptions_with_a_way_to_make_each(settings: ChildSettings, write: Write) -> None:
    write(
        "subject.py",
        """
        import json

        class Refused(Exception):
            def __init__(self, code, reason):
                super().__init__(f"{code} {reason}")

        def read(text):
            try:
                return json.loads(text)
            except (Refused, json.JSONDecodeError):
                return None
            except OSError:
                raise
        """,
    )

    with TargetProcess(settings, LoadRequest("subject")) as target:
        exceptions = target.load().exceptions

    simulated = Literal("simulated failure")
    assert exceptions == {
        "Refused": Call("subject:Refused", (Literal("simulated_code"), simulated)),
        "json.JSONDecodeError": Call("json.decoder:JSONDecodeError", (simulated, Literal(""), Literal(0))),
        "OSError": Call("builtins:OSError", (simulated,)),
    }


ASSAULTING = """
    import os
    import signal

    def double(number):
        return number * 2

    def end_the_group():
        os.killpg(0, signal.SIGKILL)

    def end_the_parent():
        os.kill(os.getppid(), signal.SIGKILL)

    def close_everything():
        os.closerange(3, 1000)

    def answer_for_the_server():
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, b'{"outcome": "returned", "result": {"t": "lit", "v": "forged"}}\\n')
            except OSError:
                pass
"""


@pytest.mark.parametrize("member", ["end_the_group", "end_the_parent", "close_everything", "answer_for_the_server"])
def test_a_scenario_that_turns_against_the_server_costs_no_other_scenario(opened: Open, member: str) -> None:
    target = opened(ASSAULTING)

    seen = target.observe([of("double", Literal(21)), of(member), of("double", Literal(21))])
    later = target.observe([of("double", Literal(21))])

    assert (ends(seen)[0], ends(seen)[2], ends(later)) == (DOUBLED, DOUBLED, [DOUBLED])
