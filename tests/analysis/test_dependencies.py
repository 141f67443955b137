"""The order of modules by what they import."""

from proctor.analysis.dependencies import import_order, imported_modules
from proctor.analysis.facts import ModuleFacts
from proctor.analysis.reading import read_module


def project(**sources: str) -> list[ModuleFacts]:
    modules = []
    for name, source in sources.items():
        module = name.replace("__", ".")
        facts = read_module(f"{module.replace('.', '/')}.py", module, source)
        assert isinstance(facts, ModuleFacts)
        modules.append(facts)
    return modules


def test_a_module_comes_after_those_it_imports():
    modules = project(
        app__services="from app.models import User\nimport app.db\n",
        app__models="from .db import Base\n",
        app__db="import sqlalchemy\n",
        app__text="",
        app__main="def run():\n    from app import services, text\n",
    )

    assert import_order(modules) == (("app.db", "app.text"), ("app.models",), ("app.services",), ("app.main",))
    assert import_order(modules[::-1]) == import_order(modules)


def test_a_cycle_shares_one_wave():
    modules = project(a="import b", b="import c", c="import a, d", d="", e="import a")

    assert import_order(modules) == (("d",), ("a", "b", "c"), ("e",))


def test_imports_for_types_only_and_of_oneself_make_no_order():
    modules = project(
        a="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\nelse:\n    import c",
        b="import a, b",
        c="",
    )

    assert imported_modules(modules) == {"a": ("c",), "b": ("a",), "c": ()}
    assert import_order(modules) == (("c",), ("a",), ("b",))


def test_a_long_chain_is_no_problem():
    modules = project(**{f"m{n}": f"import m{n + 1}" for n in range(3000)})

    assert import_order(modules)[:2] == (("m2999",), ("m2998",))


def test_no_modules_have_no_order():
    assert import_order([]) == ()
