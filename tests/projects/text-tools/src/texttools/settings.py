"""Settings files in the style of INI, read line by line."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass, field

SECTION = re.compile(r"\[\s*([A-Za-z0-9_.-]+)\s*\]")
ENTRY = re.compile(r"([A-Za-z0-9_.-]+)\s*[=:]\s*(.*)")
TRUE_WORDS = ("yes", "true", "on", "1")
FALSE_WORDS = ("no", "false", "off", "0")


class SettingsSyntaxError(ValueError):
    """A line of a settings file cannot be read."""

    def __init__(self, number: int, line: str) -> None:
        super().__init__(f"line {number}: cannot read {line!r}")
        self.number = number


@dataclass
class Settings:
    """What a settings file says, by section; entries before the first section are in section ''."""

    sections: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, section: str, key: str, default: str | None = None) -> str | None:
        """Return an entry, or the default."""
        return self.sections.get(section, {}).get(key.lower(), default)

    def get_bool(self, section: str, key: str, default: bool = False) -> bool:
        """Return an entry as yes or no; anything else is a ValueError."""
        value = self.get(section, key)
        if value is None:
            return default
        if value.lower() in TRUE_WORDS:
            return True
        if value.lower() in FALSE_WORDS:
            return False
        raise ValueError(f"{section}.{key}: {value!r} is neither yes nor no")

    def get_list(self, section: str, key: str) -> list[str]:
        """Return an entry that holds several values between commas."""
        value = self.get(section, key) or ""
        return [part.strip() for part in value.split(",") if part.strip()]


class _Reader:
    def __init__(self) -> None:
        self.settings = Settings()
        self.section = ""
        self.number = 0

    def feed(self, line: str) -> None:
        self.number += 1
        text = line.strip()
        if not text or text.startswith(("#", ";")):
            return
        if match := SECTION.fullmatch(text):
            self.section = match.group(1)
            self.settings.sections.setdefault(self.section, {})
            return
        match = ENTRY.fullmatch(text)
        if match is None:
            raise SettingsSyntaxError(self.number, text)
        key, value = match.groups()
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1]
        self.settings.sections.setdefault(self.section, {})[key.lower()] = value


def parse_settings(lines: Iterable[str]) -> Settings:
    """Read settings from lines."""
    reader = _Reader()
    for line in lines:
        reader.feed(line)
    return reader.settings


async def parse_settings_stream(lines: AsyncIterable[str]) -> Settings:
    """Read settings from lines that arrive one by one."""
    reader = _Reader()
    async for line in lines:
        reader.feed(line)
    return reader.settings
