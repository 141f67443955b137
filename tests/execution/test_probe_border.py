"""A denied act is traced to the call of the project that led to it, and a stand-in notes what is asked of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proctor.execution.child import ChildSettings
from proctor.execution.probe.border import StandIn, call_site
from proctor.execution.target_process import LoadRequest, TargetProcess
from proctor.scenarios.scenario import Scenario, Step

Write = Callable[[str, str], Path]

REACHING_OUT = """
    import http.client
    import smtplib
    import subprocess
    from smtplib import SMTP as Mailer

    import lazy_vendor

    class Client:
        def __init__(self):
            self.connection = http.client.HTTPConnection("example.com")

        def fetch(self):
            self.connection.request("GET", "/")
            return self.connection.getresponse()

    def by_module():
        return smtplib.SMTP("mail.example.com", 25)

    def by_own_name():
        return Mailer("mail.example.com", 25)

    def by_lazy_attribute():
        return lazy_vendor.Gateway.charge(100)

    def by_instance():
        return Client().fetch()

    def by_local_instance():
        connection = http.client.HTTPConnection("example.com")
        return connection.connect()

    def by_a_function_of_the_project():
        return (
            by_module()
        )

    def by_a_program():
        return subprocess.run(["true"], check=True).returncode
"""
VENDOR = """
    import http.client

    class Gateway:
        @staticmethod
        def charge(amount):
            http.client.HTTPConnection("vendor.example.com").request("GET", "/")
"""
LAZY_VENDOR = """
    def __getattr__(name):
        if name == "Gateway":
            from vendor_gateway import Gateway
            return Gateway
        raise AttributeError(name)
"""


@pytest.fixture
def site_of(settings: ChildSettings, write: Write, tmp_path: Path) -> Callable[[str], dict[str, Any] | None]:
    """Run a function of REACHING_OUT and give the place that its denial is traced to."""
    library = tmp_path / "library"
    library.mkdir()
    write("app/outside.py", REACHING_OUT)
    for name, source in (("lazy_vendor", LAZY_VENDOR), ("vendor_gateway", VENDOR)):
        write(f"{name}.py", source).rename(library / f"{name}.py")
    beside = replace(settings, import_roots=(*settings.import_roots, library))

    def observe(member: str) -> dict[str, Any] | None:
        path = f"app.outside:{member}"
        with TargetProcess(beside, LoadRequest("app.outside")) as target:
            assert target.load().problems == ()
            [seen] = target.observe([Scenario(path, Step("function", path, member))])
        assert seen.outcome == "denied"
        return dict(seen.site) if seen.site is not None else None

    return observe


@pytest.mark.parametrize(
    ("member", "site"),
    [
        (
            "by_module",
            {"holder": "smtplib", "name": "SMTP", "text": "smtplib.SMTP", "is_class": True, "line": 18},
        ),
        (
            "by_own_name",
            {"holder": "app.outside", "name": "Mailer", "text": "Mailer", "is_class": True, "line": 21},
        ),
        (
            "by_lazy_attribute",
            {
                "holder": "lazy_vendor:Gateway",
                "name": "charge",
                "text": "lazy_vendor.Gateway.charge",
                "is_class": False,
                "line": 24,
            },
        ),
        (
            "by_instance",
            {
                "holder": "http.client:HTTPConnection",
                "name": "request",
                "text": "self.connection.request",
                "is_class": False,
                "line": 14,
            },
        ),
        (
            "by_local_instance",
            {
                "holder": "http.client:HTTPConnection",
                "name": "connect",
                "text": "connection.connect",
                "is_class": False,
                "line": 31,
            },
        ),
        (
            "by_a_function_of_the_project",
            {"holder": "smtplib", "name": "SMTP", "text": "smtplib.SMTP", "is_class": True, "line": 18},
        ),
        (
            "by_a_program",
            {"holder": "subprocess", "name": "run", "text": "subprocess.run", "is_class": False, "line": 39},
        ),
    ],
)
def test_a_denied_act_is_traced_to_the_replaceable_call_of_the_project(
    site_of: Callable[[str], object], member: str, site: dict[str, Any]
) -> None:
    assert site_of(member) == {**site, "file": "app/outside.py"}


def caught(function: Callable[[], object]) -> BaseException:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - what was raised is of no interest, only from where
        function()
    return raised.value


def imported(folder: Path, source: str) -> dict[str, Any]:
    path = folder / "subject.py"
    path.write_text(source)
    scope: dict[str, Any] = {"__name__": "subject"}
    exec(compile(source, str(path), "exec"), scope)
    return scope


def test_no_call_of_the_project_is_no_site(tmp_path: Path) -> None:
    assert call_site(caught(lambda: int("x")).__traceback__, str(tmp_path) + "/") is None


@pytest.mark.parametrize(
    "source",
    [
        "def act():\n    raise ValueError\n",
        "def act():\n    return int('x')\n",
        "class Own:\n    def go(self):\n        raise ValueError\ndef act():\n    return [Own][0]().go()\n",
    ],
    ids=["no call on the line", "a builtin", "an expression without a name"],
)
def test_what_cannot_be_replaced_by_name_is_no_site(tmp_path: Path, source: str) -> None:
    act = imported(tmp_path, source)["act"]

    assert call_site(caught(act).__traceback__, str(tmp_path) + "/") is None


def test_finding_the_site_runs_no_property_of_the_project(tmp_path: Path) -> None:
    scope = imported(
        tmp_path,
        "ran = []\n"
        "class Holder:\n"
        "    @property\n"
        "    def client(self):\n"
        "        ran.append('client')\n"
        "        return self\n"
        "    def __getattr__(self, name):\n"
        "        ran.append(name)\n"
        "        raise ValueError(name)\n"
        "holder = Holder()\n"
        "def act():\n"
        "    return holder.missing.send()\n",
    )
    error = caught(scope["act"])
    before = list(scope["ran"])

    assert (call_site(error.__traceback__, str(tmp_path) + "/"), scope["ran"]) == (None, before)


def test_a_stand_in_is_its_name_and_answers_every_use_with_another() -> None:
    answer = StandIn("answer")

    with answer.session("id") as entered:
        uses = [answer.status, answer["body"]["text"], answer.get("size"), entered, answer[0]]

    assert uses == ["status", "text", "size", "entered", "a"]
    assert [type(use) for use in uses] == [StandIn, StandIn, StandIn, StandIn, str]
    assert answer.shape == {
        "attributes": {
            "session": {"called": {"result": {"entered": {"entered": {}}}}},
            "status": {},
        },
        "items": {"body": {"items": {"text": {}}}, "size": {}},
    }


@pytest.mark.parametrize(
    ("use", "answer"),
    [
        (int, 1),
        (float, 1.0),
        (lambda it: [10, 20][it], 20),
        (lambda it: it - 3, -2),
        (lambda it: 3 - it, 2),
        (lambda it: it / 2, 0.5),
    ],
)
def test_a_stand_in_used_as_a_number_is_one_and_notes_it(use: Callable[[StandIn], object], answer: object) -> None:
    stand_in = StandIn("total")

    assert (use(stand_in), stand_in.shape) == (answer, {"numeric": True})


def test_a_stand_in_used_as_text_notes_nothing() -> None:
    stand_in = StandIn("name")

    assert (stand_in.upper(), f"<{stand_in}>", {stand_in: 1}, len(stand_in), stand_in.shape) == (
        "NAME",
        "<name>",
        {"name": 1},
        4,
        {},
    )


def test_a_stand_in_does_not_pretend_to_have_special_methods() -> None:
    assert not hasattr(StandIn("answer"), "__wrapped__")
