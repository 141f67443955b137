"""A run beside the prompt: prepared, held until a person says yes, and carried out, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

from proctor.errors import ProctorError, Stopped
from proctor.session.desk import Card, Desk, Ended, Order, Prepared
from proctor.workflow.events import EventSink


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told when the card is ready and when the run is over; both are called in the run's thread."""

    ready: Callable[[Card], None]
    over: Callable[[Ended], None]


class BackgroundRun:
    """One order on its way."""

    def __init__(self, desk: Desk, order: Order, sink: EventSink, listeners: Listeners) -> None:
        self._desk = desk
        self._order = order
        self._sink = sink
        self._listeners = listeners
        self._answered = Event()
        self._is_approved = False
        self._prepared: Prepared | None = None
        # A daemon: leaving asks first, and must not be held up by a run that does not end.
        self._thread = Thread(target=self._run, name="run", daemon=True)

    def start(self) -> None:
        """Begin with the preparation."""
        self._thread.start()

    @property
    def is_going_on(self) -> bool:
        """Whether it has not ended yet, prepared or running."""
        return self._thread.is_alive()

    def answer(self, *, start: bool) -> None:
        """Say what the person decided about the card."""
        self._is_approved = start
        self._answered.set()

    def stop(self) -> None:
        """End it: at once where it waits for an answer, else as soon as its agents can be ended."""
        prepared = self._prepared
        if prepared is not None and self._is_approved:
            prepared.stop()
        self._answered.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, and say whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._listeners.over(self._ended())

    def _ended(self) -> Ended:
        try:
            return self._carried_out()
        except Stopped as error:
            return Ended("stopped", error.message)
        except ProctorError as error:
            hint = f"\n  {error.hint}" if error.hint else ""
            return Ended("failed", f"{error.message}{hint}\n  [{error.slug}, see docs/reference/messages.md]")
        except Exception as error:  # noqa: BLE001 - a fault of ours in this thread would else vanish without a word
            return Ended("failed", f"internal error: {type(error).__name__}: {error}")

    def _carried_out(self) -> Ended:
        with self._desk.prepare(self._order, self._sink) as prepared:
            self._prepared = prepared
            if self._answered.is_set():
                return Ended("not started", "stopped before it began")
            if self._order.is_plan_only:
                return Ended("planned", f"Nothing was started. Read {prepared.card.read}", prepared.card)
            self._listeners.ready(prepared.card)
            self._answered.wait()
            return prepared.run() if self._is_approved else Ended("not started", "nothing was run")
