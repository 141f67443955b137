"""What an exception tells: its text, and the frames that it went through."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Callable

from .describe import Json, path_of

RaiseLines = Callable[[str], "frozenset[int]"]


def exception(error: BaseException, root: str, raise_lines: RaiseLines) -> Json:
    """An exception as the parent hears of it; `raise_lines` are the lines of a file that its raise statements span."""
    frames = frames_of(error.__traceback__, root)
    own = [frame for frame in frames if frame["own"]]
    return {
        "type": path_of(type(error)),
        "bases": [path_of(base) for base in type(error).__mro__[1:]],
        "message": message_of(error),
        "origin": _origin(frames, own, root, raise_lines),
        "frames": frames[-8:],
        "file": own[-1]["file"] if own else "",
        "line": own[-1]["line"] if own else 0,
        "function": own[-1]["function"] if own else "",
        "cause": path_of(type(error.__cause__)) if error.__cause__ is not None else "",
    }


def _origin(frames: list[Json], own: list[Json], root: str, raise_lines: RaiseLines) -> str:
    if not frames or not frames[-1]["own"]:
        return "library" if own else "outside"
    lines = raise_lines(os.path.join(root, frames[-1]["file"]))
    return "explicit" if frames[-1]["line"] in lines else "implicit"


def message_of(error: BaseException) -> str:
    """The text of an exception, as far as it can be made."""
    try:
        return str(error)[:600]
    except Exception:  # noqa: BLE001 - an exception whose text cannot be made
        return ""


def frames_of(traceback: TracebackType | None, root: str) -> list[Json]:
    """The frames of a traceback outside the probe; files of the project are shown from its root."""
    here = os.path.dirname(os.path.abspath(__file__))
    frames: list[Json] = []
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if not os.path.abspath(filename).startswith(here):
            own = filename.startswith(root) and "site-packages" not in filename
            shown = os.path.relpath(filename, root) if own else filename
            frames.append(
                {"file": shown, "line": traceback.tb_lineno, "function": traceback.tb_frame.f_code.co_name, "own": own}
            )
        traceback = traceback.tb_next
    return frames
