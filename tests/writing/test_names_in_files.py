"""Written files whose module uses names that mean something else in a test: they are imported and pass all the same."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from conftest import WrittenSuite, write_suite
from laboratory import laboratory

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


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WrittenSuite]:
    root = tmp_path_factory.mktemp("named")
    with laboratory(tmp_path_factory.mktemp("lab"), NAMES) as lab:
        yield write_suite(root, lab)


def test_a_file_full_of_odd_names_passes(named: WrittenSuite):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "tests"]
    done = subprocess.run(command, cwd=named.root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_every_function_and_class_of_the_module_has_its_tests(named: WrittenSuite):
    assert {case.target.partition(".")[0] for case in named.module.cases().values()} == {
        "tee",
        "__Hidden",
        "days_after",
        "sorted",
        "record_of",
    }
