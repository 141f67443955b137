"""Moves the clock that the project's modules see, so that results which depend on today's date show themselves."""

from __future__ import annotations

import datetime
import sys
import time
import types
from typing import Any, Final


def shift(root: str, days: int) -> None:
    """Replace the date and time names in the project's loaded modules by ones that are `days` ahead."""
    delta = datetime.timedelta(days=days)
    substitutes = _substitutes(delta)
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not file or not file.startswith(root) or "site-packages" in file:
            continue
        for name, value in list(vars(module).items()):
            for original, substitute in substitutes:
                if value is original:
                    setattr(module, name, substitute)


FROZEN: Final = (2024, 1, 15, 12)


def freeze(module: types.ModuleType) -> None:
    """Let the names `datetime` and `date` of one module stand still; the tests' fixture does the same."""
    names = vars(module)
    if names.get("datetime") is datetime.datetime:
        names["datetime"] = _frozen_datetime()
    if names.get("date") is datetime.date:
        names["date"] = _frozen_date()


def _frozen_datetime() -> type[datetime.datetime]:
    class FrozenDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]  # the real class
            return datetime.datetime(*FROZEN, tzinfo=tz)

        @classmethod
        def utcnow(cls) -> datetime.datetime:  # type: ignore[override]  # the real class
            return datetime.datetime(*FROZEN)

        @classmethod
        def today(cls) -> datetime.datetime:  # type: ignore[override]  # the real class
            return datetime.datetime(*FROZEN)

    return FrozenDatetime


def _frozen_date() -> type[datetime.date]:
    class FrozenDate(datetime.date):
        @classmethod
        def today(cls) -> datetime.date:  # type: ignore[override]  # the real class
            return datetime.date(*FROZEN[:3])

    return FrozenDate


def _substitutes(delta: datetime.timedelta) -> tuple[tuple[object, object], ...]:
    moment = _shifted_datetime(delta)
    day = _shifted_date(delta)
    module = types.ModuleType("datetime")
    vars(module).update(vars(datetime), datetime=moment, date=day)

    def now() -> float:
        return time.time() + delta.total_seconds()

    seconds = types.ModuleType("time")
    vars(seconds).update(vars(time), time=now)
    return (
        (datetime.datetime, moment),
        (datetime.date, day),
        (datetime, module),
        (time, seconds),
        (time.time, now),
    )


def _shifted_datetime(delta: datetime.timedelta) -> type[datetime.datetime]:
    class Meta(type):
        def __instancecheck__(cls, item: object) -> bool:
            return isinstance(item, datetime.datetime)

        def __call__(cls, *args: Any, **keywords: Any) -> datetime.datetime:  # noqa: ANN401 - the real class checks them
            return datetime.datetime(*args, **keywords)

    class datetime_(datetime.datetime, metaclass=Meta):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]  # the real class
            return datetime.datetime.now(tz) + delta

        @classmethod
        def utcnow(cls) -> datetime.datetime:  # type: ignore[override]  # the real class
            return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) + delta

        @classmethod
        def today(cls) -> datetime.datetime:  # type: ignore[override]  # the real class
            return datetime.datetime.now() + delta

    return datetime_


def _shifted_date(delta: datetime.timedelta) -> type[datetime.date]:
    class Meta(type):
        def __instancecheck__(cls, item: object) -> bool:
            return isinstance(item, datetime.date)

        def __call__(cls, *args: Any, **keywords: Any) -> datetime.date:  # noqa: ANN401 - the real class checks them
            return datetime.date(*args, **keywords)

    class date_(datetime.date, metaclass=Meta):
        @classmethod
        def today(cls) -> datetime.date:  # type: ignore[override]  # the real class
            return datetime.date.today() + delta

    return date_
