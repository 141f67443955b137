import pytest

from proctor.reports.markdown import code, code_block, prose, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("get_user_by_id", "get_user_by_id"),
        ("__init__ of *args", r"\_\_init\_\_ of \*args"),
        ("got <class 'int'> &lt;", r"got \<class 'int'> \&lt;"),
        ("`a < b` but <c>", r"`a < b` but \<c>"),
        ("a lone ` stays", r"a lone \` stays"),
        ("two\n  lines", "two lines"),
        ("# no title", r"\# no title"),
    ],
)
def test_prose_reads_as_it_was_written(text, shown):
    assert prose(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("a | b", "`a | b`"), ("`x`", "`` `x` ``"), ("a``b", "```a``b```"), ("a\nb", "`a b`")]
)
def test_code_keeps_its_backticks(text, shown):
    assert code(text) == shown


def test_a_block_has_a_longer_fence_than_its_content():
    assert code_block('x = """\n````\n"""\n', "python") == ["`````python", 'x = """', "````", '"""', "`````"]


def test_a_bar_in_a_cell_does_not_end_it():
    assert table(["A", "B"], [["`str | None`", "x"]]) == ["| A | B |", "| --- | --- |", r"| `str \| None` | x |"]
