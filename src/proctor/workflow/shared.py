"""What phases publish for later ones, with who wrote it; two writers who disagree are told about each other."""

from dataclasses import dataclass
from threading import Lock
from typing import Any

from proctor.errors import PlanError
from proctor.workflow.records import canonical_json


@dataclass(frozen=True, slots=True)
class Published:
    """A value of the shared state and the task that wrote it."""

    value: Any
    writer: str


class SharedState:
    """The values of one run, by name; a writer may replace its own value but not another's."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[str, Published] = {}

    def publish(self, name: str, value: Any, writer: str) -> None:  # noqa: ANN401 - any JSON value
        """Write a JSON value under a name."""
        with self._lock:
            held = self._values.get(name)
            if held is not None and held.writer != writer:
                _check_agreement(name, held, Published(value, writer))
            else:
                self._values[name] = Published(value, writer)

    def read(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value under a name."""
        return self.provenance(name).value

    def names(self) -> tuple[str, ...]:
        """Return what was published so far, sorted."""
        with self._lock:
            return tuple(sorted(self._values))

    def provenance(self, name: str) -> Published:
        """Return the value under a name together with its writer."""
        with self._lock:
            held = self._values.get(name)
            names = ", ".join(sorted(self._values)) or "nothing yet"
        if held is None:
            raise PlanError(
                f"shared state: nothing was published as {name!r}",
                hint=f"publish it in an earlier phase; published are: {names}",
                slug="state-missing",
            )
        return held


def _check_agreement(name: str, held: Published, offered: Published) -> None:
    if canonical_json(held.value) != canonical_json(offered.value):
        raise PlanError(
            f"shared state: {held.writer!r} and {offered.writer!r} published different values as {name!r}",
            hint="let one of them publish it, or give the values different names",
            slug="state-conflict",
        )
