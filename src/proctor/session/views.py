"""What the session shows, made from records: the card before a run, the agents, the status line, lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from proctor.session.board import AgentLine, View
from proctor.session.commands import COMMANDS
from proctor.session.desk import Card, RunLine

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from proctor.workflow.budget import Caps

_STYLES = {
    "running": "cyan",
    "accepted": "green",
    "cached": "green",
    "degraded": "yellow",
    "failed": "red",
    "skipped": "dim",
}


def card_view(card: Card) -> RenderableType:
    """The card that a person approves or not."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    lines: list[RenderableType] = [Text(card.title, style="bold")]
    for phase in card.phases:
        lines.append(Text(f"{phase.name} ({phase.detail})" if phase.detail else phase.name, style="cyan"))
        lines += [Text(f"  {agent}") for agent in phase.agents]
    lines += [Text(f"Cost: {card.cost}"), Text(f"Read: {card.read}")]
    return Panel(Group(*lines), title=f"Mode: {card.mode}", title_align="left", expand=False)


def agents_view(view: View, now: float) -> RenderableType:
    """The phases and agents of a run, with what each does now."""
    from rich.console import Group

    return Group(_phases(view, now), _agents(view, now), status_text(view, now, None))


def status_text(view: View, now: float, effort: str | None) -> Text:
    """One line: phase, agents done and running, tokens, money, time."""
    from rich.text import Text

    return Text(status_line(view, now, effort), style="bold")


def status_line(view: View, now: float, effort: str | None) -> str:
    """The same line as plain text, for the toolbar."""
    parts = [f"effort {effort}"] if effort else []
    if view.status == "idle":
        return " · ".join([*parts, "no run; /help lists the commands"])
    running = len(view.agents) - view.done
    parts += [
        view.phase or view.status,
        f"agents {view.done} done, {running} running",
        f"{view.tokens} tokens",
        money_text(view.money),
        duration(view.seconds(now)),
    ]
    return " · ".join(parts)


def runs_view(runs: Sequence[RunLine]) -> RenderableType:
    """The runs of a project, the newest last."""
    table = _table("run", "status", "started", "cause")
    for run in runs:
        started = datetime.fromtimestamp(run.started).astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(run.run_id, run.status, started, run.cause)
    return table


def workflows_view(workflows: Iterable[tuple[str, str]]) -> RenderableType:
    """The saved workflows."""
    table = _table("command", "what it does")
    for name, description in workflows:
        table.add_row(f"/{name}", description)
    return table


def help_view(workflows: Iterable[tuple[str, str]]) -> RenderableType:
    """The commands; a request needs none."""
    from rich.console import Group
    from rich.text import Text

    table = _table("command", "what it does")
    for name, meaning in COMMANDS.items():
        table.add_row(f"/{name}", meaning)
    for name, description in workflows:
        table.add_row(f"/{name}", description)
    return Group(Text("Type what you want in plain words; it is planned and shown before anything runs."), table)


def budget_view(view: View, caps: Caps) -> RenderableType:
    """What the run has spent, and the caps of the next one."""
    table = _table("", "spent", "cap of the next run")
    seconds = None if caps.seconds is None else duration(caps.seconds)
    rows = (
        ("agents", str(len(view.agents)), caps.agents),
        ("tokens", str(view.tokens), caps.tokens),
        ("money", money_text(view.money), caps.money),
        ("time", duration(view.seconds(view.ended or view.started)), seconds),
    )
    for name, spent, cap in rows:
        table.add_row(name, spent, "none" if cap is None else str(cap))
    return table


def state_view(view: View) -> RenderableType:
    """What each phase has come to, and what workflows have published for others."""
    from rich.console import Group

    table = _table("phase", "status", "agents")
    for phase in view.phases:
        ended = [agent.status for agent in view.agents if agent.phase == phase.name]
        counts = ", ".join(f"{ended.count(status)} {status}" for status in dict.fromkeys(ended))
        table.add_row(phase.name, phase.status, counts)
    published = _table("published", "by")
    for name, writer in view.published.items():
        published.add_row(name, writer)
    return Group(table, published) if view.published else table


def money_text(money: Decimal | None) -> str:
    """An amount; what has no price is not free."""
    return "price unknown" if money is None else f"{money:.2f} $"


def duration(seconds: float) -> str:
    """A time as a person says it."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _phases(view: View, now: float) -> Table:
    table = _table("phase", "status", "time")
    for phase in view.phases:
        table.add_row(phase.name, phase.status, duration((phase.ended or now) - phase.started))
    return table


def _agents(view: View, now: float) -> Table:
    table = _table("agent", "phase", "status", "attempts", "tokens", "time", "activity")
    for agent in view.agents:
        table.add_row(*_agent_row(agent, now), style=_STYLES.get(agent.status, ""))
    return table


def _agent_row(agent: AgentLine, now: float) -> tuple[str, ...]:
    time = duration((agent.ended or now) - agent.started)
    return agent.label, agent.phase, agent.status, f"{agent.attempts}", f"{agent.tokens}", time, agent.activity


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
