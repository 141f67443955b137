"""Instrumented modules behave as the originals, and the recorder is told what they decided."""

import argparse
import asyncio
import configparser
import csv
import dataclasses
import fractions
import importlib.util
import io
import json
import operator
import re
import shlex
import sys
import textwrap
import traceback
import types
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from proctor.execution.probe.instrument import Site, SiteTable, instrument

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}


class RecordingStub:
    """The smallest recorder that performs what it is asked to and remembers it."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def test(self, site: int, value: Any) -> Any:
        self.events.append(("test", site, value))
        return value

    def decide(self, site: int, value: Any) -> Any:
        self.events.append(("decide", site, value))
        return value

    def cmp(self, site: int, op: str, left: Any, right: Any) -> Any:
        self.events.append(("cmp", site, op, left, right))
        return OPERATORS[op](left, right)

    def chain(self, site: int, ops: tuple[str, ...], operands: tuple[Callable[[], Any], ...]) -> Any:
        left, result = operands[0](), True
        for op, delayed in zip(ops, operands[1:], strict=True):
            right = delayed()
            result = self.cmp(site, op, left, right)
            if not result:
                return result
            left = right
        return result

    def loop(self, site: int, iterable: Any) -> Iterator[Any]:
        entered = False
        for item in iterable:
            if not entered:
                self.events.append(("loop", site, "enter"))
            entered = True
            yield item
        self.events.append(("loop", site, "exhaust"))

    async def aloop(self, site: int, iterable: Any) -> AsyncIterator[Any]:
        async for item in iterable:
            self.events.append(("loop", site, "enter"))
            yield item
        self.events.append(("loop", site, "exhaust"))

    def enter(self, site: int) -> None:
        self.events.append(("enter", site))

    def call(self, site: int, name: str, function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        result = function(*args, **keywords)
        self.events.append(("call", site, name, args, keywords, result))
        return result

    def item(self, site: int, container: Any, key: Any) -> Any:
        self.events.append(("item", site, key))
        return container[key]


@dataclasses.dataclass
class Loaded:
    module: Any
    table: SiteTable
    recorder: RecordingStub

    def call(self, name: str, *args: Any) -> Any:
        return getattr(self.module, name)(*args)

    def told(self) -> list[tuple[Any, ...]]:
        """The events of the last calls with kind and text of the site in place of its number."""
        events = self.recorder.events
        return [(how, self.table.sites[site].kind, self.table.sites[site].text, *rest) for how, site, *rest in events]


def load(source: str, name: str = "instrumented_sample") -> Loaded:
    code, table = instrument(source, f"{name}.py")
    recorder = RecordingStub()
    module: Any = types.ModuleType(name)
    module.__proctor__ = recorder
    real = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)
    finally:
        del sys.modules[name]
        if real is not None:  # imported anew, its classes would be others than those that the suite holds
            sys.modules[name] = real
    recorder.events.clear()
    return Loaded(module, table, recorder)


def sample(source: str) -> Loaded:
    return load(textwrap.dedent(source))


def instrumented(original: types.ModuleType) -> Loaded:
    spec = importlib.util.find_spec(original.__name__)
    assert spec is not None
    with open(str(spec.origin), encoding="utf-8") as file:
        return load(file.read(), original.__name__)


def outcome(action: Callable[..., Any], *args: Any) -> tuple[str, str]:
    """What a call does, comparable between a module and its instrumented twin."""
    try:
        return "returns", repr(action(*args))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the original raises is compared
        return type(error).__name__, str(error)


TEXTS = [
    "",
    "one",
    "  a b\n  c d e f\n",
    "x" * 30,
    "hello-world  and more,  with tabs\tand\n\nblank lines",
    "ä ö ü " * 9,
]


def test_textwrap_gives_the_same_texts() -> None:
    twin = instrumented(textwrap).module

    for text in TEXTS:
        for width in (1, 5, 12, 70):
            assert outcome(twin.wrap, text, width) == outcome(textwrap.wrap, text, width)
            assert outcome(twin.shorten, text, width) == outcome(textwrap.shorten, text, width)
        assert twin.dedent(text) == textwrap.dedent(text)
        assert twin.indent(text, "> ") == textwrap.indent(text, "> ")
    assert outcome(twin.wrap, "a b", 0) == outcome(textwrap.wrap, "a b", 0)


def test_fractions_give_the_same_numbers() -> None:
    twin = instrumented(fractions).module
    values: list[Any] = ["3/4", "-2", "1e3", "bad", "1/0", 0.5, 7, (1, 0), (6, -8), ("a", 1), None]

    def work(module: Any, left: Any, right: Any) -> str:
        a = module.Fraction(*left) if isinstance(left, tuple) else module.Fraction(left)
        b = module.Fraction(*right) if isinstance(right, tuple) else module.Fraction(right)
        return f"{a + b} {a * b} {a < b} {a == b} {hash(a)} {a // b if b else None} {a**2} {round(a, 1)} {b:}"

    for left in values:
        for right in values:
            assert outcome(work, twin, left, right) == outcome(work, fractions, left, right)


def test_shlex_splits_the_same_way() -> None:
    twin = instrumented(shlex).module

    for text in [*TEXTS, "a 'b c' \"d e\" f\\ g", "open 'quote", "a # comment", "x;y && z|w", "\\"]:
        for comments in (False, True):
            assert outcome(twin.split, text, comments) == outcome(shlex.split, text, comments)
        assert twin.quote(text) == shlex.quote(text)
        assert outcome(list, twin.shlex(text, punctuation_chars=True)) == outcome(
            list, shlex.shlex(text, punctuation_chars=True)
        )


def test_csv_reads_writes_and_sniffs_the_same_way() -> None:
    def work(module: Any, text: str) -> tuple[Any, ...]:
        target = io.StringIO()
        rows = list(module.DictReader(io.StringIO(text), restkey="more"))
        writer = module.DictWriter(target, fieldnames=["a", "b"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        return rows, target.getvalue()

    def sniff(module: Any, text: str) -> tuple[Any, ...]:
        dialect = module.Sniffer().sniff(text)
        return dialect.delimiter, dialect.quotechar, module.Sniffer().has_header(text)

    twin = instrumented(csv).module
    for text in ["", "a,b\n1,2\n", "a;b\n1;2\n3;4\n", "a,b\n1,2,3\n\n4\n", "a|'b'\n1|'x'\n", "no delimiters here"]:
        assert outcome(work, twin, text) == outcome(work, csv, text)
        assert outcome(sniff, twin, text) == outcome(sniff, csv, text)


def test_argparse_parses_helps_and_fails_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    def parse(module: Any, line: str) -> tuple[Any, ...]:
        parser = module.ArgumentParser(prog="tool", description="does things " * 9)
        parser.add_argument("--count", "-c", type=int, default=3, help="how many (%(default)s)")
        parser.add_argument("--flag", action=module.BooleanOptionalAction)
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--left", action="store_true")
        group.add_argument("--right", action="store_const", const=9)
        verbs = parser.add_subparsers(dest="verb")
        verbs.add_parser("go", help="goes").add_argument("where", nargs="*", choices=["up", "down"])
        return sorted(vars(parser.parse_args(line.split())).items())

    twin = instrumented(argparse).module
    lines = ["", "go", "go up down", "go sideways", "--count 5", "--count x", "-c4 --left", "--left --right", "--help"]
    for line in [*lines, "--no-flag go up", "--unknown", "go --help", "--cou 2", "stop"]:
        expected = (outcome(parse, argparse, line), capsys.readouterr())
        assert (outcome(parse, twin, line), capsys.readouterr()) == expected


def test_configparser_reads_and_writes_the_same_way() -> None:
    def work(module: Any, text: str) -> tuple[Any, ...]:
        parser = module.ConfigParser(interpolation=module.ExtendedInterpolation(), allow_no_value=True)
        parser.read_string(text)
        target = io.StringIO()
        parser.write(target)
        values = {section: dict(parser[section]) for section in parser.sections()}
        return values, target.getvalue(), parser.getboolean("a", "on", fallback=None), parser.get("a", "ref")

    twin = instrumented(configparser).module
    good = "[a]\non = yes\nbase: 1\nref = ${base}/${b:x}\n[b]\nx = 2\n  and 3\n; note\nflag\n"
    for text in [good, "", "no section", "[a]\non=maybe\nref=1", "[a]\nref=${nothing}", "[a]\n[a]\n", "[a]\nref=$x"]:
        assert outcome(work, twin, text) == outcome(work, configparser, text)


def test_dataclasses_make_the_same_classes() -> None:
    def work(module: Any, options: dict[str, bool]) -> tuple[Any, ...]:
        @module.dataclass(**options)
        class Point:
            x: int
            y: list[int] = module.field(default_factory=list, compare=False)

        point = Point(1, [2])
        values = module.asdict(point), module.astuple(point), module.replace(point, x=5).x, repr(point).split(".")[-1]
        point.x = 3
        return *values, point.x, point < Point(4), hash(point) and None

    twin = instrumented(dataclasses).module
    for options in ({}, {"order": True}, {"frozen": True}, {"slots": True}, {"order": True, "unsafe_hash": True}):
        assert outcome(work, twin, options) == outcome(work, dataclasses, options)
    assert outcome(work, twin, {"eq": False, "order": True}) == outcome(work, dataclasses, {"eq": False, "order": True})


def test_a_decision_tells_its_operands_in_the_order_in_which_they_are_asked() -> None:
    loaded = sample(
        """
        def ship(order, limit):
            if order["paid"] and not order.get("held") and order["total"] <= limit:
                return "now"
            return "later"
        """
    )

    assert loaded.call("ship", {"paid": True, "total": 5}, 9) == "now"
    assert loaded.told() == [
        ("enter", "function", "ship"),
        ("item", "item", "order['paid']", "paid"),
        ("test", "operand", "order['paid']", True),
        ("call", "call", "order.get('held')", "get", ("held",), {}, None),
        ("test", "operand", "order.get('held')", None),
        ("item", "item", "order['total']", "total"),
        ("cmp", "compare", "order['total'] <= limit", "<=", 5, 9),
        ("test", "operand", "order['total'] <= limit", True),
        ("decide", "if", "order['paid'] and (not order.get('held')) and (order['total'] <= limit)", True),
    ]


def test_operands_name_the_decision_they_belong_to() -> None:
    table = instrument("def f(a, b):\n    if a and b > 1:\n        return a or b\n", "m.py")[1]

    assert [(site.kind, site.text, site.decision) for site in table.sites] == [
        ("function", "f", None),
        ("if", "a and b > 1", None),
        ("operand", "a", 1),
        ("operand", "b > 1", 1),
        ("compare", "b > 1", 1),
        ("operand", "a", None),
    ]


def test_a_chained_comparison_asks_for_no_more_operands_than_python_does() -> None:
    source = """
        asked = []
        def ask(value):
            asked.append(value)
            return value
        def between(a, b, c):
            return ask(a) < ask(b) <= ask(c)
        """
    loaded = sample(source)

    assert loaded.call("between", 3, 2, 9) is False
    assert loaded.module.asked == [3, 2]
    assert loaded.call("between", 1, 2, 2) is True
    assert loaded.module.asked == [3, 2, 1, 2, 2]


def test_a_comparison_that_is_not_a_bool_keeps_its_result() -> None:
    loaded = sample(
        """
        class Column:
            def __eq__(self, other): return ("sql", other)
            def __bool__(self): raise TypeError("no truth")
        def where(column, value): return column == value
        """
    )

    assert loaded.call("where", loaded.module.Column(), 7) == ("sql", 7)


def test_the_last_operand_of_a_value_is_never_asked_for_its_truth() -> None:
    loaded = sample("def pick(a, b):\n    return a or b\n")
    no_truth = object()

    assert loaded.call("pick", None, no_truth) is no_truth
    assert loaded.told() == [("enter", "function", "pick"), ("test", "operand", "a", None)]


def test_loops_tell_whether_they_were_entered_and_exhausted() -> None:
    loaded = sample(
        """
        def first(items):
            for item in items:
                break
            else:
                return None
            return item
        """
    )

    assert [loaded.call("first", []), loaded.call("first", [4, 5])] == [None, 4]
    assert [event for event in loaded.told() if event[0] == "loop"] == [
        ("loop", "loop", "items", "exhaust"),
        ("loop", "loop", "items", "enter"),
    ]


def test_handlers_know_their_exception_and_sites_know_their_handlers() -> None:
    source = """
        def read(values, key):
            try:
                return values[key]
            except (KeyError, IndexError):
                return None
            except:
                raise ValueError(key) from None
        """
    loaded = sample(source)

    assert [loaded.call("read", {}, 1), outcome(loaded.module.read, 5, 1)] == [None, ("ValueError", "1")]
    assert [(site.kind, site.text, site.line, site.in_try_handlers) for site in loaded.table.sites] == [
        ("function", "read", 2, ()),
        ("item", "values[key]", 4, ("(KeyError, IndexError)", "BaseException")),
        ("handler", "(KeyError, IndexError)", 5, ()),
        ("handler", "BaseException", 7, ()),
        ("raise", "ValueError(key)", 8, ()),
    ]


def test_cases_tell_which_pattern_matched_and_patterns_stay_patterns() -> None:
    loaded = sample(
        """
        import enum
        class Color(enum.Enum):
            RED = 1
        def name(value):
            match value:
                case Color.RED: return "red"
                case [x, *rest] if x > 2: return f"list {x} {len(rest)}"
                case {"kind": str(kind)}: return kind
                case _: return None
        """
    )

    answers = [loaded.call("name", value) for value in (loaded.module.Color.RED, [3, 4], [1], {"kind": "k"})]
    assert answers == ["red", "list 3 1", None, "k"]
    assert [text for how, kind, text, *_ in loaded.told() if kind == "case"] == [
        "Color.RED",
        "[x, *rest]",
        "_",
        "{'kind': str(kind)}",
    ]


def test_async_code_runs_as_before() -> None:
    source = """
        async def numbers(n):
            for i in range(n):
                yield i
        async def load(n):
            kept = [i async for i in numbers(n) if i % 2 == 0]
            async for i in numbers(n):
                if i < await value(i) < 9: kept.append(-i)
            return kept
        async def value(i):
            return i + 1
        """

    assert asyncio.run(sample(source).call("load", 4)) == [0, 2, 0, -1, -2, -3]


def test_scopes_cells_and_names_stay_as_they_were() -> None:
    source = '''
        """Module doc."""
        from __future__ import annotations
        class Base:
            limit = 3
            sizes = [n for n in range(5) if 0 < n < 4] if 0 < limit < 9 else []
            def check(self, n: "no such type"[0]) -> int:
                """Function doc."""
                return n
        class Child(Base):
            __slots__ = ("__hidden",)
            def check(self, n):
                self.__hidden = {"n": n}
                return 0 < super().check(n) < 9 and __class__.limit >= self.__hidden["n"]
        def counter():
            total = 0
            def add(n):
                nonlocal total
                total += n if (m := n) > 0 else -m
                return total
            return add
        def gen(items):
            got = 0
            while (got := (yield got)) != "stop":
                items[got] = items.get(got, 0) + 1
            return items
    '''
    module = sample(source).module

    assert [module.__doc__, module.Base.check.__doc__] == ["Module doc.", "Function doc."]
    assert module.Base.sizes == [1, 2, 3]
    assert [module.Child().check(n) for n in (0, 2, 5)] == [False, True, False]
    add = module.counter()
    assert [add(2), add(-3)] == [2, 5]
    generator = module.gen({})
    assert [next(generator), generator.send("a"), generator.send("a")] == [0, "a", "a"]
    with pytest.raises(StopIteration) as stopped:
        generator.send("stop")
    assert stopped.value.value == {"a": 2}


def test_a_failing_line_keeps_its_number() -> None:
    source = "def f(x):\n    '''doc'''\n    if (x and\n        x[0] == 1):\n        return x\n    raise ValueError(x)\n"

    with pytest.raises(ValueError, match=re.escape("[2]")) as caught:
        load(source).call("f", [2])
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [(frame.name, frame.lineno) for frame in frames if frame.filename == "instrumented_sample.py"] == [("f", 6)]


def test_annotations_decorators_defaults_and_f_strings_are_left_alone() -> None:
    source = """
        from typing import TYPE_CHECKING, Dict, Optional
        if TYPE_CHECKING:
            from nowhere import Thing
        Alias = Dict[str, int]
        TABLE = {"a": len}
        class Sized(Dict[str, Alias]):
            size: Dict[str, int] = {}
        def f(x: Optional[int] = TABLE["a"]("abc")) -> Dict[str, int]:
            y: Dict[str, "Thing"] = {}
            return f"{x == 3} {y}"
        if __name__ == "__main__" and f():
            raise SystemExit
        if __name__ == "__main__":
            f() if f() else None
        """
    loaded = sample(source)

    assert loaded.call("f") == "True {}"
    assert [site.text for site in loaded.table.sites if site.function != "<module>"] == ["f"]
    assert [site.kind for site in loaded.table.sites if site.function == "<module>"] == [
        "if",
        "operand",
        "compare",
        "operand",
        "raise",
    ]


def test_functions_that_a_compiler_reads_are_left_alone() -> None:
    assert instrument("@numba.njit(cache=True)\ndef f(a):\n    return a if a > 0 else 0\n", "m.py")[1].sites == ()


def test_an_expression_deeper_than_the_stack_runs_unobserved() -> None:
    loaded = load("total = " + " + ".join(["1"] * 700))

    assert (loaded.module.total, loaded.table) == (700, SiteTable("instrumented_sample.py", ()))


def test_predicates_are_performed_with_their_arguments() -> None:
    loaded = sample(
        """
        import re
        def look(text, more):
            return (text.startswith(*more), re.match("a+", text, flags=re.I) is not None, isinstance(text, str),
                    hasattr(text, "nope"), {}.get("k", **{}))
        """
    )

    assert loaded.call("look", "AAb", ["A"]) == (True, True, True, False, None)
    assert [
        (name, args, keywords)
        for how, _, _, name, *rest in loaded.told()[1:]
        if how == "call"
        for args, keywords, _ in [rest]
    ] == [
        ("startswith", ("A",), {}),
        ("match", ("a+", "AAb"), {"flags": re.IGNORECASE}),
        ("isinstance", ("AAb", str), {}),
        ("hasattr", ("AAb", "nope"), {}),
    ]


def test_a_site_table_goes_to_json_and_back_unchanged() -> None:
    table = instrument("def f(a):\n    try:\n        return a[0]\n    except KeyError:\n        raise\n", "m.py")[1]

    assert SiteTable.from_json(json.loads(json.dumps(table.to_json()))) == table
    assert table.sites[1] == Site(1, "item", 3, 3, 15, "a[0]", "f", in_try_handlers=("KeyError",))


def test_qualified_names_are_those_that_python_gives() -> None:
    loaded = sample(
        """
        class A:
            def m(self):
                def inner(): pass
                return inner
            class B:
                async def n(self): pass
        """
    )

    assert [site.function for site in loaded.table.sites] == ["A.m", "A.m.<locals>.inner", "A.B.n"]
    assert loaded.module.A().m().__qualname__ == "A.m.<locals>.inner"
