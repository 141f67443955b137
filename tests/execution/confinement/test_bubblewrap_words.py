"""The command line of bubblewrap and the profile of macOS, as text."""

from pathlib import Path

from proctor.execution.confinement import visible
from proctor.execution.confinement.bubblewrap import account_files, bubblewrap
from proctor.execution.confinement.policy import Limits, Policy
from proctor.execution.confinement.seatbelt import profile, seatbelt


def words_for(tmp_path: Path) -> list[str]:
    for name in ("seen", "seen/below", "work"):
        (tmp_path / name).mkdir()
    readable = (tmp_path / "seen", tmp_path / "seen" / "below", Path("/usr/lib"), tmp_path / "missing")
    policy = Policy(readable, (tmp_path / "work",), limits=Limits(file_mb=3))
    return bubblewrap("/usr/bin/bwrap", policy, str(tmp_path / "work"), filter_at=7, accounts_at=(8, 9))


def bound(words: list[str], how: str) -> list[str]:
    return [words[index + 1] for index, word in enumerate(words) if word == how]


def test_everything_is_a_namespace_of_its_own_and_ends_with_the_monitor(tmp_path: Path) -> None:
    assert words_for(tmp_path)[:9] == [
        *("/usr/bin/bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--hostname", "sandbox"),
    ]


def test_the_policy_is_bound_without_what_lies_in_it_or_in_the_system(tmp_path: Path) -> None:
    words = words_for(tmp_path)

    ours = [path for path in bound(words, "--ro-bind") if path.startswith(str(tmp_path))]
    assert (ours, bound(words, "--bind")) == ([str(tmp_path / "seen")], [str(tmp_path / "work")])
    assert "/usr/lib" not in bound(words, "--ro-bind")


def test_volatile_folders_have_a_size_and_everything_else_is_read_only(tmp_path: Path) -> None:
    words = words_for(tmp_path)

    volatile = ["--size", "3145728", "--tmpfs", "/dev/shm", "--size", "3145728", "--tmpfs", "/tmp"]
    start = words.index("--size")
    assert words[start : start + 8] == volatile
    assert words[-9:] == [
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(tmp_path / "work"), "--seccomp", "7", "--"),
    ]
    assert words[words.index("/etc/passwd") - 4 : words.index("/etc/passwd")] == ["--perms", "0444", "--file", "8"]


def test_the_machine_seems_to_have_one_user() -> None:
    assert account_files(1000, 100) == (
        "root:x:0:0::/:/bin/sh\nuser:x:1000:100::/:/bin/sh\n",
        "root:x:0:\nuser:x:100:\n",
    )
    assert account_files(0, 0) == ("root:x:0:0::/:/bin/sh\n", "root:x:0:\n")


def test_an_interpreter_is_seen_under_all_its_names(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("")
    (tmp_path / "middle").symlink_to("real")
    (tmp_path / "python").symlink_to(tmp_path / "middle")

    assert visible.program_hops(str(tmp_path / "python")) == tuple(
        str(tmp_path / name) for name in ("python", "middle", "real")
    )


def test_the_profile_of_macos_refuses_what_it_does_not_name() -> None:
    policy = Policy((Path('/opt/a "b"'),), (Path("/work"),), "loopback")

    lines = profile(policy).splitlines()

    assert lines[:2] == ["(version 1)", "(deny default)"]
    assert '(allow file-read* file-write* (subpath "/work"))' in lines
    assert [line for line in lines if '(subpath "/opt/a \\"b\\"")' in line and "write" not in line] != []
    assert lines[-1] == '(allow network* (local ip "localhost:*") (remote ip "localhost:*"))'
    assert [line for line in profile(Policy((), ())).splitlines() if "network" in line] == []
    assert seatbelt("/usr/bin/sandbox-exec", policy) == ["/usr/bin/sandbox-exec", "-p", profile(policy)]
