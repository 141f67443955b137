"""An imported module says what can be called in it, with which kinds of values, and how its classes are made."""

import importlib
import sys
import textwrap
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proctor.execution.probe.introspect import Introspection

Load = Callable[[str], types.ModuleType]
NAME = "introspected_subject"

STR = {"k": "atom", "n": "builtins:str"}
INT = {"k": "atom", "n": "builtins:int"}
UNKNOWN = {"k": "unknown"}
NONE = {"k": "none"}


def literal(value: object) -> dict[str, object]:
    return {"t": "lit", "v": value}


def several(kind: str, *inner: object, variadic: bool = False) -> dict[str, object]:
    return {"k": kind, "of": list(inner), "variadic": variadic}


def own(name: str) -> dict[str, str]:
    return {"k": "class", "n": f"{NAME}:{name}"}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Import a real module of the given source, once a test."""

    def import_it(source: str) -> types.ModuleType:
        (tmp_path / f"{NAME}.py").write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        monkeypatch.delitem(sys.modules, NAME, raising=False)
        module = importlib.import_module(NAME)
        monkeypatch.setitem(sys.modules, NAME, module)
        return module

    return import_it


def callables(module: types.ModuleType) -> dict[str, dict[str, Any]]:
    return {found["qualname"]: found for found in Introspection(module).report()["callables"]}


@pytest.mark.parametrize(
    ("annotation", "described"),
    [
        ("str", STR),
        ("None", NONE),
        ("Any", UNKNOWN),
        ("'NotThere'", UNKNOWN),
        ("Decimal", {"k": "atom", "n": "decimal:Decimal"}),
        ("Optional[int]", {"k": "union", "of": [INT, NONE]}),
        ("Union[int, str]", {"k": "union", "of": [INT, STR]}),
        ("int | None", {"k": "union", "of": [INT, NONE]}),
        ("'int | None'", {"k": "union", "of": [INT, NONE]}),
        ("list[str]", several("list", STR)),
        ("List[str]", several("list", STR)),
        ("list", several("list")),
        ("Sequence[int]", several("list", INT)),
        ("Iterator[int]", several("iter", INT)),
        ("set[int]", several("set", INT)),
        ("dict[str, list[int]]", several("dict", STR, several("list", INT))),
        ("Mapping[str, int]", several("dict", STR, INT)),
        ("tuple[int, str]", several("tuple", INT, STR)),
        ("tuple[int, ...]", several("tuple", INT, variadic=True)),
        ("type[int]", several("type", INT)),
        ("Callable[[int], str]", {"k": "callable", "returns": STR}),
        ("Callable[..., None]", {"k": "callable", "returns": NONE}),
        ("Literal['a', 2]", {"k": "literal", "of": [literal("a"), literal(2)]}),
        ("Annotated[int, Range(ge=1, le=9)]", {**INT, "limits": {"ge": 1, "le": 9}}),
        ("Annotated[list[str], Range(min_length=1)]", {**several("list", STR), "limits": {"min_length": 1}}),
        ("UserId", INT),
        ("T", STR),
        ("Colour", own("Colour")),
        ("Box[int]", own("Box")),
    ],
)
def test_an_annotation_is_resolved_to_the_kind_of_value_it_admits(
    load: Load, annotation: str, described: dict[str, Any]
) -> None:
    module = load(f"""
        import enum
        from collections.abc import Callable, Iterator, Mapping, Sequence
        from decimal import Decimal
        from typing import Annotated, Any, Generic, List, Literal, NewType, Optional, TypeVar, Union

        UserId = NewType("UserId", int)
        T = TypeVar("T", bound=str)

        class Range:
            def __init__(self, **limits):
                self.__dict__.update(limits)

        class Colour(enum.Enum):
            RED = 1

        class Box(Generic[T]):
            pass

        def subject(value: {annotation}) -> {annotation}:
            return value
    """)

    found = callables(module)["subject"]

    assert (found["parameters"][0]["type"], found["returns"]) == (described, described)


def test_one_annotation_that_cannot_be_resolved_costs_only_itself(load: Load) -> None:
    module = load("""
        from __future__ import annotations
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from elsewhere import Session

        def subject(session: Session, name: str, amount: int | None = None) -> list[str]:
            return [name]
    """)

    found = callables(module)["subject"]

    assert [parameter["type"] for parameter in found["parameters"]] == [
        UNKNOWN,
        STR,
        {"k": "union", "of": [INT, NONE]},
    ]
    assert found["returns"] == several("list", STR)


def test_parameters_are_told_apart_by_how_they_are_passed(load: Load) -> None:
    module = load("""
        def subject(a, /, b: int, c="x", *rest: str, d, e=None, **others):
            return a
    """)

    def parameter(name: str, kind: str, annotation: object = UNKNOWN, default: object = None) -> dict[str, object]:
        return {
            "name": name,
            "kind": kind,
            "type": annotation,
            "has_default": default is not None,
            "default": default,
        }

    assert callables(module)["subject"]["parameters"] == [
        parameter("a", "positional"),
        parameter("b", "either", INT),
        parameter("c", "either", default=literal("x")),
        parameter("rest", "args", STR),
        parameter("d", "keyword"),
        parameter("e", "keyword", default=literal(None)),
        parameter("others", "kwargs"),
    ]


def test_methods_of_every_kind_are_listed_without_their_first_parameter(load: Load) -> None:
    module = load("""
        import functools

        class Basket:
            def __init__(self, owner: str):
                self.owner = owner

            def add(self, item: str) -> int:
                return 1

            @classmethod
            def of(cls, owner: str) -> "Basket":
                return cls(owner)

            @staticmethod
            def price(item: str) -> int:
                return 1

            @property
            def total(self) -> int:
                return 2

            @functools.cached_property
            def label(self) -> str:
                return "x"

            def __len__(self) -> int:
                return 0

            def _private(self):
                return None
    """)

    shown = {
        name: (found["kind"], found["owner"], [parameter["name"] for parameter in found["parameters"]])
        for name, found in callables(module).items()
    }

    owner = f"{NAME}:Basket"
    assert shown == {
        "Basket.__init__": ("constructor", owner, ["owner"]),
        "Basket.add": ("method", owner, ["item"]),
        "Basket.of": ("class", owner, ["owner"]),
        "Basket.price": ("static", owner, ["item"]),
        "Basket.total": ("property", owner, []),
        "Basket.label": ("property", owner, []),
        "Basket.__len__": ("method", owner, []),
    }


def test_only_what_the_module_itself_wrote_and_made_public_is_callable(load: Load) -> None:
    module = load("""
        import dataclasses
        from json import dumps
        from decimal import Decimal

        LIMIT = 3
        square = lambda number: number * number

        @dataclasses.dataclass
        class Point:
            x: int

        class Refused(Exception):
            def explain(self):
                return "no"

        def _hidden():
            return 1

        def shown():
            return 2
    """)

    assert sorted(callables(module)) == ["shown", "square"]


def test_a_decorated_function_is_described_as_it_was_written(load: Load) -> None:
    module = load("""
        import contextlib
        import functools

        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **keywords):
                return function(*args, **keywords)
            return wrapper

        @logged
        def subject(number: int, *, name: str = "x") -> str:
            return name

        @logged
        async def later(number: int) -> str:
            return ""

        @contextlib.contextmanager
        def opened(name: str):
            yield name

        @functools.lru_cache
        def cached(number: int) -> int:
            return number
    """)
    found = callables(module)

    assert {
        name: ([p["name"] for p in item["parameters"]], item["is_async"], item["is_context_manager"], item["line"])
        for name, item in found.items()
        if name != "logged"
    } == {
        "subject": (["number", "name"], False, False, 11),
        "later": (["number"], True, False, 15),
        "opened": (["name"], False, True, 19),
        "cached": (["number"], False, False, 23),
    }


def test_coroutines_generators_and_both_are_told_apart(load: Load) -> None:
    module = load("""
        async def awaited(): return 1
        def listed(): yield 1
        async def streamed(): yield 1
        def plain(): return 1
    """)

    assert {
        name: (item["is_async"], item["is_generator"], item["is_async_generator"])
        for name, item in callables(module).items()
    } == {
        "awaited": (True, False, False),
        "listed": (False, True, False),
        "streamed": (False, False, True),
        "plain": (False, False, False),
    }


def test_callables_come_in_the_order_of_the_source(load: Load) -> None:
    module = load("""
        def last_by_name(): return 1
        class Middle:
            def method(self): return 2
        def a_first_by_name(): return 3
    """)

    assert list(callables(module)) == ["last_by_name", "Middle.method", "a_first_by_name"]


KINDS = """
    import abc
    import dataclasses
    import enum
    from typing import NamedTuple, Protocol, TypedDict

    from pydantic import BaseModel, Field

    class Colour(enum.Enum):
        RED = "r"
        BLUE = "b"

    class Row(TypedDict, total=False):
        name: str
        size: int

    @dataclasses.dataclass
    class Point:
        x: int
        label: str = "here"

    class Order(BaseModel):
        size: int = Field(gt=0, le=10)
        note: str = ""

    class Store(Protocol):
        def save(self, name: str) -> None: ...

    class Shape(abc.ABC):
        @abc.abstractmethod
        def area(self) -> int: ...

    class Refused(ValueError):
        def __init__(self, code: int):
            super().__init__(code)

    class Plain:
        def __init__(self, point: Point, *, size: int = 2):
            self.point = point

    class Bare:
        pass

    class Interned:
        def __new__(cls, name: str):
            return super().__new__(cls)

    class Coordinates(NamedTuple):
        x: int
        y: int = 0
"""


@pytest.mark.parametrize(
    ("name", "kind", "parameters"),
    [
        ("Colour", "enum", []),
        ("Row", "typeddict", [("name", STR, True), ("size", INT, True)]),
        ("Point", "dataclass", [("x", INT, False), ("label", STR, True)]),
        ("Order", "pydantic", [("size", {**INT, "limits": {"gt": 0, "le": 10}}, False), ("note", STR, True)]),
        ("Store", "protocol", []),
        ("Shape", "abstract", []),
        ("Refused", "exception", [("code", INT, False)]),
        ("Plain", "plain", [("point", own("Point"), False), ("size", INT, True)]),
        ("Bare", "plain", []),
        ("Interned", "plain", [("name", STR, False)]),
        ("Coordinates", "plain", [("x", INT, False), ("y", INT, True)]),
    ],
)
def test_a_class_is_described_by_its_kind_and_what_it_is_made_of(
    load: Load, name: str, kind: str, parameters: list[tuple[str, object, bool]]
) -> None:
    described = Introspection(load(KINDS)).report()["classes"][f"{NAME}:{name}"]

    shown = [(item["name"], item["type"], item["has_default"]) for item in described["parameters"]]
    assert (described["kind"], shown) == (kind, parameters)


def test_an_enum_names_its_members_and_their_values(load: Load) -> None:
    described = Introspection(load(KINDS)).report()["classes"][f"{NAME}:Colour"]

    assert (described["members"], described["values"]) == (
        [f"{NAME}:Colour.RED", f"{NAME}:Colour.BLUE"],
        [literal("r"), literal("b")],
    )


def test_an_abstract_class_names_what_is_missing(load: Load) -> None:
    described = Introspection(load(KINDS)).report()["classes"][f"{NAME}:Shape"]

    assert (described["abstract"], described["bases"]) == (["area"], ["abc:ABC"])


def test_classes_that_name_each_other_are_described_once_each(load: Load) -> None:
    module = load("""
        from __future__ import annotations
        import dataclasses

        @dataclasses.dataclass
        class Node:
            parent: Node | None
            leaf: Leaf

        @dataclasses.dataclass
        class Leaf:
            node: Node
    """)

    classes = Introspection(module).report()["classes"]

    assert {path: [item["type"] for item in found["parameters"]] for path, found in classes.items()} == {
        f"{NAME}:Node": [{"k": "union", "of": [own("Node"), NONE]}, own("Leaf")],
        f"{NAME}:Leaf": [own("Node")],
    }


def test_a_class_made_inside_a_function_is_marked_as_out_of_reach(load: Load) -> None:
    module = load("""
        def make():
            class Inner:
                pass

            def use(inner: Inner) -> Inner:
                return inner

            return use

        use = make()
    """)
    report = Introspection(module)

    report.type_of(module.use.__annotations__["inner"])

    assert [item["local"] for item in report.classes.values()] == [True]
