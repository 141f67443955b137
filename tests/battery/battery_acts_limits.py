"""Acts that use the machine up, outlive their time, leave something behind, or ask the kernel for more.

Each is bounded in itself, so that one that is not held does no harm.
"""

from battery_acts import Act

LIMIT_ACTS = (
    Act(
        "fork 400 processes",
        """
        reader, writer = os.pipe()
        for _ in range(400):
            if unless_refused(os.fork) == 0:
                os.close(writer)
                signal.alarm(10)
                os.read(reader, 1)  # ends when the first process does
                os._exit(0)
        time.sleep(1.5)
        """,
        aim="processes above limit",
        alone=True,
    ),
    Act(
        "use 768 MB of memory",
        """
        held = []
        for _ in range(12):
            unless_refused(lambda: held.append(b"x" * (64 << 20)))
        time.sleep(0.5)
        """,
        aim="memory above limit",
        alone=True,
    ),
    Act(
        "write a file of 64 MB",
        """
        with open("big", "wb") as file:
            for _ in range(64):
                file.write(bytes(1 << 20))
        """,
        aim="file above limit",
    ),
    Act(
        "use the processor without end",
        """
        end = time.monotonic() + 60
        while time.monotonic() < end:
            pass
        """,
        aim="out of time",
    ),
    Act(
        "sleep and ignore SIGTERM",
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(30)
        """,
        aim="out of time",
    ),
    Act(
        "close all descriptors and stay",
        """
        os.closerange(0, 4096)
        time.sleep(30)
        """,
        aim="out of time",
    ),
    Act(
        "stay as a daemon",
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 4096)
                time.sleep(30)
            os._exit(0)
        """,
        aim="process left",
    ),
    Act(
        "kill what watches, then stay as a daemon",
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.closerange(0, 4096)
            time.sleep(30)
        if os.getppid() not in (0, case["proctor"]):  # unconfined, it is the battery itself
            os.kill(os.getppid(), signal.SIGKILL)
        """,
        aim="process left",
    ),
    Act(
        "print 300 MB",
        """
        for _ in range(300):
            os.write(1, b"x" * (1 << 20))
        """,
        aim="output above limit",
        alone=True,
    ),
    Act("leave a file in /tmp", """open("/tmp/" + case["token"], "w").close()""", aim="trace left"),
    Act("leave a file in /dev/shm", """open("/dev/shm/" + case["token"], "w").close()""", aim="trace left"),
    Act(
        "leave shared memory of System V",
        """
        IPC_CREAT = 0o1000
        libc.shmget(case["key"], 4096, IPC_CREAT | 0o600)
        """,
        aim="trace left",
    ),
)

KERNEL_ACTS = (
    Act(
        "make a setuid program",
        """
        open("tool", "w").write("#!/bin/sh\\n")
        os.chmod("tool", 0o4755)
        """,
        aim="setuid left",
    ),
    Act(
        "make a setuid program with native code",
        """
        libc.openat(-100, b"tool", os.O_CREAT | os.O_WRONLY, 0o4755)
        libc.syscall(452, -100, b"tool", 0o4755, 0)  # fchmodat2
        """,
        aim="setuid left",
    ),
    Act(
        "make a user namespace",
        """
        time.sleep(0.3)  # long enough to be seen in the old namespace, and then in the new one
        CLONE_NEWUSER = 0x10000000
        libc.unshare(CLONE_NEWUSER)
        time.sleep(0.3)
        """,
        aim="namespace made",
    ),
    Act(
        "mount a file system",
        """
        CLONE_NEWNS, CLONE_NEWUSER, MS_REC, MS_PRIVATE = 0x20000, 0x10000000, 0x4000, 0x40000
        os.mkdir("mounted")
        # in a mount namespace of its own, so that an act that is not held leaves nothing mounted
        if libc.unshare(CLONE_NEWNS) == 0 or libc.unshare(CLONE_NEWNS | CLONE_NEWUSER) == 0:
            libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
            libc.mount(b"hostile-mount", os.path.abspath("mounted").encode(), b"tmpfs", 0, None)
            time.sleep(0.3)
        """,
        aim="mount made",
    ),
    Act(
        "set up io_uring",
        """
        IO_URING_SETUP = 425  # the same number on every architecture
        libc.syscall(IO_URING_SETUP, 8, ctypes.create_string_buffer(120))
        time.sleep(0.3)
        """,
        aim="ring made",
    ),
    Act("crash with a segmentation fault", "ctypes.string_at(0)", aim="out of time"),
)

SUITE_ACTS = (
    Act(
        "end a test run with os._exit(0)",
        """
        import os
        open("begun", "w").close()

        def test_ends_the_run():
            os._exit(0)

        def test_would_fail():
            raise AssertionError
        """,
        aim="believed",
        is_suite=True,
    ),
    Act(
        "end a test run with os._exit(0) at import",
        """
        import os
        open("begun", "w").close()
        os._exit(0)

        def test_would_fail():
            raise AssertionError
        """,
        aim="believed",
        is_suite=True,
    ),
    Act(
        "forge the report with the lines in it",
        """
        import glob, json, os
        open("begun", "w").close()

        def test_fine():
            pass

        def test_forges():
            totals = {"kind": "final", "final": True, "denials": [], "counts": {}, "exit_status": 0, "selected": 2}
            for name in glob.glob("/proc/self/fd/*"):
                path = os.path.realpath(name)
                if path.endswith("report.jsonl"):
                    signature, _, body = open(path).read().splitlines()[0].partition(" ")
                    again = body.replace("test_fine", "test_forges").replace('"number": 0', '"number": 1')
                    last = json.dumps({"number": 2, **totals})
                    with open(path, "a") as report:
                        report.writelines(f"{signature} {text}\\n" for text in (again, last))
            os._exit(0)
        """,
        aim="believed",
        is_suite=True,
    ),
    Act(
        "forge the report with a word from /proc",
        """
        import glob, hmac, json, os
        open("begun", "w").close()

        def words():
            with open("/proc/self/environ") as stream:
                given = dict(entry.partition("=")[::2] for entry in stream.read().split("\\0"))
            yield from (value.encode() for name, value in given.items() if name.startswith("PROCTOR"))
            descriptor = int(given.get("PROCTOR_KEY", "-1"))
            try:
                yield os.read(descriptor, 100)
            except OSError:
                yield b""

        def test_forges():
            test = {"number": 0, "kind": "test", "nodeid": "test_act.py::test_forges", "phase": "call"}
            test |= {"outcome": "passed", "exception": "", "message": "", "crash": None, "frames": []}
            last = {"number": 1, "kind": "final", "final": True, "selected": 1}
            lines = [json.dumps({**line, "duration": 0.0, "denials": []}).encode() for line in (test, last)]
            for name in glob.glob("/proc/self/fd/*"):
                if os.path.realpath(name).endswith("report.jsonl"):
                    with open(os.path.realpath(name), "wb") as report:
                        for word in words():
                            for line in lines:
                                report.write(hmac.new(word, line, "sha256").hexdigest().encode() + b" " + line + b"\\n")
            os._exit(0)
        """,
        aim="believed",
        is_suite=True,
    ),
    Act(
        "leave a test run with exit code 0",
        """
        import pytest
        open("begun", "w").close()

        def test_leaves():
            pytest.exit("all is well", returncode=0)

        def test_would_fail():
            raise AssertionError
        """,
        aim="believed",
        is_suite=True,
    ),
)
