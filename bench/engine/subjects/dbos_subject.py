"""The same fan-out in DBOS: one workflow that awaits a no-op step per item, its state in SQLite."""

import asyncio
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from dbos import DBOS, SetWorkflowID

IN_FLIGHT = 16


@dataclass
class Notes:
    """Where calls are noted, and after how many the process dies; DBOS knows its functions by name, not by object."""

    file: int | None = None
    left: int = 0

    def take(self, name: str) -> None:
        if self.file is not None:
            os.write(self.file, f"{name}\n".encode())
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


NOTES = Notes()


@DBOS.step()
async def agent(name: str) -> str:
    NOTES.take(name)
    return name


@DBOS.workflow()
async def fan_out(count: int) -> int:
    # rounds, because steps have to start in the same order each time
    done = 0
    for start in range(0, count, IN_FLIGHT):
        names = [f"a{number}" for number in range(start, min(start + IN_FLIGHT, count))]
        done += len(await asyncio.gather(*(agent(name) for name in names)))
    return done


async def once(count: int, run: str) -> tuple[float, float]:
    began, worked = time.perf_counter(), time.process_time()
    with SetWorkflowID(run):
        assert await fan_out(count) == count
    return time.perf_counter() - began, time.process_time() - worked


async def resumed() -> None:
    handle = await DBOS.retrieve_workflow_async("run")
    await handle.get_result()


async def both(count: int) -> tuple[float, float]:
    await once(20, "warm")
    return await once(count, "run")


def main() -> None:
    mode, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if mode in ("killed", "resumed"):
        NOTES.file = os.open(folder / "calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        NOTES.left = int(sys.argv[4]) if mode == "killed" else 0
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{folder / 'dbos.sqlite'}",
            "run_admin_server": False,
            "log_level": "ERROR",
            "application_version": "1",
        }
    )
    DBOS.launch()
    if mode == "killed":
        asyncio.run(once(count, "run"))
    elif mode == "resumed":
        asyncio.run(resumed())
    else:
        wall, cpu = asyncio.run(both(count))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(wall / count * 1000, cpu / count * 1000, "nan nan", peak)
    DBOS.destroy()


main()
