"""The filter of system calls: carried out here for both architectures, and by the kernel in children."""

import errno
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from proctor.execution.probe import seccomp

SOURCES = Path(seccomp.__file__).resolve().parents[3]
MACHINES = tuple(seccomp.ARCHITECTURES)
HERE = sys.platform == "linux" and os.uname().machine in MACHINES


def carry_out(program: list[seccomp.Instruction], number: int, arguments: tuple[int, ...], architecture: int) -> int:
    """What the kernel would do: interpret the program over the data of one system call."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(value & (2**64 - 1) for value in padded))
    accumulator, place = 0, 0
    while True:
        code, value, if_true, if_false = program[place]
        place += 1
        if code == seccomp.RETURN:
            return value
        if code == seccomp.LOAD:
            accumulator = struct.unpack_from("=I", data, value)[0]
        elif code == seccomp.AND:
            accumulator &= value
        else:
            compare = {
                seccomp.EQUAL: accumulator == value,
                seccomp.AT_LEAST: accumulator >= value,
                seccomp.ANY_BIT: accumulator & value != 0,
            }
            place += if_true if compare[code] else if_false


def judged(
    machine: str, call: str, *arguments: int, sockets: str = "none", private_network: bool = False
) -> int | None:
    """What the filter answers to a call by name; None where the architecture has no such call."""
    number = seccomp.NUMBERS[call][MACHINES.index(machine)]
    if number is None:
        return None
    program = seccomp.assemble(seccomp.rules(sockets, private_network=private_network), machine)
    return carry_out(program, number, arguments, seccomp.ARCHITECTURES[machine])


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    "call", sorted({*seccomp.OTHER_PROCESSES, *seccomp.KERNEL_SURFACE, *seccomp.NAMESPACES, *seccomp.MACHINE})
)
def test_calls_that_no_test_needs_are_refused(machine: str, call: str) -> None:
    assert judged(machine, call) in (seccomp.REFUSE, None)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("call", seccomp.STRUCT_CALLS)
def test_calls_that_hide_their_arguments_seem_not_to_exist(machine: str, call: str) -> None:
    assert judged(machine, call) == seccomp.ERROR | errno.ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("call", "arguments", "is_refused"),
    [
        ("clone", (0x01200011,), False),  # fork
        ("clone", (0x3D0F00,), False),  # a thread
        *(("clone", (bit | 17,), True) for bit in (0x20000, *(1 << shift for shift in range(25, 31)))),
        ("ioctl", (0, 0x5401), False),
        ("ioctl", (0, 0x5412), True),
        ("ioctl", (0, 0x1_0000_5412), True),  # the kernel looks at 32 bits, and so must we
        ("ioctl", (0, 0x541C), True),
        ("fchmod", (3, 0o755), False),
        ("fchmod", (3, 0o4755), True),
        ("chmod", (0, 0o2755), True),
        ("fchmodat", (3, 0, 0o6755), True),
        ("fchmodat2", (3, 0, 0o4755), True),
        ("mknodat", (3, 0, 0o104755), True),
        ("openat", (3, 0, os.O_RDONLY, 0o4755), False),  # without a file to make, the mode says nothing
        ("openat", (3, 0, 0o101, 0o644), False),
        ("openat", (3, 0, 0o101, 0o4755), True),
        ("open", (0, 0o101, 0o2755), True),
        ("creat", (0, 0o4755), True),
        ("personality", (0xFFFFFFFF,), False),
        ("personality", (0,), False),
        ("personality", (0x0040000,), True),
        ("prlimit64", (0, 7, 0x7000_0000_0000), False),
        ("prlimit64", (4242, 7, 0), False),
        ("prlimit64", (4242, 7, 0x1000), True),
        ("prlimit64", (4242, 7, 0x7000_0000_0000), True),
    ],
)
def test_calls_are_judged_by_their_arguments(
    machine: str, call: str, arguments: tuple[int, ...], is_refused: bool
) -> None:
    assert judged(machine, call, *arguments) in (seccomp.REFUSE if is_refused else seccomp.ALLOW, None)


STREAM, DATAGRAM, RAW, SEQUENCED, CLOEXEC = 1, 2, 3, 5, 0o2000000
UNIX, INET, INET6, NETLINK, PACKET, VSOCK = 1, 2, 10, 16, 17, 40


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("sockets", "private_network", "allowed"),
    [
        ("none", False, set()),
        ("unix", False, {UNIX}),
        ("loopback", False, {UNIX, INET, INET6}),
        ("none", True, {UNIX, INET, INET6, NETLINK}),
    ],
)
def test_sockets_are_opened_by_family(machine: str, sockets: str, private_network: bool, allowed: set[int]) -> None:
    opened = {
        family
        for family in (UNIX, INET, INET6, NETLINK, PACKET, VSOCK)
        if judged(machine, "socket", family, STREAM, sockets=sockets, private_network=private_network) == seccomp.ALLOW
    }

    assert opened == allowed


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("sockets", "allowed"),
    [
        ("none", {STREAM, SEQUENCED, STREAM | CLOEXEC}),
        ("unix", {STREAM, SEQUENCED, STREAM | CLOEXEC, DATAGRAM, RAW}),
    ],
)
def test_a_pair_of_sockets_that_could_be_sent_from_to_a_path_needs_unix_sockets(
    machine: str, sockets: str, allowed: set[int]
) -> None:
    kinds = (STREAM, SEQUENCED, STREAM | CLOEXEC, DATAGRAM, RAW)

    made = {kind for kind in kinds if judged(machine, "socketpair", UNIX, kind, sockets=sockets) == seccomp.ALLOW}

    assert made == allowed
    assert judged(machine, "socketpair", INET, STREAM, sockets=sockets) == seccomp.REFUSE


@pytest.mark.parametrize("machine", MACHINES)
def test_the_tables_of_other_architectures_end_the_process(machine: str) -> None:
    program = seccomp.assemble(seccomp.rules(), machine)
    other = seccomp.ARCHITECTURES[MACHINES[1 - MACHINES.index(machine)]]

    assert carry_out(program, 0, (), other) == seccomp.KILL
    assert carry_out(program, 0, (), 0x40000003) == seccomp.KILL  # i386
    x32 = carry_out(program, 0x40000000, (), seccomp.ARCHITECTURES[machine])
    assert x32 == (seccomp.KILL if machine == "x86_64" else seccomp.ALLOW)


@pytest.mark.parametrize("machine", MACHINES)
def test_everyday_calls_pass(machine: str) -> None:
    program = seccomp.assemble(seccomp.rules(), machine)
    named = {numbers[MACHINES.index(machine)] for numbers in seccomp.NUMBERS.values()}

    others = [number for number in range(480) if number not in named]
    answers = {carry_out(program, number, (), seccomp.ARCHITECTURES[machine]) for number in others}

    assert answers == {seccomp.ALLOW}


def test_a_machine_without_a_table_is_an_error() -> None:
    with pytest.raises(OSError, match="no table of system calls for riscv64"):
        seccomp.build(machine="riscv64")


ATTEMPT = """
import ctypes, errno, os, socket, sys, threading
sys.path.insert(0, sys.argv[1])
from proctor.execution.probe import privileges, seccomp
privileges.forbid_new_privileges()
seccomp.install(seccomp.build("none"))
libc = ctypes.CDLL(None, use_errno=True)
def ended(act):
    try:
        act()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
def unshared():
    if libc.unshare(0x10000000):
        raise OSError(ctypes.get_errno(), "")
open("made", "w").close()
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
print(ended(unshared), ended(lambda: socket.socket()), ended(lambda: os.chmod("made", 0o4755)),
      ended(lambda: socket.socketpair()), ended(lambda: os.waitpid(os.fork() or os._exit(0), 0)))
"""


@pytest.mark.skipif(not HERE, reason="the filter is for Linux on x86_64 and aarch64")
def test_the_kernel_takes_the_filter_and_programs_see_ordinary_errors(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ATTEMPT, str(SOURCES)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("thread\nEPERM EPERM EPERM done done\n", "")
