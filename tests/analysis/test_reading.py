"""Facts read from the source text of a module."""

import json
import textwrap

import pytest

from proctor.analysis.facts import (
    CallableFacts,
    ClassFacts,
    ConstantFact,
    EnvironmentRead,
    ExceptionFact,
    FieldFact,
    ImportFact,
    ModuleFacts,
    Parameter,
    UnreadableModule,
)
from proctor.analysis.reading import LARGEST, read_module

SHOP = textwrap.dedent(
    '''\
    """A shop."""
    import os as system
    import xml.sax.handler
    from decimal import Decimal as D
    from typing import TYPE_CHECKING
    from . import models
    from ..core.errors import NotFound
    if TYPE_CHECKING:
        from sqlalchemy.orm import Session

    LIMIT: int = 10
    KEY_NAME = "SHOP_KEY"
    made = object()

    @cache
    async def load(a, /, b: int, *rest, c: "str | None" = None, d=-1, **more) -> list[int]:
        """Loads.

        Raises:
            NotFound: when it is not there,
                which happens.
            errors.Timeout: when it is slow
        """
        for n in range(b):
            if n > LIMIT and c or n == -3:
                raise NotFound(f"no {n}") from None
        try:
            return [x for x in rest if x]
        except (KeyError, ValueError):
            raise
        while True:
            yield system.environ[KEY_NAME], system.getenv("REGION", "eu")

    class Cart(models.Base):
        """A cart."""
        __tablename__ = "carts"
        size: int = 0

        @property
        def total(self) -> D:
            return sum(self.rows.values(), D("0.00"))

        def add(self, name):
            """:raises ValueError, TypeError: on nonsense"""
            self.rows[name] = self._price(name)
            self.count += 1
            self._log("added")
            return self.total

        def _price(self, name): return 1.0 if name else 1

        @staticmethod
        def _log(text): print(text)

        class Meta:
            @classmethod
            def make(cls): return cls.build()
    '''
)


def callable_of(qualname: str) -> CallableFacts:
    facts = read_module("shop/api/cart.py", "shop.api.cart", SHOP)
    assert isinstance(facts, ModuleFacts)
    found = facts.find(qualname)
    assert found is not None
    return found


def test_a_module_says_what_it_imports_defines_and_asks_of_the_environment():
    facts = read_module("shop/api/cart.py", "shop.api.cart", SHOP)

    assert isinstance(facts, ModuleFacts)
    assert (facts.docstring, facts.lines) == ("A shop.", len(SHOP.splitlines()))
    assert facts.imports == (
        ImportFact("system", "os", 2, is_standard_library=True),
        ImportFact("xml", "xml.sax.handler", 3, binds_root=True, is_standard_library=True),
        ImportFact("D", "decimal.Decimal", 4, is_standard_library=True),
        ImportFact("TYPE_CHECKING", "typing.TYPE_CHECKING", 5, is_standard_library=True),
        ImportFact("models", "shop.api.models", 6),
        ImportFact("NotFound", "shop.core.errors.NotFound", 7),
        ImportFact("Session", "sqlalchemy.orm.Session", 9, is_for_types_only=True),
    )
    assert facts.constants == (ConstantFact("LIMIT", "10", 11), ConstantFact("KEY_NAME", "'SHOP_KEY'", 12))
    assert facts.environment_reads == (EnvironmentRead("SHOP_KEY", 32, True), EnvironmentRead("REGION", 32, False))
    assert [found.qualname for found in facts.callables] == [
        "load",
        "Cart.total",
        "Cart.add",
        "Cart._price",
        "Cart._log",
        "Cart.Meta.make",
    ]


def test_a_function_says_all_about_its_signature_and_body():
    assert callable_of("load") == CallableFacts(
        name="load",
        qualname="load",
        line=16,
        end_line=32,
        is_async=True,
        is_generator=True,
        decorators=("cache",),
        parameters=(
            Parameter("a", "positional-only"),
            Parameter("b", "positional", "int"),
            Parameter("rest", "var-positional"),
            Parameter("c", "keyword-only", "'str | None'", "None"),
            Parameter("d", "keyword-only", None, "-1"),
            Parameter("more", "var-keyword"),
        ),
        returns="list[int]",
        docstring="Loads.\n\nRaises:\n    NotFound: when it is not there,\n        which happens.\n"
        "    errors.Timeout: when it is slow",
        statements=8,
        branches=4,
        complexity=9,
        names=("range", "LIMIT", "NotFound", "KeyError", "ValueError", "system", "KEY_NAME"),
        calls=("range", "NotFound", "system.getenv"),
        raises=(ExceptionFact("NotFound(f'no {n}')", 26), ExceptionFact("", 30)),
        handlers=(ExceptionFact("(KeyError, ValueError)", 29),),
        literals=(-3, "REGION", "eu"),
        documented_raises=("NotFound", "errors.Timeout"),
    )


def test_a_class_says_what_its_methods_do_with_the_object():
    facts = read_module("shop/api/cart.py", "shop.api.cart", SHOP)

    assert isinstance(facts, ModuleFacts)
    cart, meta = facts.classes
    assert (cart.bases, cart.docstring, meta.qualname) == (("models.Base",), "A cart.", "Cart.Meta")
    assert cart.fields == (FieldFact("__tablename__", None, "'carts'", 36), FieldFact("size", "int", "0", 37))
    assert cart.calls_on_self == {"total": (), "add": ("_price", "_log"), "_price": (), "_log": ()}
    add = callable_of("Cart.add")
    assert (add.self_reads, add.self_writes) == (("rows", "total"), ("count", "rows"))
    assert add.documented_raises == ("ValueError", "TypeError")
    assert (callable_of("Cart.total").is_property, callable_of("Cart._log").is_static) == (True, True)
    assert (callable_of("Cart.Meta.make").is_classmethod, callable_of("Cart.Meta.make").self_calls) == (
        True,
        ("build",),
    )


def test_equal_numbers_of_different_types_are_different_literals():
    literals = callable_of("Cart._price").literals

    assert [(type(literal), literal) for literal in literals] == [(float, 1.0), (int, 1)]


NO_TEXT = "'rot13' is not a text encoding; use codecs.decode() to handle arbitrary codecs"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(:\n", UnreadableModule("a.py", 1, "invalid syntax")),
        ("x = 1\ny = '\n", UnreadableModule("a.py", 2, "unterminated string literal (detected at line 2)")),
        (b"x = 1\ny = '\xff'\n", UnreadableModule("a.py", 2, "not utf-8 text")),
        (b"x = 1\ny = '\0'\n", UnreadableModule("a.py", 2, "contains null bytes")),
        (b"# coding: klingon\n", UnreadableModule("a.py", 1, "unknown encoding: klingon")),
        (b"# coding: rot13\n", UnreadableModule("a.py", 1, NO_TEXT)),
        (b"#" * (LARGEST + 1), UnreadableModule("a.py", 1, "larger than the 2 MB that are read")),
        ("x = " + "(" * 250 + ")" * 250, UnreadableModule("a.py", 1, "too many nested parentheses")),
        ("x = 1" + " + 1" * 5000, UnreadableModule("a.py", 1, "nested too deeply to be parsed")),
    ],
)
def test_a_file_that_cannot_be_read_is_a_record_with_the_line(source, expected):
    assert read_module("a.py", "a", source) == expected


def test_other_encodings_are_read_as_declared():
    facts = read_module("a.py", "a", '# coding: latin-1\nNAME = "ä"\n'.encode("latin-1"))

    assert isinstance(facts, ModuleFacts)
    assert facts.constants == (ConstantFact("NAME", "'ä'", 2),)


def test_definitions_under_conditions_are_found():
    source = textwrap.dedent(
        """
        try:
            import a
        except ImportError:
            def f(): pass
        if x:
            class C:
                if y:
                    def m(self): pass
        """
    )
    facts = read_module("a.py", "a", source)

    assert isinstance(facts, ModuleFacts)
    assert [found.qualname for found in facts.callables] == ["f", "C.m"]


def test_doubtful_escapes_are_no_error():
    assert isinstance(read_module("a.py", "a", "x = '\\d'\n"), ModuleFacts)


@pytest.mark.parametrize(
    ("docstring", "names"),
    [
        (
            "Raises\n------\nValueError\n    If bad.\nKeyError\n    If gone.\n\nNotes\n-----\nNone",
            ("ValueError", "KeyError"),
        ),
        ("Does.\n\n:raises KeyError: gone\n:raise errors.Bad: bad", ("KeyError", "errors.Bad")),
        ("Raises:\n    ValueError: bad\n\nReturns:\n    Nothing: here", ("ValueError",)),
        ("Raises the bar.", ()),
    ],
)
def test_promised_exceptions_are_read_in_all_styles(docstring, names):
    facts = read_module("a.py", "a", f"def f():\n    {docstring!r}\n")

    assert isinstance(facts, ModuleFacts)
    assert facts.functions[0].documented_raises == names


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("from os import environ\nenviron['A']", [("A", True)]),
        ("from os import getenv as g\ng('A')", [("A", False)]),
        (
            "import os\nos.environ.get('A'); os.environ.pop('B'); 'C' in os.environ",
            [("A", False), ("B", True), ("C", False)],
        ),
        ("import os\nos.environ['A'] = 'x'\nos.environ[name]", []),
        ("environ = {}\nenviron['A']", []),
    ],
)
def test_environment_reads_are_found_under_any_import(source, reads):
    facts = read_module("a.py", "a", source)

    assert isinstance(facts, ModuleFacts)
    assert [(read.name, read.required) for read in facts.environment_reads] == reads


def test_facts_go_to_json_and_back_unchanged():
    facts = read_module("shop/api/cart.py", "shop.api.cart", SHOP)
    broken = UnreadableModule("a.py", 1, "bad")

    assert isinstance(facts, ModuleFacts)
    assert ModuleFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts
    assert UnreadableModule.from_json(broken.to_json()) == broken


def test_an_empty_class_has_nothing():
    facts = read_module("a.py", "a", "class A: pass\n")

    assert isinstance(facts, ModuleFacts)
    assert facts.classes == (ClassFacts("A", "A", 1, 1),)
