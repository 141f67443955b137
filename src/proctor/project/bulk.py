"""Large files that git ignores: data that came by another way, and that no test in the repository may depend on."""

import os
import subprocess
from collections.abc import Sequence

_SECONDS = 60
# Asking must not start the program that watches a repository, nor take a lock that the user's own git waits for.
_OPTIONS = ("-c", "core.fsmonitor=false", "--no-optional-locks")


def ignored_by_git(root: str, paths: Sequence[str]) -> frozenset[str]:
    """Those of the paths that git ignores and does not track; none where there is no git or no repository."""
    if not paths:
        return frozenset()
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    try:
        command = ["git", *_OPTIONS, "check-ignore", "-z", "--stdin"]
        done = subprocess.run(command, input=asked, cwd=root, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()  # then everything is copied, which is slower and never wrong
    return frozenset(os.fsdecode(path) for path in done.stdout.split(b"\0") if path)
