import pytest

from proctor.errors import ProjectError
from proctor.project.modules import PythonModule, find_modules, import_roots


def project(root, *paths, **files):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("" if path.endswith("__init__.py") else "x = 1\n")
    for path, text in files.items():
        (root / path.replace("__", ".")).write_text(text)
    return root


def named(root, *under):
    return {module.path: module.module for module in find_modules(root, under)}


def error_of(root, *under):
    with pytest.raises(ProjectError) as caught:
        find_modules(root, under)
    return caught.value.slug


def test_modules_come_sorted_with_their_dotted_names(tmp_path):
    root = project(tmp_path, "app/__init__.py", "app/b.py", "app/a.py", "main.py")

    assert find_modules(root) == (
        PythonModule("app/a.py", "app.a"),
        PythonModule("app/b.py", "app.b"),
        PythonModule("main.py", "main"),
    )


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_a.py",
        "tests/helpers.py",
        "app/tests/helpers.py",
        "app/test_inner.py",
        "app/inner_test.py",
        "conftest.py",
        ".hidden/a.py",
        "build/lib/app/a.py",
        "dist/a.py",
        "node_modules/x/a.py",
        "app/__init__.py",
        "app/__main__.py",
        "setup.py",
        "app/not-a-name.py",
        "app/class.py",
    ],
)
def test_what_is_no_importable_source_does_not_count(tmp_path, path):
    root = project(tmp_path, "app/a.py", path)

    assert named(root) == {"app/a.py": "app.a"}


def test_environments_do_not_count_whatever_their_name(tmp_path):
    root = project(tmp_path, "a.py", "envs/dev/lib/b.py", "envs/dev/pyvenv.cfg")

    assert named(root) == {"a.py": "a"}


def test_a_package_with_code_in_its_init_counts_and_one_with_comments_does_not(tmp_path):
    root = project(tmp_path, "pkg/__init__.py", "other/__init__.py", "a.py")
    (root / "pkg/__init__.py").write_text("VERSION = 1\n")
    (root / "other/__init__.py").write_text("# nothing here\n\n")

    assert named(root) == {"a.py": "a", "pkg/__init__.py": "pkg"}


def test_a_package_that_is_called_build_counts(tmp_path):
    root = project(tmp_path, "build/__init__.py", "build/steps.py")

    assert named(root) == {"build/steps.py": "build.steps"}


def test_a_src_layout_is_named_from_src(tmp_path):
    root = project(tmp_path, "src/shop/__init__.py", "src/shop/cart.py", "src/space/plain.py")

    assert named(root) == {"src/shop/cart.py": "shop.cart", "src/space/plain.py": "space.plain"}
    assert import_roots(root) == (".", "src")


def test_a_package_that_is_called_src_is_no_layout(tmp_path):
    root = project(tmp_path, "src/__init__.py", "src/cart.py")

    assert (named(root), import_roots(root)) == ({"src/cart.py": "src.cart"}, (".",))


def test_folders_without_init_are_namespace_packages_from_the_projects_folder(tmp_path):
    root = project(tmp_path, "tools/deep/a.py")

    assert (named(root), import_roots(root)) == ({"tools/deep/a.py": "tools.deep.a"}, (".",))


def test_a_package_in_a_plain_folder_is_imported_from_that_folder(tmp_path):
    root = project(tmp_path, "backend/app/__init__.py", "backend/app/a.py", "backend/app/sub/__init__.py")

    assert (named(root), import_roots(root)) == ({"backend/app/a.py": "app.a"}, (".", "backend"))


def test_unless_the_project_itself_imports_it_by_the_long_name(tmp_path):
    root = project(tmp_path, "app/services/__init__.py", "app/services/a.py", "app/main.py")
    (root / "app/main.py").write_text("import os\nfrom app.services.a import x\n")

    assert (named(root), import_roots(root)) == (
        {"app/main.py": "app.main", "app/services/a.py": "app.services.a"},
        (".",),
    )


def test_two_packages_of_one_name_keep_their_long_names(tmp_path):
    files = [f"{part}/app/{name}" for part in ("one", "two") for name in ("__init__.py", "a.py")]

    assert named(project(tmp_path, *files)) == {"one/app/a.py": "one.app.a", "two/app/a.py": "two.app.a"}


@pytest.mark.parametrize(
    "table",
    [
        '[tool.pytest.ini_options]\npythonpath = ["lib", ".", "../out", "/tmp", "gone"]',
        '[tool.pytest.ini_options]\npythonpath = "lib ./lib"',
        '[tool.pytest]\npythonpath = ["lib"]',
    ],
)
def test_what_pytest_is_told_to_import_from_is_an_import_root(tmp_path, table):
    root = project(tmp_path, "lib/a.py", "b.py", pyproject__toml=table)

    assert (named(root), import_roots(root)) == ({"b.py": "b", "lib/a.py": "a"}, (".", "lib"))


def test_a_pythonpath_that_is_no_path_is_passed_over(tmp_path):
    root = project(tmp_path, "a.py", pyproject__toml="[tool.pytest.ini_options]\npythonpath = 5\n")

    assert import_roots(root) == (".",)


@pytest.mark.parametrize(
    "under", ["app/services", "app/services/", "./app/services", "app/services/*.py", "app/serv*", "**/services/**"]
)
def test_a_folder_or_a_pattern_is_what_is_in_it(tmp_path, under):
    root = project(tmp_path, "app/services/a.py", "app/services/b.py", "app/models/c.py")

    assert sorted(named(root, under)) == ["app/services/a.py", "app/services/b.py"]


def test_several_things_asked_for_count_once(tmp_path):
    root = project(tmp_path, "app/a.py", "app/b.py", "c.py")

    assert sorted(named(root, "app", "app/a.py", str(root / "c.py"))) == ["app/a.py", "app/b.py", "c.py"]


@pytest.mark.parametrize(
    ("under", "slug"),
    [
        ("app/gone.py", "path-missing"),
        ("gone", "path-missing"),
        ("a\0b", "path-missing"),
        ("x" * 5000, "path-missing"),
        ("gone/*.py", "no-python-files"),
        ("docs", "no-python-files"),
        ("docs/notes.md", "no-python-files"),
        ("tests", "no-python-files"),
        ("..", "path-outside-project"),
        ("../*.py", "path-outside-project"),
        ("/etc", "path-outside-project"),
        ("out", "path-outside-project"),
        ("app/[", "no-python-files"),
        ("app/*\\", "bad-pattern"),
    ],
)
def test_what_cannot_be_found_is_said(tmp_path, under, slug):
    root = project(tmp_path / "shop", "app/a.py", "docs/notes.md", "tests/test_a.py")
    (root / "out").symlink_to("/etc")

    assert error_of(root, "app/a.py", under) == slug


def test_a_folder_asked_for_by_a_link_is_the_folder_it_points_to(tmp_path):
    root = project(tmp_path, "src/app/a.py")
    (root / "app").symlink_to("src/app")

    assert named(root, "app") == {"src/app/a.py": "app.a"}


def test_a_project_must_be_a_folder_with_python_in_it(tmp_path):
    (tmp_path / "file.py").write_text("")
    (tmp_path / "empty").mkdir()

    slugs = [error_of(tmp_path / name) for name in ("gone", "file.py", "empty")]

    assert slugs == ["path-missing", "not-a-directory", "no-python-files"]


def test_a_file_with_broken_syntax_still_counts(tmp_path):
    root = project(tmp_path, "a.py")
    (root / "a.py").write_bytes(b"def (\xff\n")

    assert named(root) == {"a.py": "a"}
