"""Password hashing is slow on purpose; while scenarios run, its cost factor is the lowest that the format allows.

The factor is part of each hash, so a hash made here is verified here as it would be in the project.
"""

import re
import sys


def lower():
    """Lower the cost of hashing in the packages that the target has loaded."""
    bcrypt = _bcrypt()
    original = getattr(bcrypt, "hashpw", None)
    if original is None or hasattr(original, "__wrapped__"):
        return

    def hashpw(password, salt):
        if isinstance(salt, bytes):
            salt = re.sub(rb"^(\$2[abxy]\$)\d\d", rb"\g<1>04", salt) if len(salt) < 60 else salt
        return original(password, salt)

    hashpw.__wrapped__ = original
    bcrypt.hashpw = hashpw


def _bcrypt():
    """The package, where the target has it or will load it later through passlib."""
    if "bcrypt" not in sys.modules and "passlib" not in sys.modules:
        return None
    try:
        import bcrypt
    except ImportError:
        return None
    return bcrypt
