"""What a project states is read from every format, as data, and what cannot be used is named."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from wheelhouse import write_project

from proctor.errors import SettingsError
from proctor.execution.environments.metadata.needs import LeftOut, Need, PythonBound, Stated
from proctor.execution.environments.metadata.poetry import pep440
from proctor.execution.environments.metadata.reading import read_needs

NOT_BUILT = "and building it would run its code unconfined"
BY_HAND = "install it into an environment of the project yourself, or release it as a wheel"


def read(root: Path, files: Mapping[str, str]) -> Stated:
    return read_needs(write_project(root, files))


def spelled(stated: Stated) -> list[tuple[str, str, str]]:
    return [(need.requirement, need.source, need.kind) for need in stated.needs]


def test_the_standard_tables_are_read_with_included_groups_and_without_the_project_itself(tmp_path: Path) -> None:
    text = """
        [project]
        name = "The_Shop"
        version = "1.2"
        requires-python = ">=3.9"
        dependencies = ["flask<3", "attrs"]
        [project.optional-dependencies]
        test = ["httpx", "the-shop[redis]"]
        redis = ["redis>=5"]
        docs = ["sphinx"]
        [dependency-groups]
        dev = [{include-group = "Shared"}, "attrs"]
        shared = ["six", {include-group = "dev"}]
        lint = ["ruff"]
    """

    stated = read(tmp_path, {"pyproject.toml": text})

    assert stated == Stated(
        needs=(
            Need("flask<3", "pyproject.toml", "runtime"),
            Need("attrs", "pyproject.toml", "runtime"),
            Need("httpx", "pyproject.toml, extra test", "test"),
            Need("six", "pyproject.toml, group dev", "test"),
            Need("redis>=5", "pyproject.toml, extra redis", "optional"),
        ),
        python=(PythonBound((">=3.9",), "pyproject.toml"),),
        name="The_Shop",
        version="1.2",
    )


def test_lists_that_tools_keep_beside_the_standard_are_read(tmp_path: Path) -> None:
    text = """
        [tool.uv]
        dev-dependencies = ["a"]
        [tool.pdm.dev-dependencies]
        test = ["b"]
        doc = ["x"]
        [tool.hatch.envs.default]
        dependencies = ["c"]
        [tool.hatch.envs.lint]
        dependencies = ["y"]
        [tool.setuptools.dynamic]
        dependencies = { file = ["needs.txt"] }
    """

    stated = read(tmp_path, {"pyproject.toml": text, "needs.txt": "d\n"})

    assert spelled(stated) == [
        ("d", "needs.txt", "runtime"),
        ("a", "pyproject.toml, tool.uv", "test"),
        ("b", "pyproject.toml, tool.pdm, test", "test"),
        ("c", "pyproject.toml, tool.hatch.envs.default", "test"),
    ]


def test_a_package_from_a_folder_or_a_repository_is_not_looked_up_by_its_name(tmp_path: Path) -> None:
    text = """
        [project]
        name = "shop"
        dependencies = ["inner", "forked>1", "plain", "direct @ git+https://example.org/direct"]
        [tool.uv.sources]
        inner = { workspace = true }
        Forked = { git = "https://example.org/forked" }
        plain = { index = "ours" }
    """

    stated = read(tmp_path, {"pyproject.toml": text})

    assert spelled(stated) == [("plain", "pyproject.toml", "runtime")]
    assert stated.left_out == tuple(
        LeftOut(name, "pyproject.toml", f"it comes from {place}, {NOT_BUILT}", BY_HAND)
        for name, place in [
            ("direct", "git+https://example.org/direct"),
            ("inner", "this workspace"),
            ("forked", "git https://example.org/forked"),
        ]
    )


def test_poetrys_tables_are_read(tmp_path: Path) -> None:
    text = """
        [tool.poetry]
        name = "shop"
        version = "3"
        [tool.poetry.dependencies]
        python = "^3.9 || ~3.8.2"
        a = "^1.2"
        b = { version = "~0.3", extras = ["x", "y"], optional = true }
        c = [{ version = "<2", python = "<3.10" }, { version = ">=2", markers = "os_name == 'posix'" }]
        d = { path = "../d" }
        [tool.poetry.group.test.dependencies]
        e = "*"
        [tool.poetry.group.docs.dependencies]
        f = "*"
        [tool.poetry.dev-dependencies]
        g = "1.*"
    """

    stated = read(tmp_path, {"pyproject.toml": text})

    assert stated == Stated(
        needs=(
            Need("a<2,>=1.2", "pyproject.toml, tool.poetry"),
            Need('c<2; python_version < "3.10"', "pyproject.toml, tool.poetry"),
            Need('c>=2; os_name == "posix"', "pyproject.toml, tool.poetry"),
            Need("g==1.*", "pyproject.toml, tool.poetry.dev-dependencies", "test"),
            Need("e", "pyproject.toml, tool.poetry.group.test", "test"),
            Need("b[x,y]<0.4,>=0.3", "pyproject.toml, tool.poetry", "optional"),
        ),
        left_out=(LeftOut("d", "pyproject.toml, tool.poetry", f"it comes from path ../d, {NOT_BUILT}", BY_HAND),),
        python=(PythonBound((">=3.9,<4", ">=3.8.2,<3.9"), "pyproject.toml"),),
        name="shop",
        version="3",
    )


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("^1.0b2", ">=1.0b2,<2"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.2", "~=1.2"),
        ("1.2.*", "==1.2.*"),
        ("1.2", "==1.2"),
        ("*", ""),
        (">=1, <2", ">=1,<2"),
        (">=1 <2 !=1.5", ">=1,<2,!=1.5"),
        ("<1 || ^2.5", ">=2.5,<3"),
    ],
)
def test_poetrys_constraints_are_put_into_pep_440(constraint: str, specifier: str) -> None:
    assert pep440(constraint) == specifier


def test_requirements_files_are_read_with_what_they_include(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-r requirements/base.txt\n-c limits.txt\nflask==2.0 \\\n  --hash=sha256:abc\n",
        "requirements/base.txt": "# all\nattrs  # data\n-r ../requirements.txt\n\n",
        "requirements/test.txt": "-r base.txt\nhttpx ; python_version > '3'\n",
        "requirements/docs.txt": "sphinx\n",
        "limits.txt": "werkzeug<3\n",
        "requirements-gpu.txt": "-e .\n-e .[gpu]\n.\ntorch\n--no-binary torch\n",
    }

    stated = read(tmp_path, files)

    assert spelled(stated) == [
        ("attrs", "requirements/base.txt", "runtime"),
        ("flask==2.0", "requirements.txt", "runtime"),
        ('httpx; python_version > "3"', "requirements/test.txt", "test"),
        ("torch", "requirements-gpu.txt", "optional"),
    ]
    assert (set(stated.pins), stated.left_out, stated.notes) == ({"werkzeug<3"}, (), ())


def test_a_requirements_file_says_what_of_it_is_not_used(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "--extra-index-url https://user:secret@example.org/simple",
            "-e ./inner",
            "git+https://example.org/x#egg=extra",
            "https://example.org/w/wheeled-1.0-py3-none-any.whl",
            "not a requirement",
            "-r ../outside.txt",
            "-r missing.txt",
        ]
    )

    stated = read(tmp_path, {"requirements.txt": text})

    wheel = "wheeled @ https://example.org/w/wheeled-1.0-py3-none-any.whl"
    assert spelled(stated) == [(wheel, "requirements.txt", "runtime")]
    assert [(item.requirement, item.reason.partition(",")[0]) for item in stated.left_out] == [
        ("./inner", "it comes from ./inner"),
        ("extra", "it comes from git+https://example.org/x#egg=extra"),
        ("not a requirement", stated.left_out[2].reason.partition(",")[0]),
    ]
    assert stated.left_out[2].reason.startswith("it cannot be read: ")
    assert [note.partition(":")[0] for note in stated.notes] == [
        "requirements.txt",
        "../outside.txt lies outside the project, and is not read",
        "missing.txt cannot be read, so what it requires is not known",
    ]
    assert "secret" not in "".join(stated.notes)


def test_setup_cfg_is_read(tmp_path: Path) -> None:
    text = """
[metadata]
name = shop
version = attr: shop.__version__
[options]
python_requires = >=3.9
install_requires =
    flask<3
    attrs  # data
[options.extras_require]
test = file: test-needs.txt
docs = sphinx
"""

    stated = read(tmp_path, {"setup.cfg": text, "test-needs.txt": "httpx\n"})

    assert stated == Stated(
        needs=(
            Need("flask<3", "setup.cfg"),
            Need("attrs", "setup.cfg"),
            Need("httpx", "test-needs.txt", "test"),
        ),
        python=(PythonBound((">=3.9",), "setup.cfg"),),
        name="shop",
    )


def test_setup_py_is_read_and_never_run(tmp_path: Path) -> None:
    text = f"""
import pathlib, setuptools
pathlib.Path({str(tmp_path / "ran")!r}).touch()
BASE = ["flask<3"]
setuptools.setup(
    name="shop", version=read_version(), python_requires=">=3.9", install_requires=BASE + ["attrs"],
    tests_require=open("x").readlines(), extras_require={{"test": ["httpx"], "docs": ["sphinx"], **MORE}},
)
"""

    stated = read(tmp_path, {"setup.py": text})

    assert stated == Stated(
        needs=(
            Need("flask<3", "setup.py"),
            Need("attrs", "setup.py"),
            Need("httpx", "setup.py, extra test", "test"),
        ),
        python=(PythonBound((">=3.9",), "setup.py"),),
        name="shop",
        notes=(
            "setup.py: version is computed, and so not known",
            "setup.py: tests_require is computed, and so not known",
        ),
    )
    assert not (tmp_path / "ran").exists()


def test_a_pipfile_is_read(tmp_path: Path) -> None:
    text = """
        [packages]
        flask = "<3"
        attrs = "*"
        shop = { path = ".", editable = true }
        other = { git = "https://example.org/other" }
        win = { version = "==1", sys_platform = "== 'win32'", extras = ["x"] }
        [dev-packages]
        httpx = "*"
        [requires]
        python_version = "3.10"
    """

    stated = read(tmp_path / "shop", {"Pipfile": text})

    assert stated == Stated(
        needs=(
            Need("flask<3", "Pipfile"),
            Need("attrs", "Pipfile"),
            Need('win[x]==1; sys_platform == "win32"', "Pipfile"),
            Need("httpx", "Pipfile", "test"),
        ),
        left_out=(LeftOut("other", "Pipfile", f"it comes from https://example.org/other, {NOT_BUILT}", BY_HAND),),
        preferred_python="3.10",
        name="shop",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", '[[package]]\nname = "A.b"\nversion = "1"\n[[package]]\nname = "c"\nversion = "2"\n'),
        ("poetry.lock", '[[package]]\nname = "a-b"\nversion = "1"\n[[package]]\nname = "c"\nversion = "2"\n'),
        ("pylock.toml", '[[packages]]\nname = "a-b"\nversion = "1"\n[[packages]]\nname = "c"\nversion = "2"\n'),
        (
            "Pipfile.lock",
            '{"default": {"a-b": {"version": "==1"}, "g": {"git": "x"}}, "develop": {"c": {"version": "==2"}}}',
        ),
    ],
)
def test_the_versions_in_a_lock_file_are_pins(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path, {name: text}).pins == ("a-b==1", "c==2")


def test_a_package_locked_in_two_versions_is_left_free(tmp_path: Path) -> None:
    packages = [("a", "1"), ("a", "2"), ("b", "3")]
    text = "".join(f'[[package]]\nname = "{name}"\nversion = "{version}"\n' for name, version in packages)

    assert read(tmp_path, {"uv.lock": text}).pins == ("b==3",)


@pytest.mark.parametrize(
    ("text", "version"), [("3.12.1\n", "3.12.1"), ("my-env\n3.10\n", "3.10"), ("pypy3.9", ""), ("cpython-3.11", "3.11")]
)
def test_the_version_file_says_which_python_is_preferred(tmp_path: Path, text: str, version: str) -> None:
    assert read(tmp_path, {".python-version": text}).preferred_python == version


@pytest.mark.parametrize("name", ["Pipfile", "setup.cfg", "setup.py", "uv.lock"])
def test_a_file_that_cannot_be_parsed_is_a_note_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    stated = read(tmp_path, {name: "= [", "requirements.txt": "flask\n"})

    assert spelled(stated) == [("flask", "requirements.txt", "runtime")]
    assert [note.partition(" ")[0] for note in stated.notes] == [name]


def test_a_pyproject_that_is_no_toml_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, {"pyproject.toml": "= ["})

    assert caught.value.slug == "settings-bad-toml"


@pytest.mark.parametrize(
    "text", ['dependencies = "flask"', "dependencies = [1]", "optional-dependencies = []", "name = 3"]
)
def test_values_of_the_wrong_kind_state_nothing(tmp_path: Path, text: str) -> None:
    assert read(tmp_path / "shop", {"pyproject.toml": f"[project]\n{text}\n"}) == Stated(name="shop")
