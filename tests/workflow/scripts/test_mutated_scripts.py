"""Whatever becomes of a script's text: it runs, or a clear error names the script; nothing else ever comes out."""

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from script_doubles import Echo, EchoStaff

from proctor.errors import ScriptError

SEEDS = [
    """
phase('look')
async def find(number):
    result = await agent(f'find {number}', label='finder')
    return [result.text] if result.ok else []
found = await loop_until_dry(lambda n: find(n), most_rounds=3)
""",
    """
results = await parallel([agent(str(n), effort='low') for n in range(4)])
good = [r.text for r in results if r.ok]
if len(good) > 2 and budget.remaining() > 0:
    log(f'{len(good)} are good')
state.publish('good', good)
{'good': state.read('good')}
""",
    """
async def fix(item):
    for attempt in range(3):
        done = await sh(f'make {item}')
        if done.ok:
            return item
        while attempt > 5:
            attempt -= 1
    return None

class Counter:
    def __init__(self):
        self.count = 0
    def more(self, by=1):
        self.count += by
        return self

counter = Counter()
for item in await pipeline(['a', 'b'], fix):
    counter.more() if item is None else counter.more(2)
try:
    state.read('nothing')
except LookupError:
    counter.more()
best = await judge_panel('which?', [])
(counter.count, args)
""",
]
PIECES = """await |async |yield |del |return |import os|class A(B): pass|lambda: |None|1/0|10**10**6|args['x']|agent
open('x')|agent('x')|await agent('x')|__import__('os')|exec('x=1')|raise ValueError('v')|global x|@agent|x: int = 'a'
f'{'|break|*args|**args|_place|_at(1)|budget|parallel = 1|log = None|range(10**9)|not
 if | else |== |:= |while True: pass"""
SNIPPETS = ["", *"()[]{}:'\"\\#,.é🦀\0\r\n\t ", *[piece for line in PIECES.splitlines() for piece in line.split("|")]]
EXAMPLES = int(os.environ.get("PROCTOR_MUTATED_SCRIPTS", "40"))


def mutated_text(draw_seed, steps):
    chance = random.Random(draw_seed)
    text = chance.choice(SEEDS)
    for _ in range(steps):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice([0, 0, 1, 3, 12, 60]))
        insert = chance.choice(
            [chance.choice(SNIPPETS), text[chance.randrange(len(text) + 1) :][: chance.randrange(30)]]
        )
        text = text[:start] + insert + text[end:]
    return text


mutated = st.builds(mutated_text, st.integers(0, 2**32), st.integers(1, 4))
renamed = st.builds(
    lambda seed, old, new: seed.replace(old, new),
    st.sampled_from(SEEDS),
    st.sampled_from(["agent", "results", "found", "item", "range", "label", "ok", "publish", "self", "0", "3"]),
    st.sampled_from([*SNIPPETS, "agnt", "result", "None", "99999999999"]),
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=mutated | renamed)
def test_a_mutated_script_runs_or_is_refused_clearly(run_text, text):
    assert ending(run_text, text) == "clear"


def ending(run_text, text):
    try:
        outcome = run_text(text, EchoStaff())
    except ScriptError as error:
        is_clear = error.message.startswith("flow.py") and error.hint and "Traceback" not in error.message
        return "clear" if is_clear else error.message
    return "clear" if outcome.run.status in ("completed", "partial", "failed") else outcome.run.status


@pytest.mark.parametrize("text", SEEDS)
def test_the_scripts_that_are_mutated_run(run_text, text):
    staff = EchoStaff(Echo({f"make {name}": {"exit_code": 0, "stdout": "", "stderr": ""} for name in "ab"}))

    assert run_text(text, staff).run.status == "completed"
