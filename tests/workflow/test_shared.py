import pytest

from proctor.errors import PlanError
from proctor.workflow.shared import Published, SharedState


def test_a_published_value_is_read_with_its_writer() -> None:
    state = SharedState()
    state.publish("fixtures", ["db"], "agent-a")

    assert (state.read("fixtures"), state.provenance("fixtures")) == (["db"], Published(["db"], "agent-a"))


def test_a_writer_may_replace_its_own_value() -> None:
    state = SharedState()
    state.publish("fixtures", ["db"], "agent-a")
    state.publish("fixtures", ["db", "user"], "agent-a")

    assert state.read("fixtures") == ["db", "user"]


def test_two_writers_of_equal_values_agree_and_the_first_stays_the_writer() -> None:
    state = SharedState()
    state.publish("fixtures", {"a": 1, "b": 2}, "agent-a")
    state.publish("fixtures", {"b": 2, "a": 1}, "agent-b")

    assert state.provenance("fixtures") == Published({"a": 1, "b": 2}, "agent-a")


def test_two_writers_of_different_values_are_both_named() -> None:
    state = SharedState()
    state.publish("fixtures", ["db"], "agent-a")

    with pytest.raises(PlanError) as caught:
        state.publish("fixtures", ["session"], "agent-b")

    assert caught.value.message == ("shared state: 'agent-a' and 'agent-b' published different values as 'fixtures'")
    assert state.read("fixtures") == ["db"]


def test_a_missing_value_is_an_error_that_lists_what_there_is() -> None:
    state = SharedState()
    state.publish("b", 1, "x")
    state.publish("a", 1, "x")

    with pytest.raises(PlanError) as caught:
        state.read("fixtures")

    assert (caught.value.message, caught.value.hint) == (
        "shared state: nothing was published as 'fixtures'",
        "publish it in an earlier phase; published are: a, b",
    )
