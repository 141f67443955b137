"""Limits hold for a child with all it started, also where the kernel's limits are per process or do not bind root."""

from dataclasses import replace

import pytest

from proctor.execution.child import ChildSettings, run_child
from proctor.execution.confinement.policy import Confinement

FORKS = """
import os, signal
for _ in range(100):
    if os.fork() == 0:
        signal.pause()
signal.pause()
"""
SHARES_THE_MEMORY = """
import os, signal
for _ in range(4):
    if os.fork() == 0:
        kept = os.urandom(1) * (90 * 1024 * 1024)
        signal.pause()
signal.pause()
"""
SHARES_THE_WORK = """
import os
for _ in range(2):
    os.fork()
while True:
    pass
"""


@pytest.mark.parametrize(
    ("code", "limits", "limit"),
    [
        (FORKS, {"processes": 50}, "processes"),
        (SHARES_THE_MEMORY, {"memory_mb": 256}, "memory_mb"),
        (SHARES_THE_WORK, {"cpu_seconds": 1}, "cpu_seconds"),
        ("while True: pass", {"cpu_seconds": 1}, "cpu_seconds"),
        ("import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); open('x', 'wb').write(bytes(2 ** 21))",
         {"file_mb": 1}, "file_mb"),
    ],
)  # fmt: skip
def test_a_tree_of_processes_that_passes_a_limit_is_ended_and_the_limit_is_named(
    settings: ChildSettings, any_level: Confinement, code: str, limits: dict[str, int], limit: str
) -> None:
    confined = replace(settings, confinement=any_level, limits=replace(settings.limits, **limits))

    child = run_child(["-c", code], confined)

    # an ordinary user does not get as far as to pass the number of processes
    assert (child.limit, child.timed_out) == (limit, False) or "Resource temporarily unavailable" in child.stderr_tail


def test_forks_that_share_their_memory_count_it_once(settings: ChildSettings, any_level: Confinement) -> None:
    code = """
import os
kept = os.urandom(1) * (120 * 1024 * 1024)
children = []
reader, writer = os.pipe()
for _ in range(4):
    children.append(os.fork())
    if children[-1] == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
import select
select.select([], [], [], 0.7)  # long enough for the warden to look
os.close(writer)
print([os.waitpid(child, 0)[1] for child in children])
"""
    confined = replace(settings, confinement=any_level, limits=replace(settings.limits, memory_mb=300))

    child = run_child(["-c", code], confined)

    assert (child.returncode, child.limit, child.stdout_tail) == (0, "", "[0, 0, 0, 0]\n")
