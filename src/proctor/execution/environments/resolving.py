"""Finds versions that fit together, with uv; what cannot be had is left out by name, so that the rest goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from proctor.execution.environments.metadata.needs import LeftOut, Need, package_name
from proctor.execution.environments.pythons import MachinePython
from proctor.execution.environments.refusals import is_unreachable, left_out, need_to_blame, pin_to_blame
from proctor.execution.environments.uv import WHEELS_ONLY, Uv

_AS_REQUIREMENTS: Final = ("--no-header", "--no-annotate", "--strip-extras", "--quiet")


@dataclass(frozen=True, slots=True)
class Resolution:
    """Exact versions of everything that is to be installed for one Python, and what could not be had.

    `offline` says that the index could not be reached, so that nothing is to be asked of it any more.
    """

    python: MachinePython
    locked: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    freed: tuple[str, ...] = ()
    offline: bool = False

    @property
    def loss(self) -> tuple[int, int]:
        """How much is missing: what the code needs to run weighs more."""
        return sum(item.is_runtime for item in self.left_out), len(self.left_out)


@dataclass(frozen=True, slots=True)
class Desk:
    """uv, and a folder for the lists that it is given."""

    uv: Uv
    folder: Path


@dataclass(frozen=True, slots=True)
class _State:
    needs: tuple[Need, ...]
    pins: dict[str, str]
    lost: tuple[LeftOut, ...] = ()
    freed: tuple[str, ...] = ()


def resolve(needs: Sequence[Need], pins: Sequence[str], python: MachinePython, desk: Desk) -> Resolution:
    """Choose versions; each time uv refuses, the pin or the requirement that it names gives way."""
    stated = {(need.requirement, need.source): place for place, need in enumerate(needs)}
    state = _State(tuple(needs), {package_name(pin): pin for pin in pins if not Requirement(pin).url})
    locked: tuple[str, ...] | None = None
    while state.needs:
        locked, words = _ask(state, python, desk)
        if locked is not None:
            break
        if is_unreachable(words) and not desk.uv.offline:
            desk = replace(desk, uv=replace(desk.uv, offline=True))  # what is in uv's cache may be enough
            continue
        state = _give_way(state, words, python, desk)
    in_order = sorted(state.lost, key=lambda item: stated[item.requirement, item.source])
    return Resolution(python, locked or (), tuple(in_order), _missed(state.freed, locked or ()), desk.uv.offline)


def _missed(freed: Sequence[str], locked: Sequence[str]) -> tuple[str, ...]:
    """The pins that gave way to another version, and not together with what they were for."""
    chosen = {package_name(line) for line in locked}
    return tuple(pin for pin in freed if package_name(pin) in chosen)


def _give_way(state: _State, words: str, python: MachinePython, desk: Desk) -> _State:
    pin = pin_to_blame(words, state.pins)
    if pin is not None:
        pins = {name: text for name, text in state.pins.items() if name != pin}
        return replace(state, pins=pins, freed=(*state.freed, state.pins[pin]))
    need = need_to_blame(words, state.needs)
    if need is None:
        return _one_by_one(state, python, desk)
    rest = tuple(other for other in state.needs if other is not need)
    return replace(state, needs=rest, lost=(*state.lost, left_out(need, words, python.minor)))


def _one_by_one(state: _State, python: MachinePython, desk: Desk) -> _State:
    """Where uv names none to blame: take in one requirement after the other, without those that spoil it."""
    kept = replace(state, needs=())
    for need in state.needs:
        longer = replace(kept, needs=(*kept.needs, need))
        locked, words = _ask(longer, python, desk)
        spoilt = replace(kept, lost=(*kept.lost, left_out(need, words, python.minor)))
        kept = longer if locked is not None else spoilt
    return kept


def _ask(state: _State, python: MachinePython, desk: Desk) -> tuple[tuple[str, ...] | None, str]:
    """The versions that uv chooses, or its words when it cannot."""
    wanted, constraints = desk.folder / "wanted.txt", desk.folder / "constraints.txt"
    wanted.write_text("".join(f"{need.requirement}\n" for need in state.needs), encoding="utf-8")
    constraints.write_text("".join(f"{pin}\n" for pin in state.pins.values()), encoding="utf-8")
    options = [*WHEELS_ONLY, *_AS_REQUIREMENTS, "--python", str(python.path), "-c", str(constraints)]
    answer = desk.uv.run("pip", "compile", *options, str(wanted))
    if not answer.succeeded:
        return None, answer.words
    return tuple(line.strip() for line in answer.output.splitlines() if line.strip()[:1].isalnum()), ""
