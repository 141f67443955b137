import json

import pytest

from proctor.errors import ConstraintViolation, ProctorError
from proctor.project.changes import Change, content_hash


@pytest.mark.parametrize("replaces", [None, content_hash("old")])
def test_a_change_goes_to_json_and_back(replaces):
    change = Change("tests/test_a.py", "assert 'ü'\n", replaces)

    assert Change.from_json(json.loads(json.dumps(change.to_json()))) == change


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "/etc/passwd", "../a", "a/../../b", "a/..", "a\\b", "a\0b", "./a", "a//b", "a/", "a/./b", "\udcff"],
)
def test_a_path_that_is_not_plainly_inside_the_project_is_refused(path):
    with pytest.raises(ConstraintViolation) as caught:
        Change(path, "", None)

    assert caught.value.slug == "bad-path"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"path": "a", "content": "b"},
        {"path": "a", "content": "b", "replaces": 1},
        {"path": 1, "content": "b", "replaces": None},
        {"path": "a", "content": None, "replaces": None},
        {"path": "a", "content": "b", "replaces": None, "mode": 1},
        {"path": "a", "content": "b", "replaces": "abc"},
        {"path": "a", "content": "\ud800", "replaces": None},
    ],
)
def test_what_is_no_change_is_refused(data):
    with pytest.raises(ProctorError) as caught:
        Change.from_json(data)

    assert caught.value.slug == "bad-change"


def test_a_hash_is_of_the_bytes_on_disk():
    assert content_hash("ü") == content_hash(b"\xc3\xbc")
