"""What every workflow script has besides the host's own functions, written in the Python that scripts are written in.

It runs inside Monty, before the script, and is never imported by Proctor.
"""

from __future__ import annotations

import asyncio as _asyncio  # a script has the same globals: a plain name could be replaced by one of its own
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from proctor.workflow.scripts.api import Effort, Result, agent

    def _budget_spent() -> int: ...
    def _state_publish(name: str, value: Any) -> None: ...
    def _state_read(name: str) -> Any: ...
    def _state_names() -> list[str]: ...

    _budget_total: int | None


class Budget:
    def __init__(self, total: int | None) -> None:
        self.total = total

    def spent(self) -> int:
        return _budget_spent()

    def remaining(self) -> float:
        return float("inf") if self.total is None else max(0, self.total - _budget_spent())


class State:
    def publish(self, name: str, value: Any) -> None:
        _state_publish(name, value)

    def read(self, name: str) -> Any:
        return _state_read(name)

    def names(self) -> list[str]:
        return _state_names()


budget = Budget(_budget_total)
state = State()


async def parallel(calls: Sequence[Awaitable[Any]]) -> list[Any]:
    return list(await _asyncio.gather(*calls))


async def pipeline(items: Sequence[Any], *stages: Callable[[Any], Awaitable[Any]]) -> list[Any]:
    async def through_all(item: Any) -> Any:
        for stage in stages:
            item = await stage(item)
        return item

    return list(await _asyncio.gather(*[through_all(item) for item in items]))


async def retry(call: Callable[[], Awaitable[Result]], *, times: int = 3) -> Result:
    result = await call()
    for _ in range(times - 1):
        if result.ok:
            break
        result = await call()
    return result


async def loop_until_dry(
    find: Callable[[int], Awaitable[Sequence[Any]]],
    *,
    dry_rounds: int = 2,
    most_rounds: int = 10,
    key: Callable[[Any], Any] | None = None,
) -> list[Any]:
    found: list[Any] = []
    known: list[Any] = []
    dry = 0
    for number in range(1, most_rounds + 1):
        fresh = 0
        for item in await find(number):
            name = item if key is None else key(item)
            if name not in known:
                known.append(name)
                found.append(item)
                fresh += 1
        dry = 0 if fresh else dry + 1
        if dry >= dry_rounds:
            break
    return found


@dataclass(frozen=True)
class Verification:
    confirmed: bool
    upheld: int
    refuted: int
    unanswered: int
    reasons: list[str]


async def verify(
    claim: str, *, voters: int = 3, lenses: Sequence[str] = (), effort: Effort | None = None
) -> Verification:
    schema = {
        "type": "object",
        "properties": {"refuted": {"type": "boolean"}, "reason": {"type": "string"}},
        "required": ["refuted", "reason"],
    }

    async def vote(number: int) -> Result:
        view = f" Look at it from this side: {lenses[number % len(lenses)]}." if lenses else ""
        prompt = f"Try to refute this claim. If you are in doubt, it is refuted.{view}\n\n{claim}"
        return await agent(prompt, label=f"vote {number + 1}", schema=schema, effort=effort)

    votes = await _asyncio.gather(*[vote(number) for number in range(voters)])
    answers = [result.output for result in votes if result.ok]
    refuted = sum([1 for answer in answers if answer["refuted"]])
    upheld = len(answers) - refuted
    reasons = [str(answer["reason"]) for answer in answers]
    return Verification(upheld * 2 > voters, upheld, refuted, voters - len(answers), reasons)


@dataclass(frozen=True)
class Judgement:
    best: int | None
    scores: list[float]
    reasons: list[str]


async def judge_panel(
    question: str,
    candidates: Sequence[str],
    *,
    judges: int = 3,
    criteria: Sequence[str] = (),
    effort: Effort | None = None,
) -> Judgement:
    count = len(candidates)
    if count == 0:
        return Judgement(None, [], [])
    schema = {
        "type": "object",
        "properties": {
            "scores": {"type": "array", "items": {"type": "number"}, "minItems": count, "maxItems": count},
            "reason": {"type": "string"},
        },
        "required": ["scores", "reason"],
    }
    listed = "\n\n".join([f"Candidate {number + 1}:\n{text}" for number, text in enumerate(candidates)])
    by = f" Judge by: {', '.join(criteria)}." if criteria else ""
    prompt = f"{question}\n\nGive each candidate a score from 0 to 10, in their order.{by}\n\n{listed}"
    calls = [agent(prompt, label=f"judge {number + 1}", schema=schema, effort=effort) for number in range(judges)]
    answers = [result.output for result in await _asyncio.gather(*calls) if result.ok]
    usable = [answer for answer in answers if len(answer["scores"]) == count]
    if not usable:
        return Judgement(None, [0.0 for _ in candidates], [])
    means = [sum([answer["scores"][place] for answer in usable]) / len(usable) for place in range(count)]
    return Judgement(means.index(max(means)), means, [str(answer["reason"]) for answer in usable])


# --- where the script is, in case it has to be ended where nothing else can say so

_place = [0, 0]


def _at(line: int) -> None:
    _place[0] = line
    _place[1] += 1
    if _place[1] % 256 == 0:
        print("\0" + str(line))  # noqa: T201 - Monty's print, which goes to the host
