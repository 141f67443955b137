"""Runs a Python program under a filter like a container's: no namespaces and no mounts, so that bubblewrap fails."""

import os
import sys

from proctor.execution.probe.privileges import forbid_new_privileges
from proctor.execution.probe.seccomp import ANY_BIT, NEW_NAMESPACE, UNKNOWN, Condition, Rule, assemble, install

CONTAINER = (
    *(Rule(name) for name in ("unshare", "mount", "umount2", "setns", "pivot_root", "move_mount", "open_tree")),
    Rule("clone", tests=(Condition(0, ANY_BIT, NEW_NAMESPACE),)),
    Rule("clone3", UNKNOWN),
)


def main(code: str) -> None:
    """Install the filter, then run the code."""
    forbid_new_privileges()
    install(b"".join(step.encoded() for step in assemble(CONTAINER, os.uname().machine)))
    exec(compile(code, "<filtered>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main(sys.argv[1])
