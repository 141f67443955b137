"""What the doctor says: each thing that was looked at, each act that was tried, and an exit code that CI can use."""

import json
from pathlib import Path

import pytest

from proctor.cli import doctor
from proctor.cli.choices import Choices
from proctor.execution.confinement.policy import Candidate, Confinement, ProbeAct

PYTHON = doctor.Finding("interpreter", True, "Python 3.11.7, /usr/bin/python3")
UV = doctor.Finding("uv", False, "not found", "install Proctor again")
HELD = Candidate("landlock", acts=(ProbeAct("read a file outside", True), ProbeAct("open a user namespace", True)))
LEAKY = Candidate("landlock", acts=(ProbeAct("read a file outside", False),), remedy="use a newer kernel")
MISSING = Candidate("bwrap", problem="bwrap is not installed", remedy="install bubblewrap")


def test_the_text_has_a_line_for_each_thing_and_each_act(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = Confinement("landlock", "all 2 probe acts refused", tried=(MISSING, HELD))
    found = doctor.Diagnosis((PYTHON, UV), "auto", chosen)
    monkeypatch.setattr(doctor, "examine", lambda path, choices: found)

    code = doctor.doctor(".", Choices(), output_format="text")

    assert code == 0
    assert capsys.readouterr().out == (
        "  ok   interpreter: Python 3.11.7, /usr/bin/python3\n"
        "  --   uv: not found\n"
        "        install Proctor again\n"
        "  --   sandbox bwrap: bwrap is not installed\n"
        "        to do: install bubblewrap\n"
        "  ok   sandbox landlock: all 2 probe acts refused\n"
        "        refused: read a file outside\n"
        "        refused: open a user namespace\n"
        "a run with --sandbox auto: landlock (all 2 probe acts refused)\n"
    )


def test_json_has_the_same_facts() -> None:
    chosen = Confinement("soft", "not a boundary", tried=(LEAKY,))

    assert doctor.Diagnosis((UV,), "auto", chosen).to_json() == {
        "findings": [{"name": "uv", "works": False, "found": "not found", "remedy": "install Proctor again"}],
        "sandbox": {
            "mode": "auto",
            "level": "soft",
            "reason": "not a boundary",
            "levels": [
                {
                    "level": "landlock",
                    "program": "",
                    "acts": ({"act": "read a file outside", "is_refused": False},),
                    "problem": "",
                    "remedy": "use a newer kernel",
                    "holds": False,
                }
            ],
        },
    }


@pytest.mark.parametrize(
    ("mode", "level", "code"),
    [("require", "soft", 4), ("require", "bwrap", 0), ("auto", "soft", 0), ("off", "soft", 0)],
)
def test_the_exit_code_says_whether_a_required_boundary_is_there(mode, level, code) -> None:
    assert doctor.Diagnosis((), mode, Confinement(level, "")).exit_code == code


def test_a_broken_interpreter_is_named_and_the_levels_are_tried_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor.doctor(str(tmp_path), Choices(python=str(tmp_path / "missing")), output_format="json")

    said = json.loads(capsys.readouterr().out)
    python = said["findings"][0]
    assert (python["name"], python["works"]) == ("interpreter", False)
    assert str(tmp_path / "missing") in python["found"]
    assert [level["level"] for level in said["sandbox"]["levels"]] in (["bwrap", "landlock"], ["seatbelt"])
