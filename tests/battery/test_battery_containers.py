"""In a container there is no bubblewrap to be had: the next level takes over, and holds what it holds elsewhere."""

import json
import shutil
import subprocess

import pytest
from battery_people import Person, ourselves_are_root, person
from battery_table import GOLDEN, Table
from test_battery_table import skip_without

# One of each kind, so that the default suite stays quick.
SAMPLE = (
    "open and write a source",
    "install a git hook",
    "read an SSH key",
    "read the environment of Proctor",
    "connect over TCP",
    "connect to an abstract Unix socket",
    "kill a process",
    "write to a process's memory by /proc",
    "stay as a daemon",
    "make a user namespace",
    "mount a file system",
    "end a test run with os._exit(0)",
)
PEOPLE = ("user", "root")


def contained(chosen: Person) -> list[str]:
    return [chosen.python, str(chosen.code / "battery_container.py")]


def choice(chosen: Person, wrapper: list[str]) -> str:
    done = chosen.run(str(chosen.code / "battery_choice.py"), wrapper=wrapper)
    assert done.returncode == 0, done.stderr[-2000:]
    return str(json.loads(done.stdout)["level"])


def check(chosen: Person, level: str, names: tuple[str, ...], wrapper: list[str]) -> None:
    expected = Table.read(GOLDEN.read_text()).columns[f"{level}, {chosen.name}"]
    played = chosen.judge(level, names, wrapper=wrapper)

    assert {name: (found, expected[name]) for name, found in played.items() if found.verdict != expected[name]} == {}
    assert len(played) == len(names)


@pytest.mark.parametrize("who", PEOPLE)
def test_where_bubblewrap_fails_landlock_takes_over_and_holds(who):
    skip_without("landlock", who)
    with person(who) as chosen:
        assert choice(chosen, contained(chosen)) == "landlock"
        check(chosen, "landlock", SAMPLE, contained(chosen))


@pytest.mark.slow
@pytest.mark.parametrize("who", PEOPLE)
def test_landlock_holds_all_of_its_column_in_a_container(who):
    skip_without("landlock", who)
    names = tuple(Table.read(GOLDEN.read_text()).columns["landlock, user"])
    with person(who) as chosen:
        check(chosen, "landlock", names, contained(chosen))


@pytest.mark.parametrize("level", ["landlock", "bwrap"])
def test_without_any_network_the_levels_hold_as_well(level):
    skip_without(level, "root")
    alone = [shutil.which("unshare") or "unshare", "--net", "--"]
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("a network namespace cannot be made here")
    with person("root") as chosen:
        assert choice(chosen, alone) == ("bwrap" if shutil.which("bwrap") else "landlock")
        check(chosen, level, tuple(name for name in SAMPLE if "TCP" not in name), alone)


def test_the_filter_is_in_force():
    """Without it the tests above would show nothing."""
    if not ourselves_are_root():
        pytest.skip("an ordinary user may not be allowed namespaces anyway")
    with person("root") as chosen:
        attempt = "import ctypes, os; os.write(1, str(ctypes.CDLL(None).unshare(0x10000000)).encode())"
        said = [chosen.run("-c", attempt, wrapper=wrapper).stdout for wrapper in ([], contained(chosen))]

    assert said == ["0", "-1"]
