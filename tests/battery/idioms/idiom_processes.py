"""What ordinary suites do with processes, threads and signals."""

import asyncio
import concurrent.futures
import faulthandler
import multiprocessing
import multiprocessing.shared_memory
import os
import signal
import subprocess
import sys
import threading
from multiprocessing.pool import ThreadPool

import pytest

METHODS = ["spawn", "forkserver", "fork"]


def double(number):
    return 2 * number


def put(queue):
    queue.put(os.getpid())


@pytest.mark.parametrize("method", METHODS)
def test_multiprocessing_pool(method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(double, range(4)) == [0, 2, 4, 6]


def test_multiprocessing_manager():
    with multiprocessing.get_context("spawn").Manager() as manager:
        shared = manager.dict(a=1)
        shared["b"] = 2
        assert dict(shared) == {"a": 1, "b": 2}


def test_multiprocessing_queue_and_lock():
    context = multiprocessing.get_context("spawn")
    queue, lock = context.Queue(), context.Lock()
    process = context.Process(target=put, args=(queue,))
    with lock:
        process.start()
    assert queue.get(timeout=30) == process.pid
    process.join()


def test_shared_memory():
    block = multiprocessing.shared_memory.SharedMemory(create=True, size=16)
    again = multiprocessing.shared_memory.SharedMemory(name=block.name)
    block.buf[:3] = b"abc"
    assert bytes(again.buf[:3]) == b"abc"
    again.close()
    block.close()
    block.unlink()


def test_process_pool_executor():
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(double, range(3))) == [0, 2, 4]


def test_threads():
    with concurrent.futures.ThreadPoolExecutor(8) as pool, ThreadPool(4) as other:
        assert list(pool.map(double, range(3))) == other.map(double, range(3)) == [0, 2, 4]


def test_asyncio_subprocess():
    async def run():
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(1)", stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        return said

    assert asyncio.run(run()) == b"1\n"


def test_asyncio_with_signals_and_threads():
    async def run():
        loop = asyncio.get_running_loop()
        heard = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, heard.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await asyncio.wait_for(heard.wait(), 10)
        return await asyncio.to_thread(double, 2)

    assert asyncio.run(run()) == 4


def test_subprocess_of_python():
    said = subprocess.check_output([sys.executable, "-c", "import json; print(json.dumps([1]))"], text=True)

    assert said == "[1]\n"


def test_subprocess_of_shell_tools(tmp_path):
    (tmp_path / "names").write_text("b\na\n")
    said = subprocess.check_output(f"sort {tmp_path}/names | head -1 | tr a-z A-Z", shell=True, text=True)

    assert said == "A\n"
    assert os.system("true") == 0


def test_a_child_is_ended(tmp_path):
    process = subprocess.Popen(["sleep", "60"])
    process.terminate()

    assert process.wait(10) == -signal.SIGTERM


def test_a_child_in_a_group_of_its_own_is_ended():
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    os.killpg(process.pid, signal.SIGKILL)

    assert process.wait(10) == -signal.SIGKILL


def test_git(tmp_path):
    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True, text=True)

    git("init", "-q")
    (tmp_path / "a").write_text("a")
    git("add", ".")
    git("commit", "-q", "-m", "first")

    assert git("log", "--format=%s").stdout == "first\n"


def test_signal_alarm():
    def ring(number, frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    with pytest.raises(TimeoutError):
        signal.pause()
    signal.signal(signal.SIGALRM, before)


def test_faulthandler(tmp_path):
    with (tmp_path / "trace").open("w+") as file:
        faulthandler.dump_traceback(file)
        file.seek(0)
        assert "test_faulthandler" in file.read()


def test_fork_and_pipe():
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, b"x")
        os._exit(3)
    os.close(writer)
    assert (os.read(reader, 9), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])) == (b"x", 3)
    os.close(reader)


def test_a_terminal_of_its_own():
    main, end = os.openpty()
    os.write(main, b"x\n")
    assert (os.isatty(end), os.read(end, 9)) == (True, b"x\n")
    os.close(main)
    os.close(end)


def test_timers():
    rung = threading.Event()
    threading.Timer(0.01, rung.set).start()

    assert rung.wait(10)


def test_a_virtual_environment_is_made(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)

    assert (tmp_path / "env/bin/python").exists()
