import asyncio

import pytest
from script_doubles import EchoStaff, script

from proctor.errors import ScriptError
from proctor.workflow.scripts.interpreter import Interpreter


def refusal(interpreter, text):
    with pytest.raises(ScriptError) as caught:
        asyncio.run(interpreter.check(script(text)))
    return caught.value.message, caught.value.hint, caught.value.slug


SUBSET = "docs/reference/script-api.md says what scripts may use"


@pytest.mark.parametrize(
    ("text", "message", "hint", "slug"),
    [
        ("\nr = await agnt('x')", "flow.py:2:11: Name `agnt` used when not defined", "did you mean agent?", None),
        (
            "await agent('x', lable='a')",
            "flow.py:1:18: Argument `lable` does not match any known parameter of function `agent`",
            "did you mean label?",
            None,
        ),
        (
            "r = await agent('x')\nr.otput",
            "flow.py:2:1: Object of type `Result` has no attribute `otput`",
            SUBSET,
            None,
        ),
        (
            "agent('x')",
            "flow.py:1:1: Object of type `CoroutineType[Any, Any, Result]` is not awaited",
            "write await before the call",
            None,
        ),
        (
            "open('x')",
            "flow.py:1:1: Name `open` used when not defined",
            "scripts have no files and no input: use sh() or agent(), or pass the value in args",
            None,
        ),
        ("x = (", "flow.py:1:6: unexpected EOF while parsing", "correct the syntax there", None),
        ("x = 1\ndef g():\n    yield x", "flow.py:3: scripts have no yield expressions", SUBSET, "script-unsupported"),
        (
            f"x = {'(' * 3000}1{')' * 3000}",
            "flow.py:1: Source is too deeply nested",
            "correct the syntax there",
            "script-syntax",
        ),
    ],
)
def test_what_is_wrong_with_a_script_is_said_before_it_starts(interpreter, text, message, hint, slug):
    assert refusal(interpreter, text) == (message, hint, slug or "script-type-error")


def test_a_script_that_is_only_checked_does_nothing(interpreter, run_text):
    staff = EchoStaff()

    with pytest.raises(ScriptError):
        run_text("await agent('a')\nawait agnt('b')", staff)

    assert staff.agent.asked == []


def ended(run_text, text):
    with pytest.raises(ScriptError) as caught:
        run_text(text)
    assert caught.value.slug == "script-limit"
    return caught.value.message


ENDLESS = {
    "x = 0\nwhile True:\n    x += 1": (2, 3),
    "def f():\n    while True:\n        len([])\n\nf()": (2, 3),
    "try:\n    while True:\n        x = 1\nexcept BaseException:\n    pass": (2, 3),
    "x = 1\nsum(range(10**12))": (2,),
}


@pytest.mark.parametrize("text", ENDLESS)
def test_a_script_without_an_end_is_ended_with_the_line_of_the_loop(run_text, text):
    messages = {f"flow.py:{line}: the script ran for more than 1 s without a call" for line in ENDLESS[text]}

    assert ended(run_text, text) in messages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ny = 'a' * 10**12", "flow.py:2: the script needs more than 64 MB"),
        ("x = 1\ny = list(range(10**11))", "flow.py:2: the script needs more than 64 MB"),
        ("def f(n):\n    return f(n + 1)\n\nf(0)", "flow.py:2: the script calls itself more than 150 times deep"),
        ("while True:\n    log('x')", "flow.py:2: the script made more than 1000 calls"),
    ],
)
def test_a_script_that_wants_too_much_is_ended_with_its_line(run_text, text, message):
    assert ended(run_text, text) == message


def test_a_script_that_fills_the_memory_is_ended_in_the_loop_that_does_it(run_text):
    text = "x = []\nfor _ in range(3):\n    pass\nwhile True:\n    x.append('a' * 1000 * 1000)"

    assert ended(run_text, text) in {f"flow.py:{line}: the script needs more than 64 MB" for line in (4, 5)}


@pytest.mark.parametrize(
    "text",
    [
        "from pathlib import Path\n{}.read_text()",
        "import os\nos.listdir({})",
        "import os\nos.environ[{}]",
        "import time\ntime.time()",
        "import time\ntime.sleep(60)",
        "from datetime import datetime\ndatetime.now()",
    ],
)
def test_files_environment_and_clock_are_out_of_reach(run_text, text, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("s3cret")
    place = f"Path({str(secret)!r})" if "Path" in text else repr(str(secret))

    with pytest.raises(ScriptError) as caught:
        run_text(text.format(place))

    assert caught.value.message.startswith("flow.py:2: ")
    assert caught.value.hint.startswith("scripts have no files, network, clock or environment")


@pytest.mark.parametrize("module", ["subprocess", "socket", "ctypes", "importlib", "urllib.request"])
def test_modules_that_lead_out_are_not_there(interpreter, module):
    assert refusal(interpreter, f"import {module}")[2] == "script-type-error"


def test_chance_and_hashes_are_the_same_in_each_run(run_text):
    text = "import random\n(random.random(), hash('a'), list({'b', 'a', 'c'}))"

    assert run_text(text).value == run_text(text).value


def test_a_script_that_raises_is_ended_with_its_deepest_line(run_text):
    with pytest.raises(ScriptError) as caught:
        run_text("def f():\n    return 1 // 0\n\nf()")

    assert (caught.value.message, caught.value.slug) == (
        "flow.py:2: ZeroDivisionError: division by zero",
        "script-failed",
    )


def test_an_error_inside_of_the_library_is_given_the_line_of_its_call(run_text):
    with pytest.raises(ScriptError) as caught:
        run_text("x = 1\nawait retry(lambda: 5)")

    assert caught.value.slug == "script-type-error"
    with pytest.raises(ScriptError) as caught:
        run_text(
            "x = 1\nawait parallel(args)",
        )
    assert caught.value.message.startswith("flow.py:2: TypeError")


def test_several_scripts_run_side_by_side(interpreter):
    async def check_all():
        await asyncio.gather(*[interpreter.check(script(f"x = {number}")) for number in range(6)])

    asyncio.run(check_all())


def test_the_workers_end_with_the_interpreter(tmp_path):
    import psutil

    before = set(psutil.Process().children(recursive=True))
    with Interpreter() as pool:
        asyncio.run(pool.check(script("x = 1")))
        started = set(psutil.Process().children(recursive=True)) - before
        assert started

    gone, alive = psutil.wait_procs(started, timeout=10)
    assert (gone, alive) == (list(started), [])
