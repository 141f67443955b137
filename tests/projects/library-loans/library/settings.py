"""Settings from the environment."""

import os
from dataclasses import dataclass


class SettingsError(Exception):
    """The environment says something that cannot be."""


@dataclass(frozen=True)
class Settings:
    """Where mail and titles come from and go to."""

    smtp_host: str
    smtp_port: int
    sender: str
    catalog_url: str


def load_settings() -> Settings:
    """Read the settings."""
    port = os.environ.get("LIBRARY_SMTP_PORT", "25")
    if not port.isdecimal() or len(port) > 5 or not 0 < int(port) < 65536:
        raise SettingsError(f"LIBRARY_SMTP_PORT is not a port: {port!r}")
    return Settings(
        smtp_host=os.environ.get("LIBRARY_SMTP_HOST", "localhost"),
        smtp_port=int(port),
        sender=os.environ.get("LIBRARY_SENDER", "library@localhost"),
        catalog_url=os.environ.get("LIBRARY_CATALOG_URL", "http://localhost:8080"),
    )
