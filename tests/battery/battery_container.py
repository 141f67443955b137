"""Runs a program as a container would: `python battery_container.py PROGRAM ARGS`, with Docker's default restrictions.

The capabilities are those that Docker leaves to root, and the filter refuses what Docker's default profile refuses to a
container without CAP_SYS_ADMIN, as far as it matters for a sandbox: namespaces, mounts, and the kernel's wider surface.
"""

import ctypes
import os
import sys
from collections.abc import Sequence

from proctor.execution.probe import seccomp
from proctor.execution.probe.privileges import forbid_new_privileges

PR_CAPBSET_DROP = 24
LAST_CAPABILITY = 40
# chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod,
# audit_write, setfcap
LEFT_BY_DOCKER = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})
REFUSED_BY_DOCKER = (
    *("mount", "umount2", "pivot_root", "unshare", "setns", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount"),
    *("fspick", "mount_setattr", "open_by_handle_at", "add_key", "request_key", "keyctl", "bpf", "perf_event_open"),
    *("userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "kexec_load", "init_module"),
    *("finit_module", "delete_module", "reboot", "swapon", "swapoff", "acct", "sethostname", "setdomainname"),
)


def rules() -> list[seccomp.Rule]:
    """Docker's refusals; clone3 is unknown there, as its flags lie where a filter cannot look."""
    flags = seccomp.Condition(0, seccomp.ANY_BIT, seccomp.NEW_NAMESPACE)
    refused = [seccomp.Rule(name) for name in REFUSED_BY_DOCKER]
    return [seccomp.Rule("clone", tests=(flags,)), seccomp.Rule("clone3", seccomp.UNKNOWN), *refused]


def main(command: Sequence[str]) -> None:
    """Give up what a container does not have, then become the program."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in sorted(set(range(LAST_CAPABILITY + 1)) - LEFT_BY_DOCKER):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    forbid_new_privileges()
    program = seccomp.assemble(rules(), os.uname().machine)
    seccomp.install(b"".join(step.encoded() for step in program))
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
