"""Settings from the environment, read when they are needed and not at import."""

import os

DEFAULT_DATABASE_URL = "sqlite:///./shop.db"


def database_url() -> str:
    """Return where the data lives."""
    return os.environ.get("DATABASE_URL", DEFAULT_DATABASE_URL)
