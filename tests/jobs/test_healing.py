"""The attempt loop of a real run: what an agent gets wrong is diagnosed, fed back, and mended or kept out."""

from pathlib import Path

import pytest
from workshop import PROJECT, Lines, MeddlingAgent, parts_for, run_with

from proctor.project.ownership import is_ours

TEST_FILE = "tests/test_fares.py"
PROMPT = "Write unit tests for ferry/fares.py."


@pytest.fixture
def ferry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROCTOR_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "ferry"
    for name, text in PROJECT.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def unchanged(source: str) -> str:
    return source


def unclosed(source: str) -> str:
    return source + "\n\ndef test_unclosed(:\n    pass\n"


def with_a_false_test(source: str) -> str:
    return source + "\n\ndef test_false():\n    assert fare(20) == 1\n"


def test_a_reply_that_does_not_parse_is_asked_for_again(ferry):
    lines = Lines()
    with parts_for(ferry, PROMPT, lines) as parts:
        agent = MeddlingAgent(parts.agent, [unclosed, unchanged])
        result = run_with(parts, agent)

    module = result.results[0]
    assert result.status == "completed"
    assert (module.status, module.attempts) == ("accepted", 2)
    assert len(agent.heard) == 2
    assert agent.heard[0] == ()
    assert agent.heard[1][0].startswith(f"{TEST_FILE}: the written file does not parse (")
    assert "the written file does not parse" in lines.text
    assert is_ours((ferry / TEST_FILE).read_text())


def test_a_reply_with_a_test_that_fails_is_asked_for_again(ferry):
    lines = Lines()
    with parts_for(ferry, PROMPT, lines) as parts:
        agent = MeddlingAgent(parts.agent, [with_a_false_test, unchanged])
        result = run_with(parts, agent)

    assert (result.results[0].status, result.results[0].attempts) == ("accepted", 2)
    assert f"{TEST_FILE}::test_false" in agent.heard[1][0]
    assert "test_false" not in (ferry / TEST_FILE).read_text()


def with_a_test_that_starts_a_program(source: str) -> str:
    return f"{source}\n\ndef test_files():\n    import subprocess\n\n    subprocess.run(['touch', 'ran'])\n"


def test_a_reply_that_the_gate_refuses_is_asked_for_again(ferry):
    lines = Lines()
    with parts_for(ferry, PROMPT, lines) as parts:
        agent = MeddlingAgent(parts.agent, [with_a_test_that_starts_a_program, unchanged])
        result = run_with(parts, agent)

    assert (result.results[0].status, result.results[0].attempts) == ("accepted", 2)
    assert agent.heard[1][0].endswith("it starts another program: subprocess.run; the test is left out")
    assert "subprocess" not in (ferry / TEST_FILE).read_text()


def test_a_reply_that_the_gate_never_lets_pass_is_reported_with_the_rule(ferry):
    with parts_for(ferry, PROMPT, Lines()) as parts:
        result = run_with(parts, MeddlingAgent(parts.agent, [with_a_test_that_starts_a_program]))

    assert result.results[0].status == "failed"
    assert "it starts another program: subprocess.run" in result.results[0].cause
    assert not (ferry / TEST_FILE).exists()


KEYS = '''"""Keys."""

KEY = "AKIA" + "QWERTYUIOPASDFGH"


def key(kind: str) -> str:
    """The key of a kind."""
    if kind == "live":
        return KEY
    if kind == "test":
        return "none"
    raise ValueError("there is no such kind")
'''


def test_the_case_that_brings_a_secret_is_dropped_and_the_others_stay(ferry):
    (ferry / "ferry/keys.py").write_text(KEYS)
    lines = Lines()
    with parts_for(ferry, "Write unit tests for ferry/keys.py, 50 % branch coverage.", lines) as parts:
        result = run_with(parts, parts.agent)
    written = (ferry / "tests/test_keys.py").read_text()

    assert (result.results[0].status, result.results[0].attempts) == ("accepted", 2)
    assert "it holds what looks like an AWS key; the test is left out" in lines.text
    assert "AKIA" not in written
    assert "ValueError" in written
    assert "'none'" in written.replace('"', "'")


def test_what_never_parses_is_never_written(ferry):
    lines = Lines()
    with parts_for(ferry, PROMPT, lines) as parts:
        agent = MeddlingAgent(parts.agent, [unclosed])
        result = run_with(parts, agent)

    assert result.results[0].status == "failed"
    assert len(agent.heard) == 4
    assert not (ferry / TEST_FILE).exists()
    assert {name: (ferry / name).read_text() for name in PROJECT if name != "pyproject.toml"} == {
        name: text for name, text in PROJECT.items() if name != "pyproject.toml"
    }
