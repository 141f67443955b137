"""`proctor explain` says why a test exists, from the record that was written with it."""

import json
from pathlib import Path

import pytest

from proctor.cli.explain import explain
from proctor.errors import RequestError

FAMILY = "tests/test_postage.py::TestPostage::test_postage_by_kind"
TESTS = {
    f"{FAMILY}[letter]": {
        "path": "postage.py",
        "target": "postage",
        "kind": "unit",
        "ends": "returns",
        "reaches": 3,
        "only": ["line 9: if `weight > 2000` is false"],
        "finding": "",
    },
    f"{FAMILY}[parcel]": {
        "path": "postage.py",
        "target": "postage",
        "kind": "unit",
        "ends": "raises ValueError",
        "reaches": 3,
        "only": [],
        "finding": "",
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".proctor").mkdir()
    (tmp_path / ".proctor" / "tests.json").write_text(json.dumps({"version": 1, "tests": TESTS}))
    return tmp_path


def test_a_test_is_explained_by_what_only_it_reaches(project, capsys):
    assert explain(f"{FAMILY}[letter]", str(project)) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"{FAMILY}[letter]",
        "  calls postage of postage.py, which returns (unit test)",
        "  reaches 3 outcomes of decisions, loops and handlers",
        "  only this test reaches:",
        "    line 9: if `weight > 2000` is false",
    ]


def test_the_end_of_a_node_id_stands_for_all_parameters_of_the_family(project, capsys):
    explain("test_postage_by_kind", str(project))

    shown = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert shown == list(TESTS)


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        pytest.param(None, "no-test-record", id="nothing was generated"),
        pytest.param("[", "broken-test-record", id="the record cannot be read"),
        pytest.param('{"tests": []}', "broken-test-record", id="the record is something else"),
        pytest.param('{"tests": {}}', "unknown-test", id="the record has no such test"),
    ],
)
def test_what_cannot_be_explained_is_an_error_that_says_why(tmp_path, content, slug):
    if content is not None:
        (tmp_path / ".proctor").mkdir()
        (tmp_path / ".proctor" / "tests.json").write_text(content)

    with pytest.raises(RequestError) as caught:
        explain("test_postage", str(tmp_path))

    assert caught.value.slug == slug
