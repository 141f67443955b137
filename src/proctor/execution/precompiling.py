"""Compiles installed packages once, since no child may write bytecode, and each would compile them again."""

import os
import subprocess
from pathlib import Path
from typing import Final

from proctor.execution.interpreter import INHERITED, Interpreter

PATIENCE_SECONDS: Final = 600.0


def precompile(interpreter: Interpreter, folder: Path) -> None:
    """Leave bytecode beside the sources of a folder; nothing in it is executed."""
    # without the site module: it would run the `.pth` files of the packages
    command = [interpreter.path, "-I", "-S", "-m", "compileall", "-q", "-q", "-j", "0", str(folder)]
    try:
        subprocess.run(
            command,
            check=False,  # some packages bring files for another Python: what cannot be compiled stays as it is
            env={name: value for name, value in os.environ.items() if name in INHERITED},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return  # it only saves time
