from decimal import Decimal

from proctor.session.board import AgentLine, Board, PhaseLine, View
from proctor.session.views import status_line
from proctor.workflow.events import Event


def told(*events):
    board = Board()
    for number, event in enumerate(events):
        kind, fields = event
        board(Event(kind, 100.0 + number, "calm-otter-1", **fields))
    return board.view


def attempt(tokens, money):
    return {"number": 1, "usage": {"tokens": tokens, "seconds": 1.0, "money": money}, "verdict": {}}


STORY = (
    ("run-started", {"text": "2 phases"}),
    ("phase-started", {"phase": "one"}),
    ("task-started", {"task_id": "a", "phase": "one", "text": "Agent A"}),
    ("log", {"task_id": "a", "phase": "one", "text": "Reading"}),
    ("attempt", {"task_id": "a", "phase": "one", "data": attempt(70, "0.25")}),
    ("log", {"text": "flow published rows", "data": {"published": "rows", "writer": "flow"}}),
    ("task-ended", {"task_id": "a", "phase": "one", "text": "degraded: too little", "data": {"cause": "too little"}}),
    ("phase-synced", {"phase": "one"}),
    ("phase-ended", {"phase": "one"}),
    ("phase-started", {"phase": "two"}),
    ("task-started", {"task_id": "b", "phase": "two", "text": "Agent B"}),
)


def test_the_view_is_made_of_events_alone():
    assert told(*STORY) == View(
        run_id="calm-otter-1",
        status="running",
        title="2 phases",
        started=100.0,
        phases=(PhaseLine("one", "synced", 101.0, 108.0), PhaseLine("two", "running", 109.0)),
        agents=(
            AgentLine("a", "Agent A", "one", "degraded", "too little", 1, 70, 102.0, 106.0),
            AgentLine("b", "Agent B", "two", "running", "", 0, 0, 110.0),
        ),
        tokens=70,
        money=Decimal("0.25"),
        published={"rows": "flow"},
    )


def test_the_status_line_says_what_goes_on():
    assert status_line(told(*STORY), 165.0, "low") == (
        "effort low · two · agents 1 done, 1 running · 70 tokens · 0.25 $ · 1 min 5 s"
    )
    assert status_line(View(), 0.0, None) == "no run; /help lists the commands"


def test_an_unknown_price_stays_unknown():
    view = told(
        STORY[0],
        ("attempt", {"task_id": "a", "data": attempt(1, None)}),
        ("attempt", {"task_id": "b", "data": attempt(1, "2")}),
    )

    assert (view.money, view.tokens) == (None, 2)


def test_the_time_stops_with_the_run_and_the_next_run_begins_anew():
    ended = told(*STORY, ("run-ended", {"text": "partial"}))
    again = told(*STORY, ("run-ended", {"text": "partial"}), ("run-started", {"text": "again"}))

    assert (ended.status, ended.is_running, ended.seconds(999.0)) == ("partial", False, 11.0)
    assert again == View(run_id="calm-otter-1", status="running", title="again", started=112.0)
