"""Acts that read secrets, call somebody, or lay hands on other processes."""

from functools import partial

from battery_acts import Act

_for_secrets = partial(Act, aim="secret taken")
_for_sockets = partial(Act, aim="socket reached")
_for_processes = partial(Act, aim="bystander touched", with_bystander=True)

SECRET_ACTS = (
    _for_secrets("read an SSH key", """loot(open(case["home"] + "/.ssh/id_battery").read())"""),
    _for_secrets("read cloud credentials", """loot(open(case["home"] + "/.aws/credentials").read())"""),
    _for_secrets(
        "read a key with native code",
        """
        text = ctypes.create_string_buffer(100)
        libc.read(libc.open((case["home"] + "/.ssh/id_battery").encode(), os.O_RDONLY), text, 99)
        loot(text.value)
        """,
    ),
    _for_secrets("read the environment", """loot(dict(os.environ))"""),
    _for_secrets(
        "read the environment of Proctor",
        """
        for pid in {case["proctor"], os.getppid(), 1}:
            unless_refused(lambda: loot(open(f"/proc/{pid}/environ", "rb").read()))
        """,
    ),
    _for_secrets(
        "read every environment there is",
        """
        for name in os.listdir("/proc"):
            unless_refused(lambda: name.isdigit() and loot(open(f"/proc/{name}/environ", "rb").read()))
        """,
    ),
    _for_secrets(
        "hard link a key into the scratch folder",
        """
        os.link(case["home"] + "/.ssh/id_battery", "loot")
        """,
    ),
)

SOCKET_ACTS = (
    _for_sockets("connect over TCP", """socket.create_connection(("127.0.0.1", case["tcp"]), 1)"""),
    _for_sockets(
        "connect over TCP with native code",
        """
        caller = socket.socket()
        address = (2).to_bytes(2, sys.byteorder) + case["tcp"].to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
        libc.connect(caller.fileno(), address, 16)
        """,
    ),
    _for_sockets(
        "connect over TCP from a shell",
        """
        code = f"import socket; socket.create_connection(('127.0.0.1', {case['tcp']}), 1)"
        subprocess.run([sys.executable, "-I", "-c", code])
        """,
    ),
    _for_sockets(
        "send over UDP",
        """socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hostile", ("127.0.0.1", case["udp"]))""",
    ),
    _for_sockets("connect to a Unix socket by path", """socket.socket(socket.AF_UNIX).connect(case["unix"])"""),
    _for_sockets(
        "connect to an abstract Unix socket", """socket.socket(socket.AF_UNIX).connect("\\0" + case["abstract"])"""
    ),
)

PROCESS_ACTS = (
    _for_processes("kill a process", """os.kill(case["bystander"], signal.SIGKILL)"""),
    _for_processes("kill a process group", """os.killpg(case["bystander"], signal.SIGKILL)"""),
    _for_processes("stop a process", """os.kill(case["bystander"], signal.SIGSTOP)"""),
    _for_processes(
        "trace a process",
        """
        PTRACE_POKEDATA, PTRACE_ATTACH, PTRACE_DETACH = 5, 16, 17
        where = ctypes.c_void_p(case["address"])
        if libc.ptrace(PTRACE_ATTACH, case["bystander"], None, None) == 0:
            os.waitpid(case["bystander"], 0x40000000)
            libc.ptrace(PTRACE_POKEDATA, case["bystander"], where, ctypes.c_void_p(0x2121212121212121))
            libc.ptrace(PTRACE_DETACH, case["bystander"], None, None)
        """,
    ),
    _for_processes(
        "write to a process's memory by /proc",
        """
        with open(f"/proc/{case['bystander']}/mem", "r+b", buffering=0) as memory:
            memory.seek(case["address"])
            memory.write(b"hostile")
        """,
    ),
    _for_processes(
        "write to a process's memory by process_vm_writev",
        """
        text = ctypes.create_string_buffer(b"hostile")
        class Piece(ctypes.Structure):
            _fields_ = [("place", ctypes.c_void_p), ("length", ctypes.c_size_t)]
        own, other = Piece(ctypes.addressof(text), 7), Piece(case["address"], 7)
        libc.process_vm_writev(case["bystander"], ctypes.byref(own), 1, ctypes.byref(other), 1, 0)
        """,
    ),
    _for_processes(
        "lower a process's limits",
        """
        import resource
        resource.prlimit(case["bystander"], resource.RLIMIT_CPU, (0, 0))
        os.sched_yield()
        """,
    ),
)
