"""A small program whose names mean something else in a test."""

NAMES = '''
import collections
import datetime


class tee:
    """A class that is written like a function, and like the fixture that makes it."""

    def __init__(self, size: int):
        self.size = size

    def is_large(self) -> bool:
        return self.size > 10

    def is_small(self) -> bool:
        return self.size < 2


class __Hidden:
    def __init__(self, size: int):
        self.size = size

    def is_large(self) -> bool:
        return self.size > 10

    def is_small(self) -> bool:
        return self.size < 2


def days_after(date: datetime.date, count: int) -> datetime.date:
    if count < 0:
        raise ValueError("count must not be negative")
    return date + datetime.timedelta(days=count)


def sorted(result: list[int]) -> list[int]:
    return result[::-1] if result else []


def record_of(keys: list[str]):
    NamedTuple = collections.namedtuple("NamedTuple", keys)
    return NamedTuple(*range(len(keys)))
'''
