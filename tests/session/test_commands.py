import pytest

from proctor.errors import RequestError
from proctor.session.commands import Command, read_line

LINES = {
    "": (),
    "  \n ": (),
    "Write unit tests": (Command("", "Write unit tests"),),
    "/run Write unit tests": (Command("run", "Write unit tests"),),
    "/run": (Command("run"),),
    "/effort ultracode": (Command("effort", "ultracode"),),
    "/review app please": (Command("review", "app please"),),
    "/run one\ntwo\n": (Command("run", "one\ntwo"),),
    "/effort ultracode\nYou are working.\n\nYour task:\n1. Test": (
        Command("effort", "ultracode"),
        Command("", "You are working.\n\nYour task:\n1. Test"),
    ),
    "Please\n/effort ultracode\n/run everything": (Command("", "Please\n/effort ultracode\n/run everything"),),
    "/effort low\nfirst\n/effort ultracode": (Command("effort", "low"), Command("", "first\n/effort ultracode")),
}


@pytest.mark.parametrize("text", LINES)
def test_only_the_first_line_can_be_a_command(text):
    assert read_line(text, ["review"]) == LINES[text]


def test_a_command_that_does_not_exist_is_refused_with_a_near_one():
    with pytest.raises(RequestError) as caught:
        read_line("/agnts", ["review"])

    assert (caught.value.message, caught.value.hint) == ("there is no command /agnts", "did you mean /agents?")
