"""The processes below one, read from /proc: who they are and what they use together. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Use(NamedTuple):
    """What a tree of processes uses at a moment; memory that several share is counted once where it matters."""

    memory: int
    cpu_seconds: float
    threads: int


def descendants(pid: int) -> list[int]:
    """List the processes below one, parents before their children; the list is out of date as soon as it is made."""
    found: list[int] = []
    waiting = [pid]
    below = _children_of_each() if not _has_lists() else None
    while waiting:
        parent = waiting.pop(0)
        under = _listed_children(parent) if below is None else below.get(parent, [])
        found += under
        waiting += under
    return found


def children(pid: int) -> list[int]:
    """List the processes whose parent is this one."""
    return _listed_children(pid) if _has_lists() else _children_of_each().get(pid, [])


def use_of(pids: Sequence[int]) -> Use:
    """Add up what processes use; one that ended since it was listed uses nothing."""
    memory, seconds, threads = 0, 0.0, 0
    for fields in _stats(pids):
        threads += int(fields[17])
        memory += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        # with that of its ended children, which nobody else counts
        seconds += sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return Use(memory, seconds, threads)


def proportional_memory(pids: Sequence[int]) -> int:
    """Add up memory with a shared page divided among those who share it: dear, and fair to a process that forks."""
    return sum(_proportional(pid) for pid in pids)


def _proportional(pid: int) -> int:
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _has_lists() -> bool:
    """Whether the kernel lists children; it is a build option that most distributions choose."""
    return os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def _listed_children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:  # it has ended
        return []
    return [int(child) for thread in threads for child in _read(f"/proc/{pid}/task/{thread}/children").split()]


def _children_of_each() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    pids = [int(name) for name in _listed("/proc") if name.isdigit()]
    for pid in pids:
        for fields in _stats([pid]):
            found.setdefault(int(fields[1]), []).append(pid)
    return found


def _stats(pids: Sequence[int]) -> Iterator[list[str]]:
    """Read the fields after the name, which may hold spaces and brackets: the first is the state."""
    for pid in pids:
        text = _read(f"/proc/{pid}/stat")
        if text:
            yield text.rpartition(")")[2].split()


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:  # a system without /proc
        return []
