"""Prints the level that Proctor chooses here, as JSON: `python battery_choice.py`."""

import json
import sys
from pathlib import Path

from proctor.execution.confinement.levels import choose_confinement
from proctor.execution.interpreter import describe_interpreter


def main() -> None:
    """Choose as a run would."""
    interpreter = describe_interpreter(Path(getattr(sys, "_base_executable", sys.executable)))
    chosen = choose_confinement("auto", interpreter)
    sys.stdout.write(json.dumps({"level": chosen.level, "reason": chosen.reason}))


if __name__ == "__main__":
    main()
