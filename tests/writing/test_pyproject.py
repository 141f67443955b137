import tomllib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from proctor.errors import ProjectError
from proctor.writing.pyproject import with_pytest_settings, with_test_requirements

_PROJECT = """\
# about the project
[project]
name = "shop"   # the name
dependencies = [
    'Flask_Login>=1',  # sessions
]

# about scripts
[project.scripts]
shop = "shop:main"

# about ruff
[tool.ruff]
line-length = 120
# the end
"""


def test_without_a_file_a_minimal_one_is_made():
    assert with_test_requirements(None, ["pytest>=8"]) == '[dependency-groups]\ntest = ["pytest>=8"]\n'


def test_without_a_file_and_requirements_there_is_no_text():
    assert with_test_requirements(None, []) == ""


def test_a_new_extra_follows_the_project_and_every_comment_stays_where_it_was():
    added = '[project.optional-dependencies]\ntest = [\n    "pytest>=8",\n    "httpx",\n]\n\n# about ruff\n'

    assert with_test_requirements(_PROJECT, ["pytest>=8", "httpx"]) == _PROJECT.replace("# about ruff\n", added)


def test_a_comment_at_the_end_of_the_project_stays_in_it():
    text = '[project]\nname = "shop"\n# dependencies = []\n'

    assert with_test_requirements(text, ["pytest"]) == f'{text}\n[project.optional-dependencies]\ntest = ["pytest"]\n'


def test_an_extra_that_the_build_backend_fills_in_is_not_written():
    text = '[project]\nname = "shop"\ndynamic = ["optional-dependencies"]\n'

    assert with_test_requirements(text, ["pytest"]) == f'{text}\n[dependency-groups]\ntest = ["pytest"]\n'


def test_without_a_project_table_a_group_is_made():
    text = "[tool.ruff]\nline-length = 120"

    assert with_test_requirements(text, ["pytest"]) == f'{text}\n\n[dependency-groups]\ntest = ["pytest"]\n'


@pytest.mark.parametrize(
    ("group", "extended"),
    [
        ('test = ["ruff"] # c', 'test = ["ruff", "pytest", "httpx"] # c'),
        ("test = []", 'test = ["pytest", "httpx"]'),
        (
            'test = [\n  "ruff",  # lint\n  # types\n  "mypy"  # strict\n]',
            'test = [\n  "ruff",  # lint\n  # types\n  "mypy",  # strict\n  "pytest",\n  "httpx"\n]',
        ),
        (
            'test = [\n\t{include-group = "lint"},\n\t"mypy",\n]',
            'test = [\n\t{include-group = "lint"},\n\t"mypy",\n\t"pytest",\n\t"httpx",\n]',
        ),
    ],
)
def test_an_existing_list_is_extended_in_its_own_style(group, extended):
    text = '[project]\nname = "shop"\n\n[dependency-groups]\n{}\n\n[tool.ruff]\n'

    assert with_test_requirements(text.format(group), ["pytest", "httpx"]) == text.format(extended)


@pytest.mark.parametrize(
    ("text", "extended"),
    [
        ("[dependency-groups]\ndev = []\ntest = []\n", "[dependency-groups]\ndev = []\ntest = ['x']\n"),
        ("[dependency-groups]\nTesting = []\ndocs = []\n", "[dependency-groups]\nTesting = ['x']\ndocs = []\n"),
        (
            "[project]\noptional-dependencies.tests = []\n[dependency-groups]\ndev = []\n",
            "[project]\noptional-dependencies.tests = []\n[dependency-groups]\ndev = ['x']\n",
        ),
        (
            "[project]\noptional-dependencies = { dev = [] }\n[dependency-groups]\ndocs = []\n",
            "[project]\noptional-dependencies = { dev = ['x'] }\n[dependency-groups]\ndocs = []\n",
        ),
        (
            "[project]\n[tool.poetry.group.dev.dependencies]\nruff = '*'\n# about ruff\n\n# q\n[q]\n",
            "[project]\n[tool.poetry.group.dev.dependencies]\nruff = '*'\n# about ruff\nx = '*'\n\n# q\n[q]\n",
        ),
        (
            "[project.optional-dependencies]\ndocs = []\n\n# q\n[q]\n",
            "[project.optional-dependencies]\ndocs = []\ntest = ['x']\n\n# q\n[q]\n",
        ),
    ],
)
def test_the_requirement_goes_to_the_group_that_is_there(text, extended):
    assert with_test_requirements(text, ["x"]).replace('"', "'") == extended


def test_poetry_gets_a_group_in_its_own_notation():
    text = '[tool.poetry]\nname = "shop"\n'
    requirements = ["pytest>=8,<10", "httpx", "uvicorn[standard]>=0.30; python_version>'3.9'"]

    edited = with_test_requirements(text, requirements)

    assert edited.startswith(f"{text}\n[tool.poetry.group.test.dependencies]\n")
    assert tomllib.loads(edited)["tool"]["poetry"]["group"]["test"]["dependencies"] == {
        "pytest": "<10,>=8",
        "httpx": "*",
        "uvicorn": {"version": ">=0.30", "extras": ["standard"], "markers": 'python_version > "3.9"'},
    }


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "Pytest.Cov"\n',
        "[project]\ndependencies = [\"PyTest_cov[toml]>=5 ; python_version > '3'\"]\n",
        '[project.optional-dependencies]\nqa = ["pytest.cov @ https://example.org/x.whl"]\n',
        '[dependency-groups]\nqa = [{include-group = "x"}, "pytest--cov~=5"]\n',
        '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npytest_cov = "^5"\n',
        '[tool.poetry.group.qa.dependencies]\npytest-cov = {version = "^5", optional = true}\n',
        '[tool.poetry.dev-dependencies]\npytest-cov = "*"\n',
        '[tool.uv]\ndev-dependencies = ["pytest-cov"]\n',
        '[tool.pdm.dev-dependencies]\nqa = ["pytest-cov"]\n',
        '[tool.hatch.envs.default]\ndependencies = ["pytest-cov"]\n',
        '[tool.hatch.envs.default]\nextra-dependencies = ["pytest-cov"]\n',
    ],
)
def test_what_the_project_has_under_any_spelling_is_not_added_again(text):
    assert with_test_requirements(text, ["pytest-cov>=6"]) == text


def test_a_requirement_given_twice_is_added_once():
    assert with_test_requirements(None, ["pytest>=8", "PyTest"]) == '[dependency-groups]\ntest = ["pytest>=8"]\n'


def test_windows_line_ends_are_kept():
    text = '[project]\r\nname = "shop"\r\n\r\n[tool.ruff]\r\n'

    assert with_test_requirements(text, ["pytest"]) == (
        '[project]\r\nname = "shop"\r\n\r\n[project.optional-dependencies]\r\ntest = ["pytest"]\r\n\r\n[tool.ruff]\r\n'
    )


def test_pytest_settings_are_added_where_there_are_none():
    assert with_pytest_settings('[project]\nname = "shop"\n', ["src"], "tests") == (
        '[project]\nname = "shop"\n\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["src"]\n'
    )


def test_without_import_roots_no_pythonpath_is_written():
    assert with_pytest_settings(None, [], "tests") == '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'


@pytest.mark.parametrize("section", ["[tool.pytest.ini_options]", "[tool.pytest]"])
def test_an_existing_section_gets_only_the_pythonpath(section):
    text = '{}\nminversion = "8"\n{}\n# q\n[q]\n\n[tool.ruff]\n'

    assert with_pytest_settings(text.format(section, ""), ["src", "."], "tests") == text.format(
        section, 'pythonpath = [\n    "src",\n    ".",\n]\n'
    )


@pytest.mark.parametrize(
    ("section", "roots"), [('pythonpath = "lib"', ["src"]), ('addopts = "-q"', []), ('pythonpath = ["lib"]', ["lib"])]
)
def test_a_section_that_needs_nothing_stays_as_it_is(section, roots):
    text = f"[tool.pytest.ini_options]\n{section}"

    assert with_pytest_settings(text, roots, "tests") == text


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("a = 1\n\nb = [\n  1,", 4), ("[" * 5000, 1)]
)
@pytest.mark.parametrize(
    "edit", [lambda text: with_test_requirements(text, ["x"]), lambda text: with_pytest_settings(text, ["src"], "t")]
)
def test_broken_toml_is_an_error_that_names_the_line(edit, text, line):
    with pytest.raises(ProjectError) as caught:
        edit(text)

    assert caught.value.slug == "bad-pyproject"
    assert caught.value.message.startswith(f"pyproject.toml, line {line}: this is not valid TOML: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[dependency-groups]\ntest = "pytest"\n', ": dependency-groups.test cannot be extended: it is not a list"),
        ("dependency-groups = 1\n", ": dependency-groups cannot be extended: it is not a table"),
        (
            'project = {name = "shop"}\n',
            ": project.optional-dependencies cannot be extended: what it stands in is closed",
        ),
    ],
)
def test_what_cannot_be_extended_is_an_error_that_names_it(text, message):
    with pytest.raises(ProjectError) as caught:
        with_test_requirements(text, ["x"])

    assert caught.value.slug == "bad-pyproject"
    assert caught.value.message.startswith(f"pyproject.toml{message}")


_NAMES = ["pytest", "httpx", "ruff", "Py_Yaml"]
_LISTS = [
    "[]",
    '["ruff"]',
    '[ "ruff", "pytest" ]',
    '[\n    "ruff>=1",  # why ruff\n]',
    "[\n  # nothing yet\n]",
    '[\n\t"py.yaml",\n\t# last\n]',
]
_VALUE = st.sampled_from(_LISTS)


def groups(header, names):
    entries = st.lists(st.tuples(st.sampled_from(names), _VALUE), unique_by=lambda entry: entry[0], max_size=3)
    return entries.map(lambda pairs: header + "".join(f"{name} = {value}\n" for name, value in pairs))


_SECTIONS = [
    st.just('[project]\nname = "shop"  # its name\n'),
    groups("[project.optional-dependencies]\n", ["test", "dev", "docs"]),
    groups("[dependency-groups]\n", ["tests", "dev", "docs"]),
    st.sampled_from(['[tool.poetry]\nname = "x"\n', '[tool.poetry.group.dev.dependencies]\nruff = "*"  # why\n']),
    st.sampled_from(["[tool.pytest.ini_options]\n", '[tool.pytest.ini_options]\npythonpath = ["lib"]  # old\n']),
    st.just('[[tool.mypy.overrides]]\nmodule = "x"\n'),
    st.just('[build-system]\nrequires = ["hatchling"]\n'),
    st.just('[project.scripts]\nshop = "shop:main"\n'),
]


@st.composite
def documents(draw):
    """Sections in any order, each under a comment of its own, with and without blank lines between."""
    chosen = draw(st.lists(st.sampled_from(_SECTIONS), unique_by=id, max_size=len(_SECTIONS)))
    parts = [f"# heading {number}\n{draw(section)}" for number, section in enumerate(chosen)]
    text = draw(st.sampled_from(["", "\n", "\n\n"])).join(parts)
    text = text.removesuffix("\n") if draw(st.booleans()) else text
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


_REQUIREMENTS = st.lists(
    st.sampled_from([f"{name}{version}" for name in _NAMES for version in ("", ">=8")]), max_size=4
)


def edit(text, requirements):
    return with_pytest_settings(with_test_requirements(text, requirements), ["src"], "tests")


def is_subsequence(part, whole):
    rest = iter(whole)
    return all(item in rest for item in part)


def flatten(data):
    if isinstance(data, dict):
        return [leaf for key, value in data.items() for leaf in [key, *flatten(value)]]
    return [leaf for value in data for leaf in flatten(value)] if isinstance(data, list) else [data]


@given(documents(), _REQUIREMENTS)
def test_applying_it_twice_changes_nothing_more(text, requirements):
    once = edit(text, requirements)

    assert edit(once, requirements) == once


@given(documents(), _REQUIREMENTS)
def test_comments_keep_their_order_and_what_stands_below_them(text, requirements):
    before = [line.strip() for line in text.splitlines()]
    after = [line.strip() for line in edit(text, requirements).splitlines()]

    assert [line for line in after if line.startswith("#")] == [line for line in before if line.startswith("#")]
    headed = [pair for pair in pairwise(before) if pair[0].startswith("# heading")]
    assert is_subsequence(headed, pairwise(after))


@given(documents(), _REQUIREMENTS)
def test_nothing_that_was_there_is_lost(text, requirements):
    after = edit(text, requirements)

    comments = [line.split("#")[1].strip() for line in text.splitlines() if "#" in line]
    assert [line.split("#")[1].strip() for line in after.splitlines() if "#" in line] == comments
    assert set(flatten(tomllib.loads(text))) <= set(flatten(tomllib.loads(after)))


@given(documents(), _REQUIREMENTS)
def test_every_requirement_is_there_afterwards(text, requirements):
    leaves = {canonicalize_name(str(leaf).split(">")[0]) for leaf in flatten(tomllib.loads(edit(text, requirements)))}

    assert {canonicalize_name(requirement.split(">")[0]) for requirement in requirements} <= leaves


@given(documents(), _REQUIREMENTS)
def test_line_ends_are_of_one_kind(text, requirements):
    after = edit(text, requirements)

    if "\r\n" in text:
        assert after.count("\r\n") == after.count("\n")
    elif "\n" in text:
        assert "\r" not in after
