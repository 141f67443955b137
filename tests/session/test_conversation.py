"""What a person types and what comes of it, with real threads and a desk that does what the test says."""

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag

import pytest
from rich.console import Console

from proctor.errors import RequestError, Stopped
from proctor.session.desk import Card, CardPhase, Ended, Order, RunLine
from proctor.session.session import Session
from proctor.workflow.budget import Caps
from proctor.workflow.events import Event

PATIENCE = 30


@dataclass
class PaperDesk:
    """Prepares at once; a run waits until the test lets it go on, or until it is stopped."""

    root: Path = Path("shop")
    orders: list = field(default_factory=list)
    ran: list = field(default_factory=list)
    go_on: Flag = field(default_factory=Flag)
    is_at_work: Flag = field(default_factory=Flag)
    refusal: Exception | None = None

    @contextmanager
    def prepare(self, order, sink):
        self.orders.append(order)
        if self.refusal:
            raise self.refusal
        yield PaperRun(self, order, sink)

    def resumed(self, run_id):
        return Order("earlier", run_id=run_id or "calm-otter-1")

    def caps(self, words):
        return Caps(tokens=int(words.partition("=")[2]))

    def workflows(self):
        return [("review", "Look at it.")]

    def runs(self):
        return [RunLine("calm-otter-1", "paused", 0.0, "the cap is reached")]

    def bugs(self):
        return "# Bugs\nOne."


@dataclass
class PaperRun:
    desk: PaperDesk
    order: Order
    sink: object
    is_stopped: bool = False

    @property
    def card(self):
        phases = (CardPhase("Phase 1", "parallel", ("Agent-A → shop.py",)),)
        return Card(
            "Tests for shop", self.order.effort or "balanced", phases, "1 agents, at most 0 tokens", "plan.json"
        )

    def run(self):
        self.desk.ran.append(self.order)
        self.sink(Event("run-started", 1.0, "calm-otter-2", text="1 phases"))
        self.desk.is_at_work.set()
        assert self.desk.go_on.wait(PATIENCE)
        if self.is_stopped:
            raise Stopped("stopped; finished work is kept", slug="stopped")
        self.sink(Event("run-ended", 2.0, "calm-otter-2", text="completed"))
        return Ended("completed", "All done.")

    def stop(self):
        self.is_stopped = True
        self.desk.go_on.set()


@dataclass
class Talk:
    """A session with what it showed as text; `said` waits for words from the run's thread."""

    desk: PaperDesk = field(default_factory=PaperDesk)
    texts: list = field(default_factory=list)
    watched: list = field(default_factory=list)

    def __post_init__(self):
        self.told = Flag()
        self.session = Session(self.desk, self.show, lambda: self.watched.append(True), clock=lambda: 5.0)

    def show(self, what):
        console = Console(width=100, record=True, file=io.StringIO())
        console.print(what, markup=False)
        self.texts.append(console.export_text())
        self.told.set()

    def asked(self):
        """Wait until the card is there and the question is open."""
        while self.session.prompt == "> ":
            assert self.told.wait(PATIENCE)
            self.told.clear()

    @property
    def text(self):
        return "\n".join(self.texts)


@pytest.fixture
def talk():
    made = Talk()
    yield made
    made.desk.go_on.set()
    made.session.interrupt()  # a question that is still open is answered with no
    made.session.wait()


def test_a_request_is_planned_shown_and_run_only_after_a_yes(talk):
    assert talk.session.take("Write unit tests")
    talk.asked()

    assert (talk.session.prompt, talk.desk.ran) == ("Start it? [y/N] ", [])
    assert "Agent-A → shop.py" in talk.text
    assert "Read: plan.json" in talk.text
    talk.desk.go_on.set()
    talk.session.take("y")
    talk.session.wait()
    assert talk.desk.ran == [Order("Write unit tests")]
    assert "All done.\nRun completed." in talk.text


@pytest.mark.parametrize("answer", ["n", "", "no"])
def test_anything_but_a_yes_starts_nothing(talk, answer):
    talk.session.take("Write unit tests")
    talk.asked()
    talk.session.take(answer)
    talk.session.wait()

    assert (talk.desk.ran, talk.session.prompt) == ([], "> ")
    assert "Run not started." in talk.text


def test_a_text_that_is_no_answer_leaves_the_question_open(talk):
    talk.session.take("Write unit tests")
    talk.asked()
    talk.session.take("yes please and more")

    assert (talk.session.prompt, talk.desk.ran) == ("Start it? [y/N] ", [])


def test_a_plan_is_shown_and_nothing_is_asked(talk):
    talk.session.take("/plan Write unit tests")
    talk.session.wait()

    assert (talk.session.prompt, talk.desk.ran) == ("> ", [])
    assert "Nothing was started. Read plan.json" in talk.text


def test_the_effort_and_the_caps_go_into_the_next_order(talk):
    talk.session.take("/effort ultracode")
    talk.session.take("/budget tokens=500")
    talk.session.take("/review the money")
    talk.asked()

    assert talk.desk.orders == [Order("the money", "ultracode", "review", Caps(tokens=500))]


def test_a_pasted_request_sets_the_effort_of_its_first_line_only(talk):
    talk.session.take("/effort high\nDo it.\n/effort low")
    talk.asked()

    assert talk.desk.orders == [Order("Do it.\n/effort low", "high")]


def test_run_without_words_takes_the_last_request(talk):
    talk.session.take("/plan Write unit tests")
    talk.session.wait()
    talk.session.take("/run")
    talk.asked()

    assert talk.desk.orders[-1] == Order("Write unit tests")


def test_while_a_run_goes_on_the_prompt_is_usable_and_no_second_one_starts(talk):
    talk.session.take("Write unit tests")
    talk.asked()
    talk.session.take("y")
    assert talk.desk.is_at_work.wait(PATIENCE)

    for line in ("/runs", "/bugs", "/workflows", "/state", "/agents", "/help", "More tests"):
        assert talk.session.take(line)

    assert "calm-otter-1" in talk.text
    assert "One." in talk.text
    assert "/review" in talk.text
    assert "a run is going on already\n  /stop ends it" in talk.text
    assert talk.watched == [True]
    assert talk.session.status.startswith("effort as set · running · agents 0 done")


def test_stop_asks_once_and_then_stops(talk):
    talk.session.take("Write unit tests")
    talk.asked()
    talk.session.take("y")
    assert talk.desk.is_at_work.wait(PATIENCE)
    talk.session.take("/stop")
    question = talk.session.prompt
    talk.session.take("n")
    is_still_going_on = talk.session.is_going_on
    talk.session.interrupt()
    talk.session.take("y")
    talk.session.wait()

    assert (question, is_still_going_on) == ("Stop the run? What is finished is kept. [y/N] ", True)
    assert "stopped; finished work is kept\nRun stopped." in talk.text


def test_leaving_asks_while_a_run_goes_on(talk):
    talk.session.take("Write unit tests")
    talk.asked()
    talk.session.take("y")
    assert talk.desk.is_at_work.wait(PATIENCE)

    assert talk.session.take("/quit")
    assert talk.session.prompt == "A run is going on. Stop it and leave? [y/N] "
    assert not talk.session.take("y")
    assert not talk.session.is_going_on


def test_leaving_before_a_yes_starts_nothing(talk):
    talk.session.take("Write unit tests")
    talk.asked()

    assert talk.session.leave()
    assert (talk.desk.ran, talk.session.is_going_on) == ([], False)


def test_ctrl_c_at_the_card_is_a_no(talk):
    talk.session.take("Write unit tests")
    talk.asked()
    talk.session.interrupt()
    talk.session.wait()

    assert talk.desk.ran == []


def test_a_run_is_resumed_under_its_id(talk):
    talk.session.take("/resume calm-otter-7")
    talk.asked()

    assert talk.desk.orders == [Order("earlier", run_id="calm-otter-7")]


def test_an_error_of_the_preparation_is_told_with_its_fix(talk):
    talk.desk.refusal = RequestError("nothing can be done", hint="ask for tests", slug="nothing-understood")
    talk.session.take("Write a poem")
    talk.session.wait()

    assert "nothing can be done\n  ask for tests\n  [nothing-understood, see docs/reference/messages.md]" in talk.text
    assert talk.session.take("/help")


def test_a_fault_of_our_own_does_not_end_the_session(talk):
    talk.desk.refusal = ZeroDivisionError("division by zero")
    talk.session.take("Write unit tests")
    talk.session.wait()

    assert "internal error: ZeroDivisionError: division by zero" in talk.text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/effort extreme", "effort 'extreme' is not known\n  use one of: low, balanced, high, ultracode"),
        ("/stop", "no run is going on\n  /run starts one"),
        ("/nope", "there is no command /nope\n  /help lists the commands"),
    ],
)
def test_a_line_that_cannot_be_done_says_why(talk, line, words):
    assert talk.session.take(line)
    assert words in talk.text
