from script_doubles import Echo, EchoStaff

from proctor.workflow.records import Reply


class Sayings(Echo):
    """Answers from lists, by the first list whose key is in the prompt."""

    def __init__(self, answers):
        super().__init__()
        self._lists = {key: iter(values) for key, values in answers.items()}

    async def run(self, task, feedback):
        prompt = task.inputs["prompt"]
        self.asked.append(prompt)
        return Reply(next(next(values for key, values in self._lists.items() if key in prompt)))


def votes(*refuted):
    answers = [{"problem": "silent"} if vote is None else {"refuted": vote, "reason": f"r{vote}"} for vote in refuted]
    return EchoStaff(Sayings({"refute": answers}))


def test_a_claim_is_confirmed_by_more_than_half_of_all_voters(run_text):
    outcome = run_text("await verify('it is so', voters=3)", votes(False, True, False))

    assert outcome.value == {
        "confirmed": True,
        "upheld": 2,
        "refuted": 1,
        "unanswered": 0,
        "reasons": ["rFalse", "rTrue", "rFalse"],
    }


def test_a_voter_who_does_not_answer_confirms_nothing(run_text):
    outcome = run_text("v = await verify('it is so', voters=3)\n(v.confirmed, v.unanswered)", votes(False, None, None))

    assert outcome.value == [False, 2]


def test_each_voter_gets_a_view(run_text):
    staff = votes(True, True, True)

    run_text("await verify('it is so', voters=3, lenses=['speed', 'safety'])", staff)

    assert [("speed" in prompt, "safety" in prompt) for prompt in staff.agent.asked] == [
        (True, False),
        (False, True),
        (True, False),
    ]


def test_a_panel_takes_the_mean_of_the_scores_and_ignores_the_wrong_number_of_them(run_text):
    answers = [{"scores": [1, 8], "reason": "x"}, {"scores": [3, 6], "reason": "y"}, {"scores": [9], "reason": "z"}]

    outcome = run_text("await judge_panel('which?', ['a', 'b'])", EchoStaff(Sayings({"which?": answers})))

    assert outcome.value == {"best": 1, "scores": [2.0, 7.0], "reasons": ["x", "y"]}


def test_a_panel_without_an_answer_has_no_best(run_text):
    staff = EchoStaff(Sayings({"which?": [{"problem": "silent"}] * 3}))

    outcome = run_text("await judge_panel('which?', ['a', 'b'])", staff)

    assert outcome.value == {"best": None, "scores": [0.0, 0.0], "reasons": []}


def test_the_search_goes_on_until_it_is_dry(run_text):
    text = """
rounds = []
async def find(number):
    rounds.append(number)
    return [["a", "b"], ["b"], ["c"], [], ["a"], ["z"]][number - 1]
found = await loop_until_dry(find)
(found, rounds)
"""
    assert run_text(text).value == [["a", "b", "c"], [1, 2, 3, 4, 5]]


def test_the_key_says_what_is_new_and_the_rounds_have_an_end(run_text):
    text = """
async def find(number):
    return [{"id": number, "kind": number % 2}]
by_kind = await loop_until_dry(find, key=lambda item: item["kind"], dry_rounds=1)
always = await loop_until_dry(find, most_rounds=4)
(len(by_kind), len(always))
"""
    assert run_text(text).value == [2, 4]


def test_a_call_is_made_again_until_it_is_ok(run_text):
    answers = [{"problem": "no"}, {"problem": "no"}, {"text": "yes"}, {"text": "too late"}]

    outcome = run_text(
        "r = await retry(lambda: agent('try'), times=5)\n(r.ok, r.text)", EchoStaff(Sayings({"try": answers}))
    )

    assert (outcome.value, len(outcome.run.results)) == ([True, "yes"], 3)


def test_the_last_result_is_kept_when_none_is_ok(run_text):
    outcome = run_text(
        "r = await retry(lambda: agent('try'), times=2)\nr.cause", EchoStaff(Sayings({"try": [{"problem": "no"}] * 2}))
    )

    assert (outcome.value, len(outcome.run.results)) == ("no", 2)
