"""The session in a terminal: a line with history and completion, a status line below it, a live view of the agents."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console

from proctor.session import views
from proctor.session.commands import COMMANDS, EFFORTS
from proctor.session.desk import Desk
from proctor.session.session import Session

if TYPE_CHECKING:
    from rich.console import RenderableType

_REFRESH_SECONDS = 0.25
_WELCOME = "Proctor. Type what you want, or /help."


def converse(desk: Desk, history: Path, effort: str | None) -> None:
    """Take lines until the person leaves."""
    history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with patch_stdout(raw=True):
        session = Session(desk, _show, lambda: watch(session), effort)
        line = _line(session, history)
        _show(_WELCOME)
        while _goes_on(line, session):
            pass


def _show(what: RenderableType) -> None:
    """Print above the line; the width is asked for each time, as a window can change it."""
    width = shutil.get_terminal_size().columns
    console = Console(file=sys.stdout, force_terminal=True, highlight=False, width=width)
    console.print(what, markup=False, soft_wrap=isinstance(what, str))


def watch(session: Session) -> None:
    """Show the agents of the run until a key is pressed."""
    keys = KeyBindings()
    for key in ("q", "enter", "escape", "c-c"):
        keys.add(key, eager=True)(_leave_view)
    control = FormattedTextControl(lambda: ANSI(_drawn(session)))
    view: Application[None] = Application(
        Layout(Window(control, wrap_lines=False)),
        key_bindings=keys,
        full_screen=True,
        refresh_interval=_REFRESH_SECONDS,
    )
    view.run()


def _leave_view(event: KeyPressEvent) -> None:
    event.app.exit()


def _drawn(session: Session) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=shutil.get_terminal_size().columns, highlight=False)
    console.print(views.agents_view(session.board.view, session.clock()))
    console.print("q goes back", style="dim")
    return text.getvalue()


def _line(session: Session, history: Path) -> PromptSession[str]:
    return PromptSession(
        lambda: session.prompt,
        history=FileHistory(str(history)),
        completer=_Words(session.desk),
        complete_while_typing=False,
        bottom_toolbar=lambda: session.status,
        refresh_interval=_REFRESH_SECONDS,
    )


def _goes_on(line: PromptSession[str], session: Session) -> bool:
    try:
        return session.take(line.prompt())
    except KeyboardInterrupt:
        session.interrupt()
        return True
    except EOFError:
        return not session.leave()


class _Words(Completer):
    """Completes commands in the first line, and the words that some of them take."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        if before.startswith("/") and "\n" not in before:
            typed = before.rpartition(" ")[2]
            yield from (Completion(word, -len(typed)) for word in self._words(before) if word.startswith(typed))

    def _words(self, before: str) -> Iterable[str]:
        name, space, _ = before[1:].partition(" ")
        if not space:
            return [f"/{known}" for known in (*COMMANDS, *(name for name, _ in self._desk.workflows()))]
        given: dict[str, Callable[[], Iterable[str]]] = {
            "effort": lambda: EFFORTS,
            "resume": lambda: [run.run_id for run in self._desk.runs()],
            "budget": lambda: ("agents=", "tokens=", "money=", "minutes="),
        }
        return given[name]() if name in given else ()
