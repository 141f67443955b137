"""Password hashing is slow on purpose; while scenarios run, its cost factor is the lowest that the format allows.

The factor is part of each hash, so a hash made here is verified here as it would be in the project.
"""

from __future__ import annotations

import sys
from typing import Any


def lower() -> None:
    """Lower the cost of hashing in the project's passlib contexts, and of bcrypt salts made directly."""
    passlib = sys.modules.get("passlib.context")
    if passlib is not None:
        for module in list(sys.modules.values()):
            for value in list(getattr(module, "__dict__", {}).values()):
                if isinstance(value, passlib.CryptContext):
                    _lower_context(value)
    bcrypt = sys.modules.get("bcrypt")
    if bcrypt is not None and not hasattr(bcrypt.gensalt, "__wrapped__"):
        _lower_salts(bcrypt)


def _lower_context(context: Any) -> None:  # noqa: ANN401 - passlib's CryptContext, where the project has it
    for scheme in context.schemes():
        lowest = getattr(context.handler(scheme), "min_rounds", None)
        if lowest is not None:
            context.update(**{f"{scheme}__rounds": lowest})


def _lower_salts(bcrypt: Any) -> None:  # noqa: ANN401 - the bcrypt module, where the project has it
    original = bcrypt.gensalt

    def gensalt(rounds: int = 4, prefix: bytes = b"2b") -> bytes:
        salt: bytes = original(4, prefix)
        return salt

    vars(gensalt)["__wrapped__"] = original  # the mark that `lower` looks for
    bcrypt.gensalt = gensalt
