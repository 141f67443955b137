"""Gives up what root has beyond its own files: the capabilities, for this process and all it starts."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

SET_NO_NEW_PRIVS: Final = 38
DROP_FROM_BOUNDING_SET: Final = 24
AMBIENT: Final = 47
CLEAR_AMBIENT: Final = 4
CAPABILITY_VERSION: Final = 0x20080522
MOST_CAPABILITIES: Final = 64


def forbid_new_privileges() -> None:
    """Make setuid programs ordinary ones from here on; the kernel asks for it before it takes rules from a user."""
    _checked(ctypes.CDLL(None, use_errno=True).prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def drop_capabilities() -> None:
    """Keep no capability, and leave none for a program of root's to start with."""
    library = ctypes.CDLL(None, use_errno=True)
    for number in range(MOST_CAPABILITIES):
        library.prctl(DROP_FROM_BOUNDING_SET, number, 0, 0, 0)  # an ordinary user may not, and has none to drop
    library.prctl(AMBIENT, CLEAR_AMBIENT, 0, 0, 0)
    _checked(library.capset(struct.pack("=Ii", CAPABILITY_VERSION, 0), bytes(24)))


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
