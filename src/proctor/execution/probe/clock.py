"""Moves the clock that the project's modules see, so that results which depend on today's date show themselves."""

import datetime
import sys
import time
import types


def shift(root, days):
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


FROZEN = (2024, 1, 15, 12)


def freeze(module):
    """Let the names `datetime` and `date` of one module stand still; the tests' fixture does the same."""
    names = vars(module)
    if names.get("datetime") is datetime.datetime:
        module.datetime = _frozen_datetime()
    if names.get("date") is datetime.date:
        module.date = _frozen_date()


def _frozen_datetime():
    class FrozenDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime(*FROZEN, tzinfo=tz)

        @classmethod
        def utcnow(cls):
            return datetime.datetime(*FROZEN)

        @classmethod
        def today(cls):
            return datetime.datetime(*FROZEN)

    return FrozenDatetime


def _frozen_date():
    class FrozenDate(datetime.date):
        @classmethod
        def today(cls):
            return datetime.date(*FROZEN[:3])

    return FrozenDate


def _substitutes(delta):
    moment = _shifted_datetime(delta)
    day = _shifted_date(delta)
    module = types.ModuleType("datetime")
    module.__dict__.update(vars(datetime))
    module.datetime, module.date = moment, day
    seconds = types.ModuleType("time")
    seconds.__dict__.update(vars(time))
    seconds.time = lambda: time.time() + delta.total_seconds()
    return (
        (datetime.datetime, moment),
        (datetime.date, day),
        (datetime, module),
        (time, seconds),
        (time.time, seconds.time),
    )


def _shifted_datetime(delta):
    real = datetime.datetime

    class Meta(type):
        def __instancecheck__(cls, item):
            return isinstance(item, real)

        def __call__(cls, *args, **keywords):
            return real(*args, **keywords)

    class datetime_(real, metaclass=Meta):
        @classmethod
        def now(cls, tz=None):
            return real.now(tz) + delta

        @classmethod
        def utcnow(cls):
            return real.now(datetime.timezone.utc).replace(tzinfo=None) + delta

        @classmethod
        def today(cls):
            return real.now() + delta

    return datetime_


def _shifted_date(delta):
    real = datetime.date

    class Meta(type):
        def __instancecheck__(cls, item):
            return isinstance(item, real)

        def __call__(cls, *args, **keywords):
            return real(*args, **keywords)

    class date_(real, metaclass=Meta):
        @classmethod
        def today(cls):
            return real.today() + delta

    return date_
