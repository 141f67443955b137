"""Scripts on real projects: the job as a script does what a run does, and a user's own script drives the same job."""

import subprocess
from pathlib import Path

import pytest
from command_line import CommandLine, copy_project, hashes

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

REPORTS = {".proctor/bugs_found.md", "COVERAGE_REPORT.md", ".proctor/bugs.json"}


def test_the_job_as_a_script_writes_the_same_bytes_and_shares_the_journal(
    proctor: CommandLine, small_project: Path, tmp_path: Path
):
    other = tmp_path / "other" / small_project.name
    copy_project(small_project, other)
    (other / ".venv").symlink_to((small_project / ".venv").resolve(), target_is_directory=True)

    scripted = proctor("run", small_project, "--workflow", "testgen", "--yes")
    planned = proctor("run", other, "--yes")
    again = proctor("run", small_project, "--yes")

    assert (scripted.code, planned.code, again.code) == (0, 0, 0), scripted.err + planned.err
    assert scripted.out.endswith('Result of testgen: {"missing": []}\n')
    made, same = hashes(small_project), hashes(other)
    assert {path: made[path] for path in made if path not in REPORTS} == {
        path: same[path] for path in same if path not in REPORTS
    }
    assert "tests/test_parcels.py" in made
    assert "✓ (from an earlier run)" in again.err


SCRIPT = '''"""Look first, then write."""
phase("look")
files = await sh("ls small/parcels.py", label="files")
changes = await sh("git status --porcelain | wc -l", isolation="worktree")
push = await sh("git push origin main")
phase("write")
results = await parallel([agent("", target=name) for name in files.stdout.split()])
lost = await agent("Explain this project") if args["prompt"] == "ask" else None
{"files": files.stdout.split(), "changes": int(changes.stdout), "push": push.stderr, "ok": [r.ok for r in results]}
'''


def test_a_script_of_the_users_drives_commands_and_the_job(proctor: CommandLine, small_project: Path):
    identity = ["-c", "user.name=n", "-c", "user.email=e"]
    (small_project / ".gitignore").write_text(".venv\n")
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=small_project, check=True)
    folder = small_project / ".proctor/workflows"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(SCRIPT)

    listed = proctor("workflows", "list", "--project", small_project)
    checked = proctor("workflows", "check", "mine", "--project", small_project)
    ended = proctor("run", small_project, "--workflow", "mine", "--yes")
    asked = proctor("run", small_project, "ask", "--workflow", "mine", "--yes")

    assert listed.out.splitlines()[0] == "mine     Look first, then write."
    assert checked.out == (".proctor/workflows/mine.py: ok (look, write; agents are called in 2 places)\n")
    assert ended.code == 1, ended.err  # the refused push is a call that failed
    assert ended.out.splitlines()[-1] == (
        'Result of mine: {"files": ["small/parcels.py"], "changes": 1, '
        '"push": "refused: git push origin: it sends commits out", "ok": [true]}'
    )
    assert asked.code == 2
    assert ".proctor/workflows/mine.py:8: ValueError: agent: nobody here takes free prompts" in asked.err
    assert proctor.scratch_copies == []
    worktrees = subprocess.run(
        ["git", "worktree", "list"], cwd=small_project, capture_output=True, text=True, check=True
    )
    assert worktrees.stdout.count("\n") == 1


def test_a_script_with_a_typo_costs_nothing(proctor: CommandLine, small_project: Path, tmp_path: Path):
    script = tmp_path / "typo.py"
    script.write_text("results = await agnt('x')\n")
    before = hashes(small_project)

    ended = proctor("run", small_project, "--workflow", script, "--yes")

    assert ended.code == 2
    assert "typo.py:1:17: Name `agnt` used when not defined\n  did you mean agent?" in ended.err
    assert hashes(small_project) == before
