"""A cache that forgets what was not used for the longest time."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class LruCache(Generic[V]):
    """Keeps a number of values by name."""

    def __init__(self, capacity: int = 128) -> None:
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self.capacity = capacity
        self.hits = 0
        self.misses = 0
        self._entries: OrderedDict[str, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def get(self, key: str) -> V | None:
        """Return a value, or None, and count it as used."""
        if key not in self._entries:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return self._entries[key]

    def put(self, key: str, value: V) -> str | None:
        """Keep a value; return the name of the one that had to go, if any."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) <= self.capacity:
            return None
        evicted, _ = self._entries.popitem(last=False)
        return evicted

    def resize(self, capacity: int) -> list[str]:
        """Change the capacity; return the names that had to go."""
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self.capacity = capacity
        evicted = []
        while len(self._entries) > capacity:
            evicted.append(self._entries.popitem(last=False)[0])
        return evicted

    def hit_ratio(self) -> float:
        """Return which share of the questions had an answer; 0.0 before the first question."""
        asked = self.hits + self.misses
        if asked == 0:
            return 0.0
        return self.hits / asked
