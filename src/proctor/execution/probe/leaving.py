"""Sees to it that a process ends once its work is done: threads or exit handlers of the project may never return.

Everything that counts was written down before; what the project would still do at exit happens in a copy anyway.
"""

from __future__ import annotations

import os
import threading
from typing import Final

GRACE_SECONDS: Final = 3.0


def leave_in_time(code: int, grace: float = GRACE_SECONDS) -> None:
    """End this process with `code` when it has not ended itself within `grace` seconds after its main thread did."""
    main = threading.main_thread()
    leave = os._exit  # taken now: by then the project may have replaced it
    never = threading.Event()

    def see_off() -> None:
        main.join()
        never.wait(grace)
        leave(code)

    threading.Thread(target=see_off, name="proctor-leaving", daemon=True).start()
