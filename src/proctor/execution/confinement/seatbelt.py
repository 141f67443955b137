"""The sandbox profile of macOS for a policy, as text; written from the documentation and not tried on a real Mac."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proctor.execution.confinement.policy import Policy, Sockets

SYSTEM = ("/usr", "/bin", "/sbin", "/System", "/Library/Frameworks", "/private/etc/ssl", "/private/var/db/timezone")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty")


def seatbelt(program: str, policy: Policy) -> list[str]:
    """Give the words that stand before the command."""
    return [program, "-p", profile(policy)]


def profile(policy: Policy) -> str:
    """Write the policy in the sandbox's own language: everything is refused that is not named."""
    system = [Path(place) for place in SYSTEM]
    devices = " ".join(f"(literal {_quoted(place)})" for place in DEVICES)
    return "\n".join(
        [
            "(version 1)",
            "(deny default)",
            "(allow process-fork)",
            "(allow process-exec)",
            "(allow signal (target same-sandbox))",
            "(allow sysctl-read)",
            "(allow file-read-metadata)",
            '(allow file-read* (literal "/"))',
            f"(allow file-read* {_below([*system, *policy.readable])})",
            f"(allow file-read* file-write* {_below(policy.writable)})",
            f"(allow file-read* file-write-data {devices})",
            "(allow ipc-posix-sem)",
            "(allow ipc-posix-shm)",
            *_network(policy.sockets),
            "",
        ]
    )


def _network(sockets: Sockets) -> list[str]:
    unix = ["(allow network* (local unix-socket) (remote unix-socket))"]
    loopback = ['(allow network* (local ip "localhost:*") (remote ip "localhost:*"))']
    return {"none": [], "unix": unix, "loopback": unix + loopback}[sockets]


def _below(places: Iterable[Path]) -> str:
    return " ".join(f"(subpath {_quoted(str(place))})" for place in places)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
