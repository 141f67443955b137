"""The verbs around runs, on a journal that holds a few."""

import asyncio
import json
from pathlib import Path

import pytest

from proctor.cli import resume, runs
from proctor.cli.journals import open_journal
from proctor.errors import JournalError, ProjectError, RequestError, SettingsError
from proctor.workflow.budget import Caps
from proctor.workflow.records import TaskResult


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PROCTOR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("PROCTOR_JOURNAL", raising=False)
    monkeypatch.setenv("TZ", "UTC")
    root = tmp_path / "shop"
    root.mkdir()
    return str(root)


def fill(project: str) -> None:
    with open_journal(Path(project)) as journal:
        journal.start_run("calm-fox-10", "{}", 0.0)
        asyncio.run(journal.record_result("calm-fox-10", "key", 1, TaskResult("a", "accepted")))
        summary = {"census": {"accepted": 1, "skipped": 2}, "usage": {"tokens": 7, "seconds": 0.0, "money": "0.5"}}
        journal.end_run("calm-fox-10", "paused", 60.0, "enough", summary)
        journal.start_run("bold-owl-20", "{}", 100.0)


def test_runs_are_listed_and_one_that_nobody_runs_any_more_was_interrupted(project, capsys):
    assert runs.list_runs(project, as_json=False) == 0
    fill(project)
    assert runs.list_runs(project, as_json=False) == 0

    said = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in said] == [
        ["no", "runs"],
        ["calm-fox-10", "paused"],
        ["bold-owl-20", "interrupted"],
    ]
    assert said[1].endswith("1 accepted, 2 skipped")


def test_runs_are_listed_for_programs(project, capsys):
    fill(project)
    runs.list_runs(project, as_json=True)

    listed = json.loads(capsys.readouterr().out)
    assert [(run["run_id"], run["status"]) for run in listed] == [
        ("calm-fox-10", "paused"),
        ("bold-owl-20", "interrupted"),
    ]


def test_one_run_is_shown_with_its_cause_its_cost_and_how_to_go_on(project, capsys):
    fill(project)

    assert runs.show(project, "calm-fox-10", as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[-2:]) == (
        "calm-fox-10: paused (enough)",
        ["spent 7 tokens, 0.5 $", "go on with: proctor resume calm-fox-10"],
    )


@pytest.mark.parametrize("verb", ["stop", "pause"])
def test_a_run_that_is_not_going_on_cannot_be_asked(project, verb):
    fill(project)
    for run_id in ("calm-fox-10", None):
        with pytest.raises(RequestError) as caught:
            runs.ask(project, run_id, verb)
        assert (caught.value.slug, caught.value.hint) == ("run-not-going-on", "going on are: none")


def test_an_unknown_run_is_an_error_that_names_those_there_are(project):
    fill(project)
    with pytest.raises(RequestError) as caught:
        runs.show(project, "no-such-99", as_json=False)

    assert (caught.value.slug, caught.value.hint) == ("unknown-run", "the last runs are: calm-fox-10, bold-owl-20")


def test_a_run_goes_to_another_project_as_a_file(project, tmp_path, capsys):
    fill(project)
    other, file = tmp_path / "other", tmp_path / "run.jsonl"
    other.mkdir()

    assert runs.export_run(project, "calm-fox-10", file) == 0
    assert runs.import_run(str(other), file) == 0
    with open_journal(other) as journal:
        assert [run.run_id for run in journal.runs()] == ["calm-fox-10"]
        assert len(journal.finished()) == 1
    assert capsys.readouterr().out == f"{file}: calm-fox-10, 1 calls\ncalm-fox-10: 1 calls taken over\n"


def test_a_file_that_cannot_be_read_or_written_is_named(project, tmp_path):
    fill(project)
    with pytest.raises(ProjectError, match="run-that-is-not-there"):
        runs.import_run(project, tmp_path / "run-that-is-not-there")
    with pytest.raises(ProjectError, match="Is a directory"):
        runs.export_run(project, "calm-fox-10", tmp_path)
    (tmp_path / "notes.txt").write_text("my notes")
    with pytest.raises(JournalError, match="this is no exported run"):
        runs.import_run(project, tmp_path / "notes.txt")


def test_there_is_nothing_to_resume_in_a_new_project(project):
    with pytest.raises(RequestError) as caught:
        resume.resume(project, None, Caps(), "text")

    assert caught.value.slug == "nothing-to-resume"


def test_a_run_without_its_command_is_not_resumed_by_guessing(project):
    fill(project)
    with pytest.raises(RequestError) as caught:
        resume.resume(project, None, Caps(), "text")

    assert (caught.value.slug, caught.value.message.partition(":")[0]) == ("run-not-resumable", "bold-owl-20")


def test_the_journal_is_where_the_environment_says(project, tmp_path, monkeypatch):
    monkeypatch.setenv("PROCTOR_JOURNAL", str(tmp_path / "elsewhere.sqlite"))
    monkeypatch.setenv("PROCTOR_DURABILITY", "full")
    with open_journal(Path(project)) as journal:
        assert (journal.place, journal.is_synced) == (str(tmp_path / "elsewhere.sqlite"), True)
    monkeypatch.setenv("PROCTOR_DURABILITY", "somewhat")
    with pytest.raises(SettingsError, match="somewhat"):
        open_journal(Path(project))
