import pytest

from proctor.project.ownership import is_ours, sign


@pytest.mark.parametrize("style", ["python", "markdown"])
@pytest.mark.parametrize("body", ["", "x = 1\n", "# ünï\n\n\ndef test_a(): ...\n", "a\r\nb\n"])
def test_a_signed_file_is_recognised(style, body):
    assert is_ours(sign(body, style))


def test_the_header_says_what_an_edit_means():
    assert sign("x = 1\n") == (
        "# Written by Proctor; checksum 9e26bf369911. "
        "Edit it and it is yours: an edited file is never overwritten.\nx = 1\n"
    )
    assert sign("# Report\n", "markdown").splitlines()[0] == (
        "<!-- Written by Proctor; checksum 497b7725a001. "
        "Edit it and it is yours: an edited file is never overwritten. -->"
    )


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + "\n",
        lambda text: text.replace("x = 1", "x = 2"),
        lambda text: text.split("\n", 1)[1],
        lambda text: "\n" + text,
        lambda text: text.replace("checksum ", "checksum 0"),
        lambda text: "",
    ],
)
def test_an_edited_file_is_its_editors(edit):
    assert not is_ours(edit(sign("x = 1\n")))


def test_line_ends_that_git_changed_are_no_edit():
    assert is_ours(sign("a = 1\nb = 2\n").replace("\n", "\r\n"))
