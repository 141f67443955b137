"""What is described of a live value is enough to build an equal one, or says honestly that it is not."""

import collections
import datetime
import decimal
import enum
import fractions
import json
import json.decoder
import math
import pathlib
import re
import sys
import types
import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.execution.expressions import expression_from_json
from proctor.execution.probe.border import StandIn
from proctor.execution.probe.build import build, resolve
from proctor.execution.probe.describe import describe, path_of

HERE = __name__


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Tag(str, enum.Enum):  # noqa: UP042 - what projects for older Pythons have
    NEW = "new"


class Right(enum.Flag):
    READ = 1
    WRITE = 2


@dataclass
class Point:
    x: int
    y: list[int] = field(default_factory=list)


@dataclass(eq=False)
class Mark:
    label: str


Pair = collections.namedtuple("Pair", "left right")


class Basket:
    shared = "class data"

    def __init__(self) -> None:
        self.items = [1]
        self._secret = "hidden"


class Empty:
    __slots__ = ()


def literal(value: object) -> dict[str, object]:
    return {"t": "lit", "v": value}


UTC = datetime.timezone.utc  # noqa: UP017 - the spelling that Python 3.9 knows
PARIS = zoneinfo.ZoneInfo("Europe/Paris")

REBUILT = [
    None,
    True,
    -7,
    10**30,
    0.1,
    math.inf,
    2 + 3j,
    "text\x00",
    b"\x00\xff",
    decimal.Decimal("1.10"),
    decimal.Decimal("-Infinity"),
    fractions.Fraction(1, 3),
    uuid.UUID(int=5),
    pathlib.Path("a/b"),
    range(1, 9, 2),
    datetime.date(2024, 2, 29),
    datetime.time(1, 2, 3, 4),
    datetime.timedelta(days=-1, microseconds=5),
    datetime.timedelta(),
    datetime.datetime(2024, 1, 2),
    datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    datetime.datetime(2024, 1, 2, 0, 0, 5),
    Colour.RED,
    Level.HIGH,
    Tag.NEW,
    int,
    Point,
    collections.OrderedDict,
    [],
    (1, (2.5, "x")),
    {1, "a", (2,)},
    frozenset({Colour.RED}),
    {"a": [decimal.Decimal(1), {"b": (None, b"c")}], 2: {3}, (1, 2): Tag.NEW},
]


@pytest.mark.parametrize("value", REBUILT, ids=lambda value: type(value).__name__)  # a set's repr is another each time
def test_an_equal_value_of_the_same_class_is_built_from_the_description(value: object) -> None:
    rebuilt = build(json.loads(json.dumps(describe(value))), {})

    assert (rebuilt, type(rebuilt)) == (value, type(value))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.decimals(allow_nan=False)
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.timedeltas()
    | st.uuids(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(VALUES)
def test_any_plain_value_comes_back_from_its_description_and_through_the_parents_record(value: object) -> None:
    described = describe(value)

    if "opaque" not in json.dumps(described):
        assert build(described, {}) == value
    assert build_of_record(described) == described


def build_of_record(described: dict[str, object]) -> object:
    return json.loads(json.dumps(expression_from_json(described).to_json()))


@pytest.mark.parametrize(
    ("value", "described"),
    [
        (10**61, {"t": "opaque", "c": "builtins:int"}),
        ("x" * 4001, {"t": "opaque", "c": "builtins:str"}),
        (list(range(41)), {"t": "sized", "c": "builtins:list", "n": 41}),
        ({n: n for n in range(41)}, {"t": "sized", "c": "builtins:dict", "n": 41}),
        (datetime.datetime(2024, 1, 1, tzinfo=PARIS), {"t": "opaque", "c": "datetime:datetime"}),
        (Right.READ, {"t": "opaque", "c": f"{HERE}:Right"}),
        (Empty(), {"t": "opaque", "c": f"{HERE}:Empty"}),
        (len, {"t": "opaque", "c": "builtins:builtin_function_or_method"}),
        (iter([1]), {"t": "opaque", "c": "builtins:list_iterator"}),
    ],
    ids=["int", "str", "list", "dict", "zone", "flag", "slots", "function", "iterator"],
)
def test_what_cannot_be_written_down_is_described_by_its_class(value: object, described: object) -> None:
    assert describe(value) == described


def test_a_dataclass_shows_its_fields_and_that_they_are_what_is_compared() -> None:
    assert [describe(Point(1, [2])), describe(Mark("a"))] == [
        {
            "t": "obj",
            "c": f"{HERE}:Point",
            "f": [["x", literal(1)], ["y", {"t": "seq", "k": "list", "i": [literal(2)]}]],
            "eq": True,
        },
        {"t": "obj", "c": f"{HERE}:Mark", "f": [["label", literal("a")]], "eq": False},
    ]


def test_a_named_tuple_shows_its_fields() -> None:
    assert describe(Pair(1, "b")) == {
        "t": "obj",
        "c": f"{HERE}:Pair",
        "f": [["left", literal(1)], ["right", literal("b")]],
        "eq": True,
    }


def test_an_object_shows_its_own_public_data() -> None:
    items = {"t": "seq", "k": "list", "i": [literal(1)]}

    assert describe(Basket()) == {"t": "obj", "c": f"{HERE}:Basket", "f": [["items", items]]}


def test_a_pydantic_model_shows_its_fields() -> None:
    from pydantic import BaseModel

    class Order(BaseModel):
        size: int
        note: str = ""

    assert describe(Order(size=2)) == {
        "t": "obj",
        "c": path_of(Order),
        "f": [["size", literal(2)], ["note", literal("")]],
    }


def test_a_value_that_contains_itself_is_described_to_a_limit() -> None:
    looped: list[object] = []
    looped.append(looped)

    described = describe(looped)
    depth = 0
    while described["t"] == "seq":
        [described] = described["i"]
        depth += 1

    assert (depth, described) == (6, {"t": "opaque", "c": "builtins:list"})


def test_objects_with_a_name_are_shown_by_it_and_plain_values_are_not() -> None:
    basket, text = Basket(), "text"
    names = {id(basket): "basket", id(text): "text"}

    assert describe([basket, text], names) == {
        "t": "seq",
        "k": "list",
        "i": [{"t": "name", "n": "basket", "a": ""}, literal("text")],
    }


def test_a_stand_in_is_shown_as_the_text_it_is_and_not_used() -> None:
    stand_in = StandIn("answer")

    assert (describe(stand_in), stand_in.shape) == (literal("answer"), {})


def test_sets_are_described_in_one_order() -> None:
    assert describe({"b", "a", "c"})["i"] == [literal("a"), literal("b"), literal("c")]


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bool], type]:
    """Make a class in vendor._inner.core that the public modules named show or do not show."""

    def make(name: str, is_shown: bool) -> type:
        modules = {name: types.ModuleType(name) for name in ("vendor", "vendor._inner", "vendor._inner.core")}
        made = type(name, (), {"__module__": "vendor._inner.core"})
        for path, module in modules.items():
            if is_shown or path == made.__module__:
                setattr(module, name, made)
        for path, module in modules.items():
            monkeypatch.setitem(sys.modules, path, module)
        return made

    return make


def test_a_class_of_a_private_module_is_shown_through_the_public_one_that_has_it(packaged) -> None:
    assert path_of(packaged("Client", True)) == "vendor:Client"


def test_a_class_that_no_public_module_has_keeps_its_own_path(packaged) -> None:
    assert path_of(packaged("Client", False)) == "vendor._inner.core:Client"


@pytest.mark.parametrize(
    ("item", "path"),
    [
        (json.JSONDecodeError, "json.decoder:JSONDecodeError"),
        (Point, f"{HERE}:Point"),
        (Basket.__init__, f"{HERE}:Basket.__init__"),
        (int, "builtins:int"),
        (pathlib.Path, "pathlib:Path"),
    ],
)
def test_a_path_resolves_to_what_it_was_made_of(item: object, path: str) -> None:
    assert (path_of(item), resolve(path)) == (path, item)


def test_a_bare_module_resolves_to_itself() -> None:
    assert resolve("json.decoder") is json.decoder


def test_bindings_calls_functions_and_iterators_are_built() -> None:
    scope = {"basket": Basket()}
    item = {"t": "seq", "k": "iter", "i": [{"t": "name", "n": "basket", "a": "items"}]}
    identity = build({"t": "fn", "r": {"t": "param"}}, scope)
    constant = build({"t": "fn", "r": literal(4)}, scope)
    point = {"t": "call", "f": f"{HERE}:Point", "a": [literal(1)], "k": [["y", {"t": "seq", "k": "list", "i": []}]]}

    assert (list(build(item, scope)), identity("x"), constant(1, a=2), build(point, scope)) == (
        [[1]],
        "x",
        4,
        Point(1, []),
    )
    with pytest.raises(TypeError):
        identity()  # as the lambda that is written for it would


def test_a_mock_has_the_members_of_its_class_and_no_others() -> None:
    made = build({"t": "mock", "p": f"{HERE}:Point"}, {})

    assert isinstance(made, Point)
    with pytest.raises(AttributeError):
        made.elsewhere  # noqa: B018 - asking is the act


class Wide(str):
    """A text with a method more."""


class Table(dict):
    """A dict with a method more."""


@pytest.mark.parametrize(
    "value",
    [
        datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        re.compile("a+", re.IGNORECASE),
        re.compile(b"a+"),
        bytearray(b"ab"),
        collections.OrderedDict(b=1, a=2),
        collections.Counter("aab"),
        collections.deque([1, 2]),
        Wide("text"),
        Table(key="value"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_built_from_a_description_is_equal(value: object) -> None:
    assert build(describe(value), {}) == value


def test_a_class_that_an_import_would_not_find_is_marked_and_its_records_tell_their_fields() -> None:
    made = collections.namedtuple("Right", "left right")(1, 2)

    assert describe(made) == {
        "t": "obj",
        "c": f"{HERE}:<Right>",
        "f": [
            ["_fields", {"t": "seq", "k": "tuple", "i": [{"t": "lit", "v": "left"}, {"t": "lit", "v": "right"}]}],
            ["left", {"t": "lit", "v": 1}],
            ["right", {"t": "lit", "v": 2}],
        ],
    }
