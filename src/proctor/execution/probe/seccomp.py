"""A filter of system calls for Linux on x86_64 and aarch64, built from named tables as a classic BPF program.

What it refuses fails with an ordinary error, so that a program goes on as it would on a machine that lacks the call.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
ERROR: Final = 0x00050000
REFUSE: Final = ERROR | errno.EPERM
UNKNOWN: Final = ERROR | errno.ENOSYS

LOAD: Final = 0x20
AND: Final = 0x54
EQUAL: Final = 0x15
AT_LEAST: Final = 0x35
ANY_BIT: Final = 0x45
RETURN: Final = 0x06

NUMBER_AT: Final = 0
ARCHITECTURE_AT: Final = 4
ARGUMENTS_AT: Final = 16
X32_BIT: Final = 0x40000000

SET_SECCOMP: Final = 22
FILTER_MODE: Final = 2

ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (x86_64, aarch64); None where an architecture has no such call
NUMBERS: Final[dict[str, tuple[int | None, int | None]]] = {
    "_sysctl": (156, None),
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chmod": (90, None),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "clone": (56, 220),
    "clone3": (435, 435),
    "creat": (85, None),
    "create_module": (174, None),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open": (2, None),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "openat": (257, 56),
    "openat2": (437, 437),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "prlimit64": (302, 261),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "uselib": (134, None),
    "vhangup": (153, 58),
}

# Refused whatever their arguments say.
OTHER_PROCESSES: Final = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"),
    *("move_pages", "migrate_pages"),
)
KERNEL_SURFACE: Final = (
    *("bpf", "userfaultfd", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("add_key", "request_key", "keyctl", "memfd_secret", "fanotify_init", "fanotify_mark", "lookup_dcookie"),
    *("syslog", "_sysctl", "uselib", "nfsservctl", "iopl", "ioperm"),
)
NAMESPACES: Final = (
    *("mount", "umount2", "open_tree", "open_tree_attr", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick"),
    *("mount_setattr", "pivot_root", "chroot", "setns", "unshare", "name_to_handle_at", "open_by_handle_at"),
)
MACHINE: Final = (
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "create_module"),
    *("reboot", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "vhangup", "sethostname", "setdomainname"),
    *("settimeofday", "clock_settime", "clock_adjtime", "adjtimex"),
)
# Segments, semaphores and queues that all processes of the user share by number, and that outlive who made them.
SHARED_BY_NUMBER: Final = ("shmget", "semget", "msgget", "mq_open")
# Their arguments lie in memory, where a filter cannot look: callers fall back to the older call.
STRUCT_CALLS: Final = ("clone3", "openat2")

NEW_NAMESPACE: Final = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
PUSH_INPUT: Final = 0x5412  # TIOCSTI types into the user's terminal
CONSOLE_PASTE: Final = 0x541C  # TIOCLINUX does on a console
SET_ID_BITS: Final = 0o6000
CREATES: Final = 0o20000100  # O_CREAT, or an O_TMPFILE that is linked later
QUERY_PERSONALITY: Final = 0xFFFFFFFF
KIND_OF_SOCKET: Final = 0xF
UNIX: Final = 1
INET: Final = 2
INET6: Final = 10
NETLINK: Final = 16

FAMILIES: Final = {"none": (), "unix": (UNIX,), "loopback": (UNIX, INET, INET6)}
PRIVATE_FAMILIES: Final = (UNIX, INET, INET6, NETLINK)


class Condition(NamedTuple):
    """One condition on a call's argument: `code` compares the chosen half, after `mask`, with `value`."""

    argument: int
    code: int
    value: int
    negated: bool = False
    mask: int = 0xFFFFFFFF
    high: bool = False


class Rule(NamedTuple):
    """What a call by name gets when all tests hold."""

    call: str
    action: int = REFUSE
    tests: tuple[Condition, ...] = ()


class Instruction(NamedTuple):
    """One instruction of classic BPF; jumps count from the next one."""

    code: int
    value: int
    if_true: int = 0
    if_false: int = 0

    def encoded(self) -> bytes:
        """The kernel's layout of it."""
        return struct.pack("=HBBI", self.code, self.if_true, self.if_false, self.value)


def rules(sockets: str = "none", *, private_network: bool = False) -> list[Rule]:
    """List what is refused, those that are asked for most often first.

    In a network namespace of its own a process may open what sockets it likes.
    """
    families = PRIVATE_FAMILIES if private_network else FAMILIES[sockets]
    shared = () if private_network else SHARED_BY_NUMBER
    refused = (*OTHER_PROCESSES, *KERNEL_SURFACE, *NAMESPACES, *MACHINE, *shared)
    return [
        *_on_arguments(),
        *_socket_rules(families),
        *(Rule(name, UNKNOWN) for name in STRUCT_CALLS),
        *(Rule(name) for name in refused),
    ]


def _on_arguments() -> list[Rule]:
    other = Condition(0, EQUAL, 0, negated=True)
    return [
        Rule("openat", tests=(Condition(2, ANY_BIT, CREATES), Condition(3, ANY_BIT, SET_ID_BITS))),
        Rule("open", tests=(Condition(1, ANY_BIT, CREATES), Condition(2, ANY_BIT, SET_ID_BITS))),
        *(Rule("ioctl", tests=(Condition(1, EQUAL, request),)) for request in (PUSH_INPUT, CONSOLE_PASTE)),
        Rule("clone", tests=(Condition(0, ANY_BIT, NEW_NAMESPACE),)),
        *(Rule(name, tests=(Condition(argument, ANY_BIT, SET_ID_BITS),)) for name, argument in MODE_ARGUMENTS.items()),
        Rule("personality", tests=(Condition(0, EQUAL, QUERY_PERSONALITY, negated=True), other)),
        # limits of another process: ours have the same user
        *(Rule("prlimit64", tests=(other, Condition(2, EQUAL, 0, negated=True, high=high))) for high in (False, True)),
    ]


MODE_ARGUMENTS: Final = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2, "creat": 1, "mknod": 1, "mknodat": 2}


def _socket_rules(families: Sequence[int]) -> list[Rule]:
    """Refuse other families; a pair of unix sockets stays, as event loops wake themselves through one.

    A datagram socket of a pair could be sent from to any path, so without AF_UNIX pairs are streams.
    """
    outside = tuple(Condition(0, EQUAL, family, negated=True) for family in families)
    pairs = [Rule("socketpair", tests=(Condition(0, EQUAL, UNIX, negated=True),))]
    if UNIX not in families:
        kinds = (int(socket.SOCK_STREAM), int(socket.SOCK_SEQPACKET))
        streams = tuple(Condition(1, EQUAL, kind, negated=True, mask=KIND_OF_SOCKET) for kind in kinds)
        pairs.append(Rule("socketpair", tests=streams))
    return [Rule("socket", tests=outside), *pairs]


def assemble(chosen: Iterable[Rule], machine: str) -> list[Instruction]:
    """Turn rules into a program; a call through another architecture's table ends the process."""
    column = list(ARCHITECTURES).index(machine)
    program = [
        Instruction(LOAD, ARCHITECTURE_AT),
        Instruction(EQUAL, ARCHITECTURES[machine], 1, 0),
        Instruction(RETURN, KILL),
        Instruction(LOAD, NUMBER_AT),
    ]
    if machine == "x86_64":
        program += [Instruction(AT_LEAST, X32_BIT, 0, 1), Instruction(RETURN, KILL)]
    for rule in chosen:
        number = NUMBERS[rule.call][column]
        if number is not None:
            program += _block(number, rule)
    return [*program, Instruction(RETURN, ALLOW)]


def _block(number: int, rule: Rule) -> list[Instruction]:
    """One rule: where a test fails, the number is loaded again for the next rule."""
    if not rule.tests:
        return [Instruction(EQUAL, number, 0, 1), Instruction(RETURN, rule.action)]
    lengths = [len(_loading(test)) + 1 for test in rule.tests]
    body: list[Instruction] = []
    for index, test in enumerate(rule.tests):
        away = sum(lengths[index + 1 :]) + 1  # over the other tests and the return
        hit, miss = (away, 0) if test.negated else (0, away)
        body += [*_loading(test), Instruction(test.code, test.value, hit, miss)]
    body += [Instruction(RETURN, rule.action), Instruction(LOAD, NUMBER_AT)]
    return [Instruction(EQUAL, number, 0, len(body)), *body]


def _loading(test: Condition) -> list[Instruction]:
    load = Instruction(LOAD, ARGUMENTS_AT + 8 * test.argument + (4 if test.high else 0))
    return [load] if test.mask == 0xFFFFFFFF else [load, Instruction(AND, test.mask)]


@functools.lru_cache(maxsize=16)
def build(sockets: str = "none", *, private_network: bool = False, machine: str = "") -> bytes:
    """Give the program for this machine as the kernel and `bwrap --seccomp` take it."""
    name = machine or os.uname().machine
    if name not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"there is no table of system calls for {name}")
    return b"".join(step.encoded() for step in assemble(rules(sockets, private_network=private_network), name))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install(program: bytes) -> None:
    """Put the filter on this process and all it starts; new privileges must have been given up before."""
    library = ctypes.CDLL(None, use_errno=True)
    holder = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.cast(holder, ctypes.c_char_p))
    if library.prctl(SET_SECCOMP, FILTER_MODE, ctypes.byref(described), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
