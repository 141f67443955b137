"""An environment is built by the real uv from wheels made here: once, without a network, and never from source."""

import fcntl
import subprocess
from pathlib import Path
from threading import Event, Thread

import pytest
from wheelhouse import OWN, Wheelhouse, python_or_skip

from proctor.errors import EnvironmentProblem
from proctor.execution.environments.building import RECORD, Built, built_environment, environment_key
from proctor.execution.environments.metadata.needs import LeftOut, Need, PythonBound, Stated

BY_HAND = "install it into an environment of the project yourself (uv venv, then uv pip install {})"


@pytest.fixture
def house(tmp_path: Path) -> Wheelhouse:
    return Wheelhouse(tmp_path / "house")


def stated(*requirements: str, **options: object) -> Stated:
    needs = tuple(Need(requirement, "needs.txt") for requirement in requirements)
    return Stated(**{"needs": needs, "name": "the-shop", **options})


def ask(built: Built, code: str) -> str:
    command = [built.interpreter.path, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def lost(requirement: str, reason: str, remedy: str, **options: object) -> LeftOut:
    return LeftOut(requirement, "needs.txt", reason, remedy, **options)


def no_wheel(python: str = OWN) -> str:
    return f"it has no wheel for Python {python} on this platform, and building it would run its code unconfined"


def test_what_is_needed_is_installed_with_what_that_needs_and_told(house: Wheelhouse) -> None:
    house.add("alpha", requires=["beta>=1"])
    house.add("beta", "1.0")
    house.add("beta", "2.0")

    built = built_environment(stated("alpha"), OWN, house.workshop())

    assert ask(built, "import alpha, beta; print(alpha.VERSION, beta.VERSION)") == "1.0 2.0"
    assert (built.left_out, built.notes) == ((), ())
    assert house.said == [
        "looking up what the-shop needs: 1 requirement",
        f"building an environment for the-shop: 2 packages, Python {OWN} (once)",
        "compiling 2 packages (once)",
    ]


def test_the_second_time_it_is_there_without_a_network_and_without_uv(
    house: Wheelhouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add("alpha")
    first = built_environment(stated("alpha"), OWN, house.workshop())
    house.said.clear()
    monkeypatch.setattr("uv.find_uv_bin", lambda: (_ for _ in ()).throw(FileNotFoundError("uv")))

    second = built_environment(stated("alpha"), OWN, house.workshop(UV_DEFAULT_INDEX="http://127.0.0.1:1"))

    assert (second, house.said) == (first, [])


def test_with_a_warm_cache_of_uv_an_environment_is_built_offline(house: Wheelhouse) -> None:
    house.add("alpha")
    built_environment(stated("alpha"), OWN, house.workshop())

    again = built_environment(stated("alpha", version="2"), OWN, house.workshop(UV_OFFLINE="1"))

    assert (ask(again, "import alpha; print(alpha.VERSION)"), again.left_out) == ("1.0", ())


def test_the_test_tools_come_with_it_where_they_can_be_had(house: Wheelhouse) -> None:
    for name in ("alpha", "pytest", "coverage"):
        house.add(name)

    built = built_environment(stated("alpha"), OWN, house.workshop())

    assert ask(built, "import pytest, coverage; print(pytest.VERSION)") == "1.0"
    assert built.left_out == ()


def test_the_project_knows_its_own_version_without_being_installed(house: Wheelhouse) -> None:
    house.add("alpha")

    built = built_environment(stated("alpha", version="1.2"), OWN, house.workshop())

    assert ask(built, "import importlib.metadata as m; print(m.version('the-shop'))") == "1.2"


def test_packages_are_compiled_and_their_start_files_not_run(house: Wheelhouse, tmp_path: Path) -> None:
    house.add("alpha", files={"start.pth": f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()\n"})

    built = built_environment(stated("alpha"), OWN, house.workshop())
    again = built_environment(stated("alpha"), OWN, house.workshop())

    compiled = list(Path(built.interpreter.site_packages[0]).glob("__pycache__/alpha.*.pyc"))
    assert (len(compiled), again, (tmp_path / "ran").exists()) == (1, built, False)


def test_what_is_in_uvs_cache_is_not_reached_by_a_write(house: Wheelhouse) -> None:
    house.add("alpha")

    built = built_environment(stated("alpha"), OWN, house.workshop())

    module = Path(built.interpreter.site_packages[0], "alpha.py")
    assert module.stat().st_nlink == 1
    assert not module.is_symlink()


def test_what_cannot_be_had_is_named_and_the_rest_is_installed(house: Wheelhouse) -> None:
    house.add("alpha")
    house.add("outer", requires=["sourceonly"])
    house.add("conflicting", requires=["alpha<1"])
    house.add_source("sourceonly", "1.0")

    needs = stated("alpha", "sourceonly", "outer", "absent>2", "alpha-typo", "conflicting", "beta==9")
    house.add("beta")
    built = built_environment(needs, OWN, house.workshop())

    absent = "correct the name, or set UV_INDEX to the index it is on"
    by_name = {item.requirement: item for item in built.left_out}
    assert ask(built, "import alpha; print(alpha.VERSION)") == "1.0"
    assert set(by_name) == {"sourceonly", "outer", "absent>2", "alpha-typo", "conflicting", "beta==9"}
    assert by_name["sourceonly"] == lost("sourceonly", no_wheel(), BY_HAND.format("sourceonly"), for_python=True)
    assert by_name["outer"] == lost(
        "outer",
        no_wheel().replace("it", "sourceonly, which it needs,", 1),
        BY_HAND.format("sourceonly"),
        for_python=True,
    )
    assert by_name["absent>2"] == lost("absent>2", "it is on no index that uv knows", absent)
    assert by_name["alpha-typo"] == lost("alpha-typo", "it is on no index that uv knows", absent)
    assert by_name["beta==9"] == lost("beta==9", "there is no such version", "correct the version that is asked for")
    assert by_name["conflicting"].reason.startswith("it conflicts with another requirement: ")


def test_of_two_that_conflict_the_one_that_the_code_needs_stays(house: Wheelhouse) -> None:
    house.add("alpha", "1.0")
    house.add("alpha", "2.0")
    house.add("checker", requires=["alpha<2"])
    needs = (Need("alpha>=2", "a.txt", "runtime"), Need("checker", "b.txt", "test"))

    built = built_environment(Stated(needs, name="shop"), OWN, house.workshop())

    assert ask(built, "import alpha; print(alpha.VERSION)") == "2.0"
    assert [(item.requirement, item.source, item.is_runtime) for item in built.left_out] == [
        ("checker", "b.txt", False)
    ]


def test_locked_versions_are_used_and_give_way_where_they_cannot_be_had(house: Wheelhouse) -> None:
    for version in ("1.0", "2.0"):
        house.add("alpha", version)
        house.add("beta", version)

    built = built_environment(stated("alpha", "beta", pins=("alpha==1.0", "beta==7", "gone==1")), OWN, house.workshop())

    assert ask(built, "import alpha, beta; print(alpha.VERSION, beta.VERSION)") == "1.0 2.0"
    assert (built.left_out, built.notes) == (
        (),
        (f"the locked versions beta==7 cannot be had for Python {OWN}: others are used",),
    )


def test_nothing_to_be_had_is_an_error_that_says_why_and_leaves_nothing(house: Wheelhouse) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        built_environment(stated("alpha", "beta"), OWN, house.workshop(UV_OFFLINE="1", UV_FIND_LINKS=""))

    why = "(needs.txt) is left out: it is not in uv's cache, and there is no network; go online once"
    assert caught.value.slug == "environment-not-built"
    assert caught.value.message == (
        f"no environment could be built for the-shop, as nothing that it needs can be had:\n  alpha {why}\n  beta {why}"
    )
    assert [path.suffix for path in (house.folder / "cache/environments").iterdir()] == [".lock"]


def test_what_was_missed_for_lack_of_a_network_is_tried_again_and_kept_until_more_is_there(house: Wheelhouse) -> None:
    house.add("alpha")
    offline = house.workshop(UV_OFFLINE="1")
    needs = stated("alpha", "beta")

    first = built_environment(needs, OWN, offline)
    second = built_environment(needs, OWN, offline)
    house.add("beta")
    third = built_environment(needs, OWN, offline)

    reason = "it is not in uv's cache, and there is no network"
    assert first.left_out == (lost("beta", reason, "go online once", again=True),)
    assert second == first
    assert third.left_out == ()
    assert ask(third, "import beta; print(beta.VERSION)") == "1.0"
    assert ask(first, "import alpha; print(alpha.VERSION)") == "1.0"  # another run may still use it


def test_an_index_that_cannot_be_reached_leaves_what_is_there_without_it(house: Wheelhouse) -> None:
    house.add("alpha")
    unreachable = house.workshop(UV_DEFAULT_INDEX="http://127.0.0.1:1/simple", UV_HTTP_RETRIES="0")

    built = built_environment(stated("alpha", "beta"), OWN, unreachable)

    assert ask(built, "import alpha; print(alpha.VERSION)") == "1.0"
    assert [(item.requirement, item.again) for item in built.left_out] == [("beta", True)]


def test_an_unfinished_environment_is_built_again(house: Wheelhouse) -> None:
    house.add("alpha")
    needs = stated("alpha")
    place = house.folder / "cache/environments" / environment_key(needs, OWN)
    (place / "build-killed/env").mkdir(parents=True)

    built = built_environment(needs, OWN, house.workshop())

    assert sorted(path.name for path in place.iterdir()) == sorted([RECORD, Path(built.interpreter.path).parts[-4]])


@pytest.mark.parametrize("damage", ["{", "{}", '{"interpreter": 1}'])
def test_a_damaged_record_costs_a_build(house: Wheelhouse, damage: str) -> None:
    house.add("alpha")
    needs = stated("alpha")
    place = house.folder / "cache/environments" / environment_key(needs, OWN)
    first = built_environment(needs, OWN, house.workshop())
    (place / RECORD).write_text(damage)

    second = built_environment(needs, OWN, house.workshop())

    assert ask(second, "import alpha; print(alpha.VERSION)") == "1.0"
    assert (second.interpreter.path == first.interpreter.path, Path(first.interpreter.path).exists()) == (False, False)


def test_an_environment_whose_python_is_gone_is_built_again(house: Wheelhouse) -> None:
    house.add("alpha")
    first = built_environment(stated("alpha"), OWN, house.workshop())
    Path(first.interpreter.path).unlink()

    second = built_environment(stated("alpha"), OWN, house.workshop())

    assert ask(second, "import alpha; print(alpha.VERSION)") == "1.0"


def test_a_second_run_waits_for_the_first_and_says_so(house: Wheelhouse) -> None:
    house.add("alpha")
    needs = stated("alpha")
    shelf = house.folder / "cache/environments"
    shelf.mkdir(parents=True)
    is_waiting, made = Event(), []
    workshop = house.workshop()
    told = type(workshop)(workshop.cache_dir, workshop.env, lambda text: (house.said.append(text), is_waiting.set()))
    with (shelf / f"{environment_key(needs, OWN)}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        other = Thread(target=lambda: made.append(built_environment(needs, OWN, told)))
        other.start()
        is_waiting.wait(60)
        before = list(made)
    other.join()

    assert (before, house.said[0]) == ([], "waiting for another run that builds the same environment")
    assert ask(made[0], "import alpha; print(alpha.VERSION)") == "1.0"


def test_the_oldest_python_can_be_asked_for(house: Wheelhouse) -> None:
    python_or_skip("3.9")
    house.add("alpha")

    built = built_environment(stated("alpha"), "3.9", house.workshop())

    assert (built.interpreter.version[:2], ask(built, "import alpha; print(alpha.VERSION)")) == ((3, 9), "1.0")


def test_the_python_is_one_that_the_project_allows(house: Wheelhouse) -> None:
    python_or_skip("3.9")
    house.add("alpha")
    bound = PythonBound((">=3.9,<3.10",), "pyproject.toml")

    built = built_environment(stated("alpha", python=(bound,)), None, house.workshop())

    assert built.interpreter.version[:2] == (3, 9)


def test_a_preferred_python_is_used_where_it_is_there_and_else_noted(house: Wheelhouse) -> None:
    python_or_skip("3.9")
    house.add("alpha")

    there = built_environment(stated("alpha", preferred_python="3.9"), None, house.workshop())
    absent = built_environment(stated("alpha", preferred_python="3.9.999"), None, house.workshop())

    assert (there.interpreter.version[:2], there.notes) == ((3, 9), ())
    assert absent.notes == (
        f"the project prefers Python 3.9.999, which is not on this machine: {spelled(absent)} is used",
    )


def spelled(built: Built) -> str:
    return ".".join(map(str, built.interpreter.version))


def test_a_package_with_wheels_for_another_python_only_decides_for_that_one(house: Wheelhouse) -> None:
    python_or_skip("3.9")
    house.add("alpha")
    house.add("old", tag="cp39-none-any")

    built = built_environment(stated("alpha", "old"), None, house.workshop())

    assert (built.interpreter.version[:2], built.left_out) == ((3, 9), ())
    assert ask(built, "import alpha, old; print(old.VERSION)") == "1.0"


def test_a_python_that_is_on_no_machine_is_an_error_that_names_those_that_are(house: Wheelhouse) -> None:
    bound = PythonBound((">=3.99",), "pyproject.toml")

    with pytest.raises(EnvironmentProblem) as caught:
        built_environment(stated("alpha", python=(bound,)), None, house.workshop())

    assert caught.value.slug == "no-python-fits"
    assert caught.value.message.startswith(
        "the-shop needs Python >=3.99 (pyproject.toml), and of the versions 3.9 to 3.14 this machine has 3."
    )


def test_without_uv_the_error_says_so(house: Wheelhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uv.find_uv_bin", lambda: (_ for _ in ()).throw(FileNotFoundError("no uv here")))

    with pytest.raises(EnvironmentProblem) as caught:
        built_environment(stated("alpha"), OWN, house.workshop())

    assert (caught.value.slug, caught.value.message) == (
        "uv-missing",
        "uv, which installs packages, is not there: no uv here",
    )


def test_a_cache_that_cannot_be_written_is_a_problem_of_the_environment(house: Wheelhouse) -> None:
    (house.folder / "cache").write_text("")

    with pytest.raises(EnvironmentProblem) as caught:
        built_environment(stated("alpha"), OWN, house.workshop())

    shelf = house.folder / "cache/environments"
    assert caught.value.slug == "environment-not-built"
    assert caught.value.message == f"the cache folder {shelf} cannot be used: Not a directory"


def test_the_key_depends_on_what_is_stated_and_not_on_its_order_or_on_free_test_tools() -> None:
    key = environment_key(stated("a", "b"), None)
    free = stated("b", "a", "pytest>=7", "coverage")

    assert environment_key(free, None) == key
    different = [
        stated("a"),
        stated("a", "b", "pytest<8"),
        stated("a", "b", pins=("a==1",)),
        stated("a", "b", version="2"),
    ]
    keys = {environment_key(project, None) for project in different} | {environment_key(stated("a", "b"), "3.12")}
    assert (len(keys), key in keys) == (5, False)
