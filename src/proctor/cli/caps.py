"""The caps of a run as they are typed: `--max-tokens 200k`, or `--budget tokens=200k,money=5`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from proctor.errors import RequestError
from proctor.workflow.budget import Caps

NAMES = ("agents", "tokens", "money", "minutes")
_AMOUNT = re.compile(r"\$?(\d+(?:\.\d+)?)([kKmM]?)\$?")
_TIMES = {"": 1, "k": 1_000, "m": 1_000_000}


def read_caps(budget: str | None, flags: Mapping[str, str | None]) -> Caps:
    """Read `--budget` and the flags that name one cap each; a flag goes before."""
    given = _pairs(budget or "") | {name: text for name, text in flags.items() if text is not None}
    amounts = {name: _amount(name, text) for name, text in given.items()}
    minutes = amounts.get("minutes")
    return Caps(
        tokens=_whole(amounts.get("tokens")),
        money=amounts.get("money"),
        agents=_whole(amounts.get("agents")),
        seconds=None if minutes is None else float(minutes) * 60,
    )


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.replace(" ", "").split(",") if part]
    for name, sign, _ in pairs:
        if name not in NAMES or not sign:
            raise RequestError(
                f"--budget: {name!r} is not a cap",
                hint=f"write it like tokens=200k,money=5; the caps are {', '.join(NAMES)}",
                slug="bad-cap",
            )
    return {name: amount for name, _, amount in pairs}


def _amount(name: str, text: str) -> Decimal:
    match = _AMOUNT.fullmatch(text.strip())
    try:
        if match is None:
            raise InvalidOperation
        return Decimal(match[1]) * _TIMES[match[2].lower()]
    except InvalidOperation:
        raise RequestError(
            f"the cap on {name} is {text!r}, which is no amount", hint="write it like 500, 200k or 2.5", slug="bad-cap"
        ) from None


def _whole(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount)
