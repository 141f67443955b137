"""What ordinary suites ask of the machine, of Python and of pytest itself."""

import datetime
import getpass
import importlib.metadata
import locale
import os
import platform
import pwd
import random
import secrets
import shutil
import socket
import subprocess
import sys
import time
import uuid
import warnings
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@given(st.lists(st.integers()))
@settings(max_examples=30)
def test_hypothesis(numbers):
    assert list(reversed(list(reversed(numbers)))) == numbers


def test_xdist(tmp_path):
    (tmp_path / "test_inner.py").write_text(
        "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test(n): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done = subprocess.run([*command, str(tmp_path)], check=False, capture_output=True, text=True)

    assert "4 passed" in done.stdout, done.stdout + done.stderr


def test_locale_and_time_zone(monkeypatch):
    locale.setlocale(locale.LC_ALL, "C")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()

    assert time.tzname[0] == "UTC"
    assert datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Zurich")).utcoffset() is not None


def test_uuid_and_randomness():
    assert uuid.uuid1() != uuid.uuid4()
    assert len(secrets.token_bytes(8) + os.urandom(8) + random.SystemRandom().randbytes(8)) == 24


def test_who_we_are():
    assert pwd.getpwuid(os.getuid()).pw_name == getpass.getuser() != ""
    assert os.path.isdir(os.path.expanduser("~"))


def test_where_we_are():
    assert (platform.system(), sys.platform) == ("Linux", "linux")
    assert socket.gethostname() != ""
    assert os.cpu_count() >= 1
    assert os.getloadavg()


def test_the_size_of_the_terminal():
    assert shutil.get_terminal_size((80, 24)).columns > 0


def test_the_home_folder_is_written_to():
    place = os.path.expanduser("~/.config/app")
    os.makedirs(place, exist_ok=True)
    open(os.path.join(place, "settings"), "w").close()

    assert os.listdir(place) == ["settings"]


def test_the_null_device_and_proc():
    with open(os.devnull, "w") as nowhere:
        nowhere.write("x")
    with open("/proc/self/status") as status:
        assert status.readline().startswith("Name:")


def test_installed_packages():
    assert importlib.metadata.version("pytest")


def test_capsys_monkeypatch_and_warnings(capsys, monkeypatch):
    monkeypatch.setenv("A", "b")
    sys.stdout.write(os.environ["A"] + "\n")
    with pytest.warns(DeprecationWarning, match="old"):
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    assert capsys.readouterr().out == "b\n"


def test_capfd(capfd):
    subprocess.run(["echo", "hello"], check=True)

    assert capfd.readouterr().out == "hello\n"
