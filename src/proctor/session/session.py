"""The session: what each line does, which question is open, and the one run that may go on beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Literal

from proctor.errors import ProctorError, RequestError
from proctor.session import views
from proctor.session.background import BackgroundRun, Listeners
from proctor.session.board import Board
from proctor.session.commands import EFFORTS, Command, read_line
from proctor.session.desk import Card, Desk, Ended, Order
from proctor.workflow.budget import Caps

if TYPE_CHECKING:
    from rich.console import RenderableType

Question = Literal["start", "stop", "leave"]

_QUESTIONS = {
    "start": "Start it? [y/N] ",
    "stop": "Stop the run? What is finished is kept. [y/N] ",
    "leave": "A run is going on. Stop it and leave? [y/N] ",
}
_LEAVING_SECONDS = 30.0


@dataclass(slots=True)
class Session:
    """Takes lines and shows what comes of them; `show` may be called from the run's thread, `watch` blocks."""

    desk: Desk
    show: Callable[[RenderableType], None]
    watch: Callable[[], None]
    effort: str | None = None
    board: Board = field(default_factory=Board)
    clock: Callable[[], float] = time.time
    _caps: Caps = field(default_factory=Caps)
    _run: BackgroundRun | None = None
    _question: Question | None = None
    _last_prompt: str = ""
    _lock: Lock = field(default_factory=Lock)

    @property
    def prompt(self) -> str:
        """What stands before the line that is typed."""
        return "> " if self._question is None else _QUESTIONS[self._question]

    @property
    def status(self) -> str:
        """The status line."""
        return views.status_line(self.board.view, self.clock(), self.effort or "as set")

    @property
    def is_going_on(self) -> bool:
        """Whether a run is prepared or runs."""
        return self._run is not None and self._run.is_going_on

    def take(self, text: str) -> bool:
        """Do what a person typed; False when that was to leave."""
        if self._question is not None and not text.startswith("/"):
            return self._answered(text.strip().lower())
        try:
            return all(self._do(command) for command in read_line(text, self._workflow_names()))
        except ProctorError as error:
            self.show(f"{error.message}\n  {error.hint}".rstrip())
            return True

    def interrupt(self) -> None:
        """Take a Ctrl-C: it asks before it ends anything."""
        if self._question == "start":
            self._answered("n")
        elif self.is_going_on:
            self._question = "stop"

    def leave(self) -> bool:
        """Take a Ctrl-D or /quit; True when nothing is going on."""
        if not self.is_going_on or self._question == "start":
            self._end_run()
            return True
        self._question = "leave"
        return False

    def wait(self) -> None:
        """Return when no run is going on."""
        if self._run is not None:
            self._run.wait()

    # --- answers

    def _answered(self, answer: str) -> bool:
        if answer not in ("y", "yes", "n", "no", ""):
            self.show("Answer y or n.")
            return True
        question, self._question = self._question, None
        is_yes = answer in ("y", "yes")
        match question:
            case "start" if self._run is not None:
                self._run.answer(start=is_yes)
            case "stop" if is_yes and self._run is not None:
                self._run.stop()
            case "leave" if is_yes:
                self._end_run()
                return False
        return True

    def _end_run(self) -> None:
        if self._run is not None:
            self._run.stop()
            self._run.wait(_LEAVING_SECONDS)

    # --- commands

    def _do(self, command: Command) -> bool:
        match command.name:
            case "quit":
                return not self.leave()
            case "effort":
                self._set_effort(command.words)
            case "" | "run" | "plan":
                self._order(command.words, is_plan_only=command.name == "plan")
            case "resume":
                self._start(self.desk.resumed(command.words))
            case "stop":
                self._ask_to_stop()
            case "agents":
                self._watch_agents()
            case "budget":
                self._budget(command.words)
            case name if name in self._workflow_names():
                self._start(Order(command.words, self.effort, name, self._caps))
            case name:
                self.show(self._answer(name))
        return True

    def _answer(self, name: str) -> RenderableType:
        match name:
            case "workflows":
                return views.workflows_view(self.desk.workflows())
            case "runs":
                return views.runs_view(self.desk.runs())
            case "state":
                return views.state_view(self.board.view)
            case "bugs":
                return self.desk.bugs() or "No bugs were found so far."
            case _:
                return views.help_view(self.desk.workflows())

    def _set_effort(self, words: str) -> None:
        if words and words not in EFFORTS:
            raise RequestError(
                f"effort {words!r} is not known", hint=f"use one of: {', '.join(EFFORTS)}", slug="bad-effort"
            )
        self.effort = words or self.effort
        self.show(f"Effort: {self.effort or 'as the settings say'}")

    def _order(self, words: str, *, is_plan_only: bool) -> None:
        self._last_prompt = words or self._last_prompt
        self._start(Order(self._last_prompt, self.effort, caps=self._caps, is_plan_only=is_plan_only))

    def _start(self, order: Order) -> None:
        with self._lock:
            if self.is_going_on:
                raise RequestError("a run is going on already", hint="/stop ends it", slug="run-going-on")
            self._run = BackgroundRun(self.desk, order, self.board, Listeners(self._is_ready, self._is_over))
            self._run.start()

    def _ask_to_stop(self) -> None:
        if not self.is_going_on:
            raise RequestError("no run is going on", hint="/run starts one", slug="run-not-going-on")
        self._question = "stop"

    def _watch_agents(self) -> None:
        if self.board.view.is_running:
            self.watch()
        else:
            self.show(views.agents_view(self.board.view, self.clock()))

    def _budget(self, words: str) -> None:
        if words:
            self._caps = self.desk.caps(words)
        self.show(views.budget_view(self.board.view, self._caps))

    # --- what the run's thread tells

    def _is_ready(self, card: Card) -> None:
        self.show(views.card_view(card))
        self._question = "start"

    def _is_over(self, ended: Ended) -> None:
        self._question = None
        if ended.card is not None:
            self.show(views.card_view(ended.card))
        self.show(f"{ended.text}\nRun {ended.status}." if ended.status != "planned" else ended.text)

    def _workflow_names(self) -> Sequence[str]:
        return [name for name, _ in self.desk.workflows()]
