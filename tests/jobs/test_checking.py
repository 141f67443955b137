"""The check of a written test module, on real files and with a real pytest."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from proctor.execution.interpreter import describe_interpreter
from proctor.jobs.testgen.checking import Checked, check_file
from proctor.jobs.testgen.delivery import signed
from proctor.jobs.testgen.workplace import Conditions, Workplace
from proctor.oracles.diagnosis import Diagnosis

TARGET = "fares.py"
TEST_FILE = "tests/test_fares.py"
SOURCE = "def fare(age):\n    if age < 14:\n        return 150\n    return 300\n"
GOOD = """from fares import fare


def test_child():
    assert fare(3) == 150


def test_adult():
    assert fare(30) == 300
"""


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    scratch = tmp_path / "scratch"
    (scratch / "tests").mkdir(parents=True)
    (scratch / TARGET).write_text(SOURCE)
    interpreter = describe_interpreter(Path(sys.executable))
    return Workplace(scratch, interpreter, (".",), tmp_path / "cache", {}, print)


def check(workplace: Workplace, text: str) -> Checked:
    (workplace.scratch / TEST_FILE).write_text(text)
    return check_file(workplace, Conditions(), TEST_FILE, TARGET)


def test_a_file_that_holds_is_green_and_measured(workplace):
    checked = check(workplace, GOOD)

    assert checked.is_green
    assert (checked.passed, checked.xfailed, checked.failing, checked.diagnoses) == (2, 0, (), ())
    assert checked.coverage is not None
    assert checked.coverage.branch_rate == 100.0


def test_a_file_that_does_not_parse_is_diagnosed_without_being_run(workplace):
    checked = check(workplace, f"{GOOD}\nopen('ran', 'w')\ndef broken(:\n")

    assert checked.diagnoses == (Diagnosis.syntax_error(TEST_FILE, "invalid syntax (<unknown>, line 12)"),)
    assert (checked.passed, checked.failing, checked.coverage) == (0, (), None)
    assert not (workplace.scratch / "ran").exists()


STARTS_A_PROGRAM = """

def test_files():
    subprocess.run(["touch", "ran"])
"""


def test_a_test_that_the_gate_refuses_is_named_and_nothing_is_run(workplace):
    checked = check(workplace, f"import subprocess\n{GOOD}{STARTS_A_PROGRAM}")

    assert (checked.failing, checked.passed, checked.is_green) == (("test_files",), 0, False)
    assert [diagnosis.sentence for diagnosis in checked.diagnoses] == [
        f"{TEST_FILE}:14: it starts another program: subprocess.run; the test is left out"
    ]
    assert not (workplace.scratch / "ran").exists()


def test_what_the_gate_refuses_outside_of_any_test_refuses_the_file(workplace):
    checked = check(workplace, f"{GOOD}\nHERE = '{workplace.scratch}'\n")

    assert (checked.failing, [diagnosis.remedy for diagnosis in checked.diagnoses]) == ((), ["the file is not written"])


def test_a_value_of_the_environment_of_the_run_is_refused(workplace):
    told = replace(workplace, inherited={"DEPLOY_TOKEN": "Tr0ub4dor-and-3"})
    text = f"{GOOD}\n\ndef test_token():\n    assert 'Tr0ub4dor-and-3'\n"

    assert check(told, text).failing == ("test_token",)
    assert check(workplace, text).is_green


def test_a_conftest_of_ours_is_judged_with_the_file_and_that_of_a_person_is_not(workplace):
    conftest = workplace.scratch / "tests/conftest.py"
    conftest.write_text("import ctypes\n")
    of_a_person = check(workplace, GOOD)
    conftest.write_text(signed("tests/conftest.py", "import ctypes\n"))

    assert of_a_person.is_green
    assert [diagnosis.subject for diagnosis in check(workplace, GOOD).diagnoses] == ["tests/conftest.py:2"]


def test_a_null_byte_in_a_file_is_a_syntax_error_too(workplace):
    checked = check(workplace, f"{GOOD}\0")

    assert [diagnosis.slug for diagnosis in checked.diagnoses] == ["syntax-error"]
    assert not checked.is_green


def test_a_test_that_fails_is_named_without_its_file(workplace):
    checked = check(workplace, f"{GOOD}\n\nclass TestFare:\n    def test_false(self):\n        assert fare(3) == 1\n")

    assert checked.failing == ("TestFare::test_false",)
    assert checked.passed == 2
    assert {diagnosis.slug for diagnosis in checked.diagnoses} == {"unstable-test"}


def test_a_test_that_only_holds_in_the_written_order_fails(workplace):
    counting = "\n".join(
        f"def test_{number}():\n    seen.append({number})\n    assert seen == list(range({number + 1}))\n"
        for number in range(6)
    )
    checked = check(workplace, f"{GOOD}\n\nseen = []\n\n\n{counting}")

    assert checked.failing != ()
    assert not checked.is_green


def test_a_test_that_only_holds_under_one_hash_seed_fails(workplace):
    checked = check(workplace, f"{GOOD}\n\ndef test_order():\n    assert hash('a') == {hash_under_seed_0()}\n")

    assert checked.failing == ("test_order",)


def test_an_expected_failure_that_passes_is_not_green(workplace):
    marked = "\n\nimport pytest\n\n\n@pytest.mark.xfail(strict=True)\ndef test_fixed():\n    assert fare(3) == 150\n"
    checked = check(workplace, GOOD + marked)

    assert checked.failing == ("test_fixed",)


def test_an_expected_failure_that_fails_is_counted_for_itself(workplace):
    marked = "\n\nimport pytest\n\n\n@pytest.mark.xfail(strict=True)\ndef test_open():\n    assert fare(3) == 1\n"
    checked = check(workplace, GOOD + marked)

    assert checked.is_green
    assert (checked.passed, checked.xfailed) == (2, 1)


def test_a_file_that_ends_the_process_is_not_taken_for_a_pass(workplace):
    checked = check(workplace, f"{GOOD}\n\ndef test_exit():\n    import os\n    os._exit(0)\n")

    assert not checked.is_green
    assert any("pytest did not finish" in diagnosis.cause for diagnosis in checked.diagnoses)


def hash_under_seed_0() -> int:
    import subprocess

    command = [sys.executable, "-c", "print(hash('a'))"]
    done = subprocess.run(command, env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=True)
    return int(done.stdout)
