"""The same fan-out in LangGraph: one node sent once per item, with the checkpoints of its SqliteSaver or with none."""

import asyncio
import operator
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

IN_FLIGHT = 16


class State(TypedDict):
    count: int
    done: Annotated[list[str], operator.add]


class Node:
    """The no-op; when told to, it notes each call in a file and dies after some of them."""

    def __init__(self, notes: Path | None = None, dies_after: int = 0) -> None:
        self.notes = None if notes is None else os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.left = dies_after

    async def __call__(self, item: dict[str, Any]) -> dict[str, list[str]]:
        if self.notes is not None:
            os.write(self.notes, f"{item['id']}\n".encode())
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return {"done": [item["id"]]}


def graph(node: Node) -> StateGraph:
    built = StateGraph(State)
    built.add_node("agent", node)
    built.add_conditional_edges(
        START, lambda state: [Send("agent", {"id": f"a{number}"}) for number in range(state["count"])]
    )
    built.add_edge("agent", END)
    return built


async def once(node: Node, state: State | None, journal: Path | None) -> tuple[float, float]:
    config = {"configurable": {"thread_id": "run"}, "max_concurrency": IN_FLIGHT}
    began, worked = time.perf_counter(), time.process_time()
    if journal is None:
        result = await graph(node).compile().ainvoke(state, config)
    else:
        async with AsyncSqliteSaver.from_conn_string(str(journal)) as saver:
            result = await graph(node).compile(checkpointer=saver).ainvoke(state, config)
    spent = time.perf_counter() - began, time.process_time() - worked
    assert len(result["done"]) == result["count"]
    return spent


def main() -> None:
    mode, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    journal = None if mode == "bare" else folder / "checkpoints.sqlite"
    if mode in ("killed", "resumed"):
        node = Node(folder / "calls", int(sys.argv[4]) if mode == "killed" else 0)
        asyncio.run(once(node, {"count": count, "done": []} if mode == "killed" else None, journal))
        return
    asyncio.run(once(Node(), {"count": 20, "done": []}, None if mode == "bare" else folder / "warm.sqlite"))
    wall, cpu = asyncio.run(once(Node(), {"count": count, "done": []}, journal))
    print(wall / count * 1000, cpu / count * 1000, "nan nan", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


main()
