"""Delivery: what may be written, under which name, and what a person's file keeps."""

from pathlib import Path

import pytest

from proctor.errors import ConstraintViolation
from proctor.jobs.testgen.delivery import Delivery, free_path, is_free, signed, without_scratch
from proctor.project.changes import content_hash
from proctor.project.writer import GuardedWriter

OURS = signed("tests/test_a.py", "def test_a():\n    assert True\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    return tmp_path


@pytest.fixture
def delivery(root: Path) -> Delivery:
    return Delivery(root, GuardedWriter(root, ("tests/", ".proctor/")))


def test_files_are_written_and_told(root, delivery):
    changed = delivery.write({"tests/test_a.py": OURS, ".proctor/bugs.json": "{}\n"})

    assert set(changed) == {"tests/test_a.py", ".proctor/bugs.json"}
    assert delivery.written == {"tests/test_a.py": True, ".proctor/bugs.json": True}
    assert (root / "tests/test_a.py").read_text() == OURS


def test_what_lies_there_already_is_no_change(root, delivery):
    (root / "tests/test_a.py").write_text(OURS)

    assert delivery.write({"tests/test_a.py": OURS}) == ()
    assert delivery.written == {"tests/test_a.py": False}


def test_a_file_that_was_written_once_stays_told(root, delivery):
    delivery.write({"tests/test_a.py": OURS})
    delivery.write({"tests/test_a.py": OURS})

    assert delivery.written == {"tests/test_a.py": True}


def test_a_path_outside_the_allowed_ones_is_refused(root, delivery):
    with pytest.raises(ConstraintViolation):
        delivery.write({"app/main.py": "x = 1\n"})

    assert not (root / "app").exists()


def test_a_text_that_the_gate_refuses_is_told_and_the_others_are_written(root, delivery):
    hostile = signed("tests/test_b.py", "import os\n\nos.system('ls')\n")
    changed = delivery.write({"tests/test_a.py": OURS, "tests/test_b.py": hostile, ".proctor/bugs.json": "{}\n"})

    assert changed == ("tests/test_a.py", ".proctor/bugs.json")
    assert {path: [str(item) for item in items] for path, items in delivery.refused.items()} == {
        "tests/test_b.py": ["tests/test_b.py:4: it starts another program: os.system"]
    }
    assert not (root / "tests/test_b.py").exists()
    assert delivery.hashes == {"tests/test_a.py": content_hash(OURS), ".proctor/bugs.json": content_hash("{}\n")}


def test_places_in_the_copy_are_named_as_places_in_the_project(tmp_path):
    (tmp_path / "link").symlink_to("copy")
    (tmp_path / "copy").mkdir()
    text = f"{tmp_path}/link/app/a.py:3 in {tmp_path}/link, or {tmp_path}/copy/app/b.py"

    assert without_scratch(text, tmp_path / "link") == "app/a.py:3 in ., or app/b.py"


def test_only_python_and_markdown_can_carry_a_signature():
    assert signed("a.py", "x = 1\n").startswith("# Written by Proctor; checksum ")
    assert signed("a.md", "# A\n").startswith("<!-- Written by Proctor; checksum ")
    assert signed("a.json", "{}\n") == "{}\n"


@pytest.mark.parametrize(
    ("text", "free"),
    [(OURS, True), (OURS + "\n# mine now\n", False), ("def test_mine(): ...\n", False), ("", False), ("\xff", False)],
    ids=["ours", "ours, edited", "a person's", "empty", "not UTF-8"],
)
def test_a_name_is_free_when_the_file_there_is_ours(root, text, free):
    (root / "tests/test_a.py").write_bytes(text.encode("latin-1" if text == "\xff" else "utf-8"))

    assert is_free(root, "tests/test_a.py") is free


def test_a_dangling_link_is_not_free(root):
    (root / "tests/test_a.py").symlink_to(root / "nowhere")

    assert not is_free(root, "tests/test_a.py")


def test_ours_gets_another_name_beside_each_file_of_a_person(root):
    chosen = []
    for _ in range(4):
        chosen.append(free_path(root, "tests/test_a.py"))
        (root / chosen[-1]).write_text("# a person's\n")

    assert chosen == [
        "tests/test_a.py",
        "tests/test_a_generated.py",
        "tests/test_a_by_proctor.py",
        "tests/test_a_by_proctor_too.py",
    ]
    assert free_path(root, "tests/test_a.py") not in chosen
