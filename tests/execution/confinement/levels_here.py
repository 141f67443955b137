"""The levels that this machine has; a machine without one skips what is promised of it."""

import shutil
import sys

from proctor.execution.confinement.policy import Confinement
from proctor.execution.probe import landlock

BWRAP = shutil.which("bwrap") or ""
LANDLOCK = sys.platform == "linux" and landlock.abi() >= 6
LEVELS = {
    "soft": Confinement("soft", "asked for"),
    **({"landlock": Confinement("landlock", "asked for")} if LANDLOCK else {}),
    **({"bwrap": Confinement("bwrap", "asked for", BWRAP)} if BWRAP else {}),
}
