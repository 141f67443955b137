"""Children are limited in time, size and environment, and nothing of them stays behind."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from proctor.errors import ExecutionError
from proctor.execution.child import ChildSettings, child_environment, run_child, start_child
from proctor.execution.confinement.policy import Limits

Write = Callable[[str, str], Path]

SPAWN_SLEEPER = """
import os, subprocess, sys
sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session={own_session})
os.write({writer}, str(sleeper.pid).encode())
{then}
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


def limited(settings: ChildSettings, **limits: float) -> ChildSettings:
    return replace(settings, limits=replace(settings.limits, **limits))


def is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def is_gone(pid: int) -> bool:
    """Whether it ends: a killed orphan is reaped by the system, a moment later."""
    try:
        psutil.Process(pid).wait(10)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return not is_running(pid)


def test_a_child_ends_with_its_code_and_both_outputs(settings: ChildSettings) -> None:
    child = run_child(["-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"], settings)

    assert (child.returncode, child.stdout_tail, child.stderr_tail, child.timed_out) == (7, "out\n", "err\n", False)


@pytest.mark.parametrize(
    ("args", "argv"),
    [
        (["-c", "import sys; print(sys.argv)", "x"], "['-c', 'x']\n"),
        (["shown.py", "x"], "['shown.py', 'x']\n"),
        (["-m", "shown", "x"], "['{scratch}/shown.py', 'x']\n"),
    ],
)
def test_modules_code_and_scripts_run_as_python_runs_them(
    settings: ChildSettings, scratch: Path, write: Write, args: list[str], argv: str
) -> None:
    write("shown.py", "import sys; print(sys.argv) if __name__ == '__main__' else None")

    child = run_child(args, settings)

    assert (child.stdout_tail, child.stderr_tail) == (argv.format(scratch=scratch), "")


def test_only_the_import_roots_and_the_environment_are_on_the_import_path(
    settings: ChildSettings, scratch: Path
) -> None:
    overlay = scratch / "overlay"
    child = run_child(["-c", "import sys; print(sys.path[:2]); import suite"], replace(settings, overlay=overlay))

    assert child.stdout_tail == f"['{overlay}', '{scratch}']\n"
    assert child.stderr_tail.endswith("ModuleNotFoundError: No module named 'suite'\n")


def test_a_project_may_have_a_package_with_the_name_of_the_probes_folder(settings: ChildSettings, write: Write) -> None:
    write("probe/__init__.py", "NAME = 'the project'")

    child = run_child(["-c", "import probe, proctor_probe.guard as g; print(probe.NAME, g.__name__)"], settings)

    assert (child.stdout_tail, child.stderr_tail) == ("the project proctor_probe.guard\n", "")


def test_the_environment_is_an_allow_list(settings: ChildSettings, scratch: Path) -> None:
    inherited = {"PATH": "/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC", "API_SECRET": "x", "PYTHONSTARTUP": "x"}
    chosen = replace(settings, environment={"APP_KEY": "fake", "HOME": "/root", "TZ": "CET"}, hash_seed=7)

    assert child_environment(chosen, inherited) == {
        "PATH": "/bin",
        "LANG": "C",
        "LC_ALL": "C",
        "TZ": "CET",
        "APP_KEY": "fake",
        "HOME": str(scratch / ".proctor-child" / "home"),
        "TMPDIR": str(scratch / ".proctor-child" / "tmp"),
        "PYTHONPATH": str(scratch),
        "PYTHONHASHSEED": "7",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def test_home_and_temporary_folder_exist_inside_the_scratch_copy(settings: ChildSettings, scratch: Path) -> None:
    code = "import os, tempfile; print(os.path.isdir(os.path.expanduser('~'))); print(tempfile.gettempdir())"

    child = run_child(["-c", code], settings)

    assert child.stdout_tail == f"True\n{scratch / '.proctor-child' / 'tmp'}\n"


def test_a_child_that_takes_too_long_has_no_return_code_and_keeps_what_it_said(settings: ChildSettings) -> None:
    code = "import time; print('started', flush=True); time.sleep(600)"

    child = run_child(["-c", code], limited(settings, wall_seconds=3))

    assert (child.returncode, child.stdout_tail, child.timed_out) == (None, "started\n", True)


def test_a_child_that_ignores_the_polite_signal_is_killed(settings: ChildSettings, pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    deaf = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    code = f"{deaf}; os.write({writer}, b'deaf'); time.sleep(600)"

    with start_child(["-c", code], settings, pass_fds=[writer]) as child:
        said = os.read(reader, 100)
        child.kill_group(grace=0.1)

    assert (child.returncode, said) == (-9, b"deaf")


@pytest.mark.parametrize(
    ("own_session", "then"),
    [(False, ""), (False, "import time; time.sleep(600)"), (True, "import time; time.sleep(600)")],
)
def test_what_a_child_started_ends_with_it(
    settings: ChildSettings, pipe: tuple[int, int], own_session: bool, then: str
) -> None:
    reader, writer = pipe
    code = SPAWN_SLEEPER.format(own_session=own_session, writer=writer, then=then)

    with start_child(["-c", code], settings, pass_fds=[writer]):
        sleeper = int(os.read(reader, 100))

    assert is_gone(sleeper)


def test_output_beyond_the_limit_keeps_the_end_and_blocks_nobody(settings: ChildSettings) -> None:
    code = "import sys; sys.stdout.write('x' * 3_000_000 + 'end'); sys.stderr.write('y' * 3_000_000 + 'END')"

    child = run_child(["-c", code], limited(settings, output_kb=1))

    assert (child.returncode, child.timed_out) == (0, False)
    assert (child.stdout_tail, child.stderr_tail) == ("x" * 1021 + "end", "y" * 1021 + "END")


def test_memory_file_size_and_processor_time_are_limited(settings: ChildSettings) -> None:
    code = """
import json, resource
kinds = resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU, resource.RLIMIT_CORE
print(json.dumps([resource.getrlimit(kind)[0] for kind in kinds]))
try:
    bytearray(2 * 1024**3)
except MemoryError:
    print("no memory")
try:
    open("big", "wb").write(bytes(3 * 1024**2))
except OSError as error:
    print(error.strerror)
"""
    child = run_child(["-c", code], limited(settings, memory_mb=1024, file_mb=2, cpu_seconds=9))

    limits, *refusals = child.stdout_tail.splitlines()
    assert json.loads(limits) == [1024**3, 2 * 1024**2, 9, 0]
    assert refusals == ["no memory", "File too large"]


def test_a_limit_of_zero_leaves_the_inherited_one(settings: ChildSettings) -> None:
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_CPU) == (resource.RLIM_INFINITY,) * 2)"
    unlimited = Limits(wall_seconds=0, memory_mb=0, cpu_seconds=0, file_mb=0, processes=0)

    child = run_child(["-c", code], replace(settings, limits=unlimited))

    assert (child.returncode, child.stdout_tail) == (0, "True\n")


def test_a_server_talks_over_the_descriptors_it_was_given_and_dies_with_the_block(
    settings: ChildSettings, pipe: tuple[int, int]
) -> None:
    reader, writer = pipe
    code = f"import os, time; os.write({writer}, b'ready'); time.sleep(600)"

    with start_child(["-c", code], settings, pass_fds=[writer]) as child:
        said = os.read(reader, 100)
        was_running = child.returncode is None

    assert (said, was_running, child.returncode) == (b"ready", True, -15)


def test_an_interpreter_that_is_gone_is_an_error_that_says_so(settings: ChildSettings) -> None:
    broken = replace(settings, interpreter=replace(settings.interpreter, path="/nowhere/python"))

    with pytest.raises(ExecutionError) as caught:
        run_child(["-c", "pass"], broken)

    assert caught.value.slug == "child-not-started"
    assert caught.value.message == (
        f"/nowhere/python could not be started in {settings.cwd}: No such file or directory"
    )
