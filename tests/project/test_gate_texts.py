"""What may not stand in any generated text: secrets, and what only this machine or this process has."""

import pytest

from proctor.project.gate import texts
from proctor.project.gate.judging import OutputGate
from proctor.project.gate.records import Candidate, Surroundings

ENVIRONMENT = {
    "HOME": "/home/ada",
    "PATH": "/usr/bin:/bin",
    "DEPLOY_TOKEN": "Tr0ub4dor-and-3",
    "SERVICE_KEY": "correct horse battery",
    "DATABASE_URL": "postgresql://shop:pa55@db/shop",
    "HOSTNAME": "build-host-17",
    "STAGE": "production",
    "POSTGRES_PASSWORD": "postgres",
    "SHORT_TOKEN": "abc123",
    "LC_PAPER": "en_GB.UTF-8",
    "CONFIG": "/etc/shop/settings2.toml",
}
SURROUNDINGS = Surroundings.of_run(("/var/cache/proctor", "/var/cache/proctor/scratch/1-2-3/shop"), ENVIRONMENT)
PASS = {
    texts.holds_no_secret: [
        "AKIAIOSFODNN7EXAMPLE",
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "ghp_short",
        "-----BEGIN PUBLIC KEY-----",
        "eyJhbGciOiJIUzI1NiJ9",
    ],
    texts.tells_no_environment_value: [
        "production",
        "postgres",
        "abc123",
        "en_GB.UTF-8",
        "/usr/bin:/bin",
        "xbuild-host-17x",
    ],
    texts.names_no_place_of_the_run: ["/tmp/report.csv", "/var/cache", "/var/cache/proctored", "tests/test_a.py"],
    texts.names_no_home: ["/home", "/home/adam/x", "https://example.org/home/ada/x"],
    texts.shows_no_address: ["0x7f", "0xdeadbeef", "look at 0x1f"],
    texts.is_whole_text: ["", "x\n", "ü\n"],
}
# Put together here, so that nobody who searches this file for secrets finds one.
LIVE = "_live_"
STOP = {
    texts.holds_no_secret: [
        "AKIA" + "QWERTYUIOPASDFGH",
        "gh" + "p_" + "a1B2" * 9,
        "sk" + LIVE + "4eC39HqLyjWDarjtT1zdp7dc",
        "-----BEGIN " + "RSA PRIVATE KEY-----",
        "-----BEGIN " + "PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "xox" + "b-123456789012-abcdef",
    ],
    texts.tells_no_environment_value: [
        "token = 'Tr0ub4dor-and-3'",
        "correct horse battery",
        "postgresql://shop:pa55@db/shop",
        "host: build-host-17.",
    ],
    texts.names_no_place_of_the_run: [
        "see /var/cache/proctor/x",
        "'/var/cache/proctor/scratch/1-2-3/shop'",
        "/tmp/tmpab12_x9z/a",
        "/tmp/pytest-of-ada/0",
        "/var/folders/zz/x",
    ],
    texts.names_no_home: ["'/home/ada/project/x.py'", "/home/ada/"],
    texts.shows_no_address: ["<app.Thing object at 0x7f3a2c1b4d50>", "0x7f3a2c1b4d50", "<x at 0x1046c8>"],
    texts.is_whole_text: ["x", "x\ny", "\ud800\n", "x" * (4 << 20) + "\n"],
}


def judged(rule, text):
    return list(rule(Candidate("REPORT.md", text, SURROUNDINGS)))


def cases(table):
    return [
        pytest.param(rule, text, id=f"{rule.__name__}-{number}")
        for rule in table
        for number, text in enumerate(table[rule])
    ]


@pytest.mark.parametrize(("rule", "text"), cases(PASS))
def test_an_ordinary_text_passes(rule, text):
    assert judged(rule, text) == []


@pytest.mark.parametrize(("rule", "text"), cases(STOP))
def test_what_may_not_be_in_a_text_is_stopped(rule, text):
    assert judged(rule, text) != []


def test_a_secret_does_not_stand_in_the_message_about_it():
    (secret,) = judged(texts.holds_no_secret, f"\n\n{STOP[texts.holds_no_secret][0]}")
    (value,) = judged(texts.tells_no_environment_value, "x\nTr0ub4dor-and-3")

    assert str(secret) == "REPORT.md:3: it holds what looks like an AWS key"
    assert str(value) == "REPORT.md:2: it holds the value of the environment variable DEPLOY_TOKEN"


def test_python_passes_all_rules_and_other_texts_those_on_texts():
    gate = OutputGate(SURROUNDINGS)
    text = "import os\nos.system('/home/ada/x')  # <x at 0x7f3a2c1b4d50>"

    assert [item.rule for item in gate.judge("tests/test_a.py", text)] == [
        "last-line",
        "no-addresses",
        "no-places",
        "no-programs",
    ]
    assert [item.rule for item in gate.judge("notes.md", text)] == ["no-addresses"]


def test_what_stood_in_a_file_before_is_its_owners_affair():
    gate = OutputGate(SURROUNDINGS)
    before = '[tool.shop]\ncache = "/var/cache/proctor/x"\n'
    after = before + 'other = "/var/cache/proctor/y"\n'

    assert [(item.rule, item.line) for item in gate.judge("pyproject.toml", after, before)] == [("no-places", 3)]
    assert [item.line for item in gate.judge("pyproject.toml", after)] == [2, 3]


@pytest.mark.parametrize("text", ["def broken(:\n", "x = 1\0\n", "(" * 5000, "x = " + "a." * 50_000 + "a\n"])
def test_python_that_cannot_be_read_is_stopped(text):
    assert [item.rule for item in OutputGate().judge("tests/test_a.py", text)] == ["syntax"]
