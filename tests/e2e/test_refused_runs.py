"""Bad input: a clear message with a hint, an exit code, no traceback, and a project that is as it was."""

import re
from pathlib import Path

import pytest
from command_line import CommandLine, Ended, hashes, new_or_changed, write_files

pytestmark = pytest.mark.e2e

RUN = ("--yes", "--fresh")


def said(ended: Ended) -> tuple[int, str]:
    """The exit code and the slug of the message, after a look at the form of the message."""
    assert "Traceback" not in ended.err + ended.out
    assert ended.out == ""
    found = re.search(
        r"^proctor: \S.*\n(?:.*\n)*?  \S.*\n  \[([a-z-]+), see docs/reference/messages\.md\]$", ended.err, re.M
    )
    assert found, ended.err
    return ended.code, found.group(1)


def test_a_folder_that_does_not_exist(proctor, tmp_path):
    ended = proctor("run", tmp_path / "nowhere", *RUN)

    assert said(ended) == (2, "path-missing")
    assert str(tmp_path / "nowhere") in ended.err


def test_a_file_instead_of_a_folder(proctor, small_project):
    before = hashes(small_project)

    assert said(proctor("run", small_project / "pyproject.toml", *RUN)) == (2, "not-a-folder")
    assert hashes(small_project) == before


def test_an_empty_folder(proctor, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()

    assert said(proctor("run", empty, *RUN)) == (2, "no-python-files")
    assert list(empty.iterdir()) == []


def test_a_path_without_any_python_file(proctor, small_project):
    write_files(small_project, {"notes/today.txt": "nothing"})
    before = hashes(small_project)
    ended = proctor("run", small_project, "Write tests for notes/", *RUN)

    assert said(ended)[0] in (2, 5)
    assert "notes" in ended.err
    assert hashes(small_project) == before


def test_a_path_in_the_prompt_that_does_not_exist(proctor, small_project):
    before = hashes(small_project)
    ended = proctor("run", small_project, "Write unit tests for missing/place/", *RUN)

    assert said(ended)[0] in (2, 5)
    assert "missing/place" in ended.err
    assert hashes(small_project) == before


def test_a_prompt_that_asks_only_for_what_cannot_be_done(proctor, small_project):
    before = hashes(small_project)
    ended = proctor("run", small_project, "Deploy it to production.", *RUN)

    assert said(ended) == (2, "nothing-understood")
    assert "nothing leaves this machine" in ended.err
    assert hashes(small_project) == before


def test_the_part_of_a_prompt_that_can_be_done_is_done(proctor, small_project):
    before = hashes(small_project)
    ended = proctor("run", small_project, "Write unit tests for small/. Deploy it to production.", *RUN)

    assert ended.code == 0, ended.err
    assert "Not possible here, and left out: Deploy it to production" in ended.err
    assert "tests/test_parcels.py" in new_or_changed(before, hashes(small_project))


MALFORMED = [
    pytest.param(".proctor/workflow.json", '{"prompt": ', 2, "settings-bad-json", id="workflow.json is no JSON"),
    pytest.param(".proctor/workflow.json", '{"promt": ""}', 2, "settings-unknown-key", id="workflow.json: unknown key"),
    pytest.param(".proctor/workflow.json", '["prompt"]', 2, "settings-bad-value", id="workflow.json is a list"),
    pytest.param("pyproject.toml", "[project\n", 2, "settings-bad-toml", id="pyproject.toml is no TOML"),
    pytest.param("pyproject.toml", "[tool.proctor]\nefort = 'low'\n", 2, "settings-unknown-key", id="unknown setting"),
    pytest.param("pyproject.toml", "[tool.proctor]\njobs = 0\n", 2, "settings-bad-value", id="impossible setting"),
]


@pytest.mark.parametrize(("path", "text", "code", "slug"), MALFORMED)
def test_a_file_that_cannot_be_used_is_named(proctor, small_project, path, text, code, slug):
    write_files(small_project, {path: text})
    before = hashes(small_project)
    ended = proctor("run", small_project, *RUN)

    assert said(ended) == (code, slug)
    assert path in ended.err
    assert hashes(small_project) == before


@pytest.mark.parametrize(
    ("option", "value", "slug"),
    [("--effort", "heroic", "bad-effort"), ("--output-format", "xml", "bad-format")],
)
def test_a_value_that_an_option_does_not_have(proctor, small_project, option, value, slug):
    before = hashes(small_project)
    ended = proctor("run", small_project, *RUN, option, value)

    assert said(ended) == (2, slug)
    assert value in ended.err
    assert hashes(small_project) == before


def test_an_option_that_does_not_exist_is_a_usage_error(proctor, small_project):
    before = hashes(small_project)
    ended = proctor("run", small_project, "--heroic")

    assert (ended.code, ended.out) == (2, "")
    assert "--heroic" in ended.err
    assert "Traceback" not in ended.err
    assert hashes(small_project) == before


def test_a_file_where_the_tests_folder_should_be(proctor, small_project):
    write_files(small_project, {"tests": "I am a file.\n"})
    before = hashes(small_project)
    ended = proctor("run", small_project, *RUN)

    assert said(ended)[0] == 2
    assert "tests" in ended.err
    assert hashes(small_project) == before


BROKEN = {
    "small/unfinished.py": 'def price(grams):\n    """The price."""\n    return grams +\n',
    "small/stranded.py": "import module_of_another_planet\n\n\ndef land(place: str) -> str:\n    return place\n",
}


def test_broken_modules_are_reported_and_the_good_one_is_done(proctor: CommandLine, small_project: Path):
    write_files(small_project, BROKEN)
    before = hashes(small_project)
    ended = proctor("run", small_project, *RUN)
    new = new_or_changed(before, hashes(small_project))

    assert ended.code == 1, ended.err
    assert {path for path in new if path.startswith("tests/test_")} == {"tests/test_parcels.py"}
    assert {path for path in new if path.startswith("small/")} == set()
    assert "small/unfinished.py:3" in ended.err
    assert "2 of 3 modules not finished" in ended.out
    assert re.search(r"small/stranded\.py:1:.*module_of_another_planet", " ".join(ended.out.split()))
    assert "Traceback" not in ended.err + ended.out


def test_the_summary_says_where_a_module_does_not_parse(proctor: CommandLine, small_project: Path):
    write_files(small_project, BROKEN)
    ended = proctor("run", small_project, *RUN)

    assert "small/unfinished.py:3" in " ".join(ended.out.split())


def test_the_report_names_a_broken_module_by_its_place_in_the_project(proctor: CommandLine, small_project: Path):
    write_files(small_project, BROKEN)
    ended = proctor("run", small_project, *RUN)

    assert "scratch" not in ended.err + ended.out
    assert str(proctor.cache) not in (small_project / "COVERAGE_REPORT.md").read_text()
