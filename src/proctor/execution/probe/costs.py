"""Password hashing is slow on purpose; while scenarios run, its cost factor is the lowest that the format allows.

The factor is part of each hash, so a hash made here is verified here as it would be in the project.
"""

import sys


def lower():
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


def _lower_context(context):
    for scheme in context.schemes():
        lowest = getattr(context.handler(scheme), "min_rounds", None)
        if lowest is not None:
            context.update(**{scheme + "__rounds": lowest})


def _lower_salts(bcrypt):
    original = bcrypt.gensalt

    def gensalt(rounds=4, prefix=b"2b"):
        return original(4, prefix)

    gensalt.__wrapped__ = original
    bcrypt.gensalt = gensalt
