import ast

import pytest

from proctor.workflow.scripts.marking import MARK, marked

TEXTS = {
    "x = 1\n": "_at(1);x = 1\n",
    "a = 1; b = 'é'; c = 2": "_at(1);a = 1; _at(1);b = 'é'; _at(1);c = 2",
    "while True:\n    pass\n": "while _at(1) or (True):\n    _at(2);pass\n",
    "if a: b\nelif (c): d\nelse: e": "if _at(1) or (a): _at(1);b\nelif (_at(2) or (c)): _at(2);d\nelse: _at(3);e",
    "class A:\n    x = 1\n    def f(self):\n        y": "class A:\n    x = 1\n    def f(self):\n        _at(4);y",
    "def f():\n    global x\n    x = 1": "def f():\n    global x\n    _at(3);x = 1",
    "x = '''\na\n'''\ny = 1": "_at(1);x = '''\na\n'''\n_at(4);y = 1",
    "def f(:": "def f(:",
}


@pytest.mark.parametrize("text", TEXTS)
def test_marks_are_put_before_statements_and_into_conditions(text):
    assert marked(text) == TEXTS[text]


def test_every_mark_names_the_line_that_it_stands_in():
    text = "a = 1\r\nif a:\r\n    while (\r\n        a > 0\r\n    ):\r\n        a -= 1\r\n\r\nlambda: (a,\r\n    a)\r\n"
    calls = [node for node in ast.walk(ast.parse(marked(text))) if isinstance(node, ast.Call)]

    assert {(call.lineno, call.args[0].value) for call in calls if call.func.id == MARK} == {
        (line, line) for line in (1, 2, 4, 6, 8)
    }
