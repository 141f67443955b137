"""What an exception tells: its text, and the frames that it went through."""

from __future__ import annotations

import os
from types import TracebackType

from .describe import Json


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
