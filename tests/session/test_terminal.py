"""The session in a real terminal: typed into with tmux, and read off its screen."""

import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]

PATIENCE = 120.0
PROJECT = {
    "pyproject.toml": '[project]\nname = "small"\nversion = "1.0"\n',
    "small/__init__.py": "",
    "small/parcels.py": "def postage(grams: int) -> int:\n    return 200 if grams <= 1000 else 450\n",
    ".proctor/workflows/count.py": '"""Count the files."""\nphase("count")\n(await sh("ls | wc -l")).stdout\n',
}


class Terminal:
    """A tmux server of its own, with one window in which the command line runs."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._server = f"proctor-{uuid.uuid4().hex[:12]}"
        environment = {"PROCTOR_CACHE_DIR": str(cache), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        given = [f"{name}={value}" for name, value in environment.items()]
        command = ["env", "-u", "CI", *given, sys.executable, "-m", "proctor.cli.main"]
        self.tmux("new-session", "-d", "-x", "110", "-y", "50", "-c", str(folder), *command)
        self.tmux("set-option", "remain-on-exit", "on")

    def tmux(self, *arguments: str, text: str | None = None) -> str:
        command = ["tmux", "-f", os.devnull, "-L", self._server, *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def paste(self, text: str) -> None:
        """Paste as a terminal does, in brackets, and then press Enter."""
        self.tmux("load-buffer", "-", text=text)
        self.tmux("paste-buffer", "-p", "-d")

    @property
    def screen(self) -> str:
        return self.tmux("capture-pane", "-p", "-J", "-S", "-200")

    def wait_for(self, *words: str) -> str:
        """The screen, once it shows all the words."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            screen = self.screen
            if all(word in screen for word in words):
                return screen
            # tmux has no word for "the screen changed": an unknown channel is waited for, for a moment
            subprocess.run(
                ["timeout", "0.1", "tmux", "-f", os.devnull, "-L", self._server, "wait-for", uuid.uuid4().hex],
                check=False,
            )
        raise AssertionError(f"{words} never showed:\n{self.screen}")

    def end(self) -> None:
        subprocess.run(["tmux", "-f", os.devnull, "-L", self._server, "kill-server"], capture_output=True, check=False)


@pytest.fixture
def project(tmp_path):
    for name, text in PROJECT.items():
        place = tmp_path / "shop" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return tmp_path / "shop"


@pytest.fixture
def terminal(project, tmp_path):
    made = Terminal(project, tmp_path / "cache")
    made.wait_for("Type what you want", "no run; /help lists the commands")
    yield made
    made.end()


@pytest.mark.slow  # a whole run, at the pace of a person
def test_a_request_is_typed_approved_watched_and_done(terminal, project):
    terminal.type("/run Write unit tests")
    card = terminal.wait_for("Start it? [y/N]")

    assert "Agent-A → small/parcels.py" in card
    assert "Read: .proctor/orchestration_plan.json" in card
    assert not (project / "tests").exists()
    terminal.type("y")
    terminal.wait_for("Starting Phase 1")
    terminal.type("/agents")
    terminal.wait_for("q goes back", "agent-a")
    terminal.tmux("send-keys", "q")
    screen = terminal.wait_for("Run completed.", "agents 2 done, 0 running · 0 tokens · 0.00 $")
    assert "[Agent-A] ✓" in screen
    assert (project / "tests/test_parcels.py").is_file()
    terminal.type("/quit")
    terminal.wait_for("Pane is dead (status 0")


def test_a_pasted_request_keeps_its_lines_and_a_no_runs_nothing(terminal, project):
    terminal.paste("/effort ultracode\nWrite unit tests.\n/effort low\n")
    terminal.wait_for("/effort low")
    terminal.tmux("send-keys", "Enter")
    terminal.wait_for("Effort: ultracode", "Start it? [y/N]")
    terminal.type("n")
    terminal.wait_for("Run not started.", "effort ultracode")

    assert not (project / "tests").exists()


def test_a_saved_workflow_is_a_command_and_is_completed_with_tab(terminal):
    terminal.tmux("send-keys", "-l", "/cou")
    terminal.tmux("send-keys", "Tab")
    terminal.wait_for("> /count")
    terminal.tmux("send-keys", "Enter")
    terminal.wait_for("Count the files.", "Start it? [y/N]")
    terminal.type("y")

    terminal.wait_for("Result of count: ", "Run completed.")


def test_the_history_brings_the_last_line_back(terminal):
    terminal.type("/effort high")
    terminal.wait_for("Effort: high")
    terminal.type("/effort low")
    terminal.wait_for("Effort: low")
    terminal.tmux("send-keys", "Up", "Up", "Enter")

    terminal.wait_for("effort high · no run")
