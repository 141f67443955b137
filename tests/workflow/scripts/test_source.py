import ast
import asyncio
from pathlib import Path

import pytest
from script_doubles import script

from proctor.errors import ScriptError
from proctor.workflow.scripts.saved import SavedWorkflows
from proctor.workflow.scripts.source import Outline, api_signatures, library_text, read_script, stub_text


def test_the_outline_has_what_a_reader_wants_to_know_before_a_run():
    text = '"""Look at it.\n\nLong."""\nphase("two")\nphase("one")\nphase(args)\nphase("two")\n'
    text += 'agent("a")\nf(agent("b"))\nsh("c")'

    assert script(text).outline == Outline("Look at it.", ("two", "one"), 2, 1)


def test_a_text_that_is_no_python_has_an_empty_outline():
    assert script("def f(:").outline == Outline()


def test_every_name_of_the_stub_is_there_when_a_script_runs(run_text):
    names = sorted(set(api_signatures()) - {"Effort", "Isolation", "Status", "Item", "Result", "CommandResult"})

    assert run_text(f"len([{', '.join(names)}])").value == len(names)


def test_the_library_has_the_parameters_that_the_stub_says():
    written = {
        node.name: tuple(argument.arg for argument in (*node.args.args, *node.args.kwonlyargs))
        for node in ast.parse(library_text()).body
        if isinstance(node, ast.AsyncFunctionDef)
    }

    assert written == {name: parameters for name, parameters in api_signatures().items() if name in written}
    assert set(written) == {"parallel", "pipeline", "retry", "loop_until_dry", "verify", "judge_panel"}


def test_every_public_name_of_the_stub_is_explained():
    def missing(body, owner=""):
        for node, after in zip(body, [*body[1:], None], strict=True):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not ast.get_docstring(node):
                yield f"{owner}{node.name}"
            if isinstance(node, ast.AnnAssign) and not (
                isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            ):
                yield f"{owner}{node.target.id}"
            if isinstance(node, ast.ClassDef):
                yield from missing(node.body, f"{node.name}.")

    assert list(missing(ast.parse(stub_text()).body)) == []


def test_the_scripts_that_users_copy_pass_the_check(interpreter):
    root = Path(__file__).resolve().parents[3]
    guide = (root / "docs/how-to/write-a-workflow.md").read_text(encoding="utf-8")
    example = guide.partition("```python\n")[2].partition("```")[0]
    built_in = (root / "src/proctor/jobs/testgen/workflows/testgen.py").read_text(encoding="utf-8")

    asyncio.run(interpreter.check(script(example)))
    asyncio.run(interpreter.check(script(built_in)))


def test_a_script_file_is_read_without_its_byte_order_mark(tmp_path):
    (tmp_path / "flow.py").write_bytes(b"\xef\xbb\xbfx = 1\n")

    assert read_script(tmp_path / "flow.py", place="flow.py") == script("x = 1\n")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_script_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "flow.py"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ScriptError) as caught:
        read_script(path)

    assert caught.value.slug == "script-unreadable"
    assert str(path) in caught.value.message


def test_saved_workflows_are_found_by_name_and_those_of_the_project_come_first(tmp_path):
    folder = tmp_path / ".proctor" / "workflows"
    folder.mkdir(parents=True)
    (folder / "review.py").write_text("1")
    (folder / "ours.py").write_text("2")
    (folder / "Not A Name.py").write_text("3")
    (folder / "notes.txt").write_text("4")
    saved = SavedWorkflows(folder, (script("own", "ours"), script("own", "testgen")))

    assert saved.names() == ("ours", "review", "testgen")
    assert [found.text for found in saved.all()] == ["2", "1", "own"]
    assert saved.find("review").place == ".proctor/workflows/review.py"


def test_a_workflow_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    with pytest.raises(ScriptError) as caught:
        SavedWorkflows(tmp_path / "none", (script("", "testgen"),)).find("testgn")

    assert caught.value.message == "there is no workflow with the name 'testgn'"
    assert caught.value.hint == "did you mean testgen? There are: testgen"
