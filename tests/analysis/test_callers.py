"""Evidence from callers: who may pass None, and what keeps it away."""

import textwrap

import pytest

from proctor.analysis.call_index import CallIndex, index_calls
from proctor.analysis.callers import CallerFact, find_callers
from proctor.analysis.reading import ParsedModule, parse_module

SERVICE = """
class Base:
    def ping(self, text): return text
class Catalogue(Base):
    def __init__(self, session): self.session = session
    def lookup_items(self, text: str, page: int = 1): return text in page
    @staticmethod
    def normal(text): return text
class Other:
    def lookup_items(self, text): return text
def find_items(text: str, *, page=1): return text
"""


def index(**sources: str) -> CallIndex:
    modules = []
    for name, source in {"shop__service": SERVICE, **sources}.items():
        dotted = name.replace("__", ".")
        parsed = parse_module(f"{dotted.replace('.', '/')}.py", dotted, textwrap.dedent(source))
        assert isinstance(parsed, ParsedModule)
        modules.append(parsed)
    return index_calls(modules)


def evidence(source: str, qualname: str = "Catalogue.lookup_items") -> list[tuple[str, bool, bool]]:
    found = find_callers(index(shop__api=source), "shop.service", qualname)
    return [(fact.argument_text, fact.allows_none, fact.guarded) for fact in found]


def test_a_route_that_passes_an_optional_query_on_is_evidence():
    source = """
        from fastapi import APIRouter, Depends
        from shop.service import Catalogue
        router = APIRouter()
        def get_catalogue(session=Depends(get_session)) -> Catalogue:
            return Catalogue(session)
        @router.get("/items")
        def items(q: str | None = None, page: int = 1, catalogue: Catalogue = Depends(get_catalogue)):
            return catalogue.lookup_items(q, page=page)
        """

    assert find_callers(index(shop__api=source), "shop.service", "Catalogue.lookup_items") == (
        CallerFact(
            path="shop/api.py",
            line=9,
            function="items",
            parameter="page",
            argument_text="page",
            allows_none=False,
            guarded=False,
            reason="shop/api.py:9 items passes `page`, which is not declared to be None",
        ),
        CallerFact(
            path="shop/api.py",
            line=9,
            function="items",
            parameter="text",
            argument_text="q",
            allows_none=True,
            guarded=False,
            reason="shop/api.py:9 items passes `q`, declared as `q: str | None = None`, without looking at it first",
        ),
    )


@pytest.mark.parametrize(
    ("declared", "allowed"),
    [
        ("q: str | None", True),
        ("q: Optional[str]", True),
        ("q: typing.Union[str, None]", True),
        ("q: 'str | None'", True),
        ("q: Annotated[str | None, Query(max_length=3)]", True),
        ("q: str = Query(None)", True),
        ("q: str = Query(default=None, max_length=3)", True),
        ("q=None", True),
        ("q: str", False),
        ("q: str = ''", False),
        ("q: str = Query('x')", False),
        ("q: Any", False),
        ("q", False),
        ("*q: str | None", False),
    ],
)
def test_a_parameter_allows_none_when_it_is_declared_so(declared, allowed):
    source = f"from shop.service import find_items\ndef go({declared}):\n    return find_items(q)\n"

    assert evidence(source, "find_items") == [("q", allowed, False)]


@pytest.mark.parametrize(
    "body",
    [
        "if q:\n        return find_items(q)",
        "if q is None:\n        return None\n    return find_items(q)",
        "assert q is not None\n    return find_items(q)",
        "q = q or ''\n    return find_items(q)",
        "return find_items(q) if q else None",
        "return [find_items(q) for _ in range(2) if q]",
        "return q and find_items(q)",
        "check(q)\n    return find_items(q)",
        "q.strip()\n    return find_items(q)",
        "match q:\n        case None: return 1\n    return find_items(q)",
        "try:\n        return find_items(q)\n    except TypeError:\n        return None",
        "with suppress(Exception):\n        return find_items(q)",
        "return lambda: find_items(q)",
        "while True:\n        find_items(q)\n        q = 'x'",
    ],
)
def test_in_doubt_a_value_is_guarded(body):
    source = f"from shop.service import find_items\ndef go(q: str | None):\n    {body}\n"

    assert evidence(source, "find_items") == [("q", True, True)]


@pytest.mark.parametrize(
    "body",
    [
        "logger.info('looking for %s', q)\n    return find_items(q)",
        "print(f'{q}')\n    return find_items(q)",
        "found = find_items(q)\n    return found if q else []",
        "try:\n        return find_items(q)\n    except KeyError:\n        return None",
        "return find_items(text=q)",
    ],
)
def test_messages_and_later_checks_guard_nothing(body):
    source = f"from shop.service import find_items\ndef go(q: str | None):\n    {body}\n"

    assert evidence(source, "find_items") == [("q", True, False)]


@pytest.mark.parametrize(
    "caller",
    [
        "def go(q=None):\n    return Catalogue(1).lookup_items(q)",
        "def go(q=None):\n    c = Catalogue(1)\n    return c.lookup_items(q)",
        "def go(c: 'Catalogue | None', q=None):\n    return c.lookup_items(q)",
        "def go(c: Annotated[Catalogue, Depends()], q=None):\n    return c.lookup_items(q)",
        "def make():\n    yield Catalogue(1)\ndef go(c=Depends(make), q=None):\n    return c.lookup_items(q)",
        "def make() -> Iterator[Catalogue]: ...\ndef go(c=Depends(make), q=None):\n    return c.lookup_items(q)",
        "Dep = Annotated[Catalogue, Depends()]\ndef go(c: Dep, q=None):\n    return c.lookup_items(q)",
        "c = Catalogue(1)\ndef go(q=None):\n    return c.lookup_items(q)",
        "class A:\n    def __init__(self): self.c = Catalogue(1)\n"
        "    def go(self, q=None): return self.c.lookup_items(q)",
        "class A:\n    def __init__(self, c: Catalogue): self.c = c\n"
        "    def go(self, q=None): return self.c.lookup_items(q)",
        "class A:\n    def __init__(self, c=None): self.c = c or Catalogue(1)\n"
        "    def go(self, q=None): return self.c.lookup_items(q)",
        "class A:\n    c: Catalogue\n    def go(self, q=None): return self.c.lookup_items(q)",
        "class Sub(Catalogue):\n    def go(self, q=None): return self.lookup_items(q)",
        "class Sub(Catalogue):\n    def go(self, q=None): return super().lookup_items(q)",
        "def go(q=None):\n    return Catalogue.lookup_items(object(), q)",
        "async def go(q=None):\n    with Catalogue(1) as c:\n        return c.lookup_items(q)",
    ],
)
def test_a_method_is_found_through_what_its_receiver_is(caller):
    assert evidence(f"from shop.service import Catalogue\n{caller}\n")[-1] == ("q", True, False)


def test_a_receiver_and_a_type_are_found_behind_imported_names_for_annotations():
    sources = {
        "shop__deps": "from shop.service import Catalogue\ndef make() -> Catalogue: ...\n"
        "Items = Annotated[Catalogue, Depends(make)]\nWords = Annotated[str | None, Query()]\n",
        "shop__api": "from shop.deps import Items, Words\ndef go(items: Items, q: Words): items.lookup_items(q)\n",
    }

    (fact,) = find_callers(index(**sources), "shop.service", "Catalogue.lookup_items")
    assert (fact.function, fact.is_evidence) == ("go", True)


@pytest.mark.parametrize(
    "caller",
    [
        "def go(c: Other, q=None):\n    return c.lookup_items(q)",
        "def go(q=None):\n    return Other().lookup_items(q)",
        "def go(c: Unheard, q=None):\n    return c.lookup_items(q)",
        "def go(c, q=None):\n    return c.lookup_items(q)",
        "import requests\ndef go(q=None):\n    return requests.lookup_items(q)",
        "def go(q=None):\n    a = b\n    b = a\n    return a.lookup_items(q)",
    ],
)
def test_another_receiver_or_an_unknown_one_is_no_evidence(caller):
    assert evidence(f"from shop.service import Catalogue, Other\n{caller}\n") == []


def test_an_unknown_receiver_counts_when_only_one_class_has_the_method():
    assert evidence("def go(c, q=None):\n    return c.ping(q)\n", "Base.ping") == [("q", True, False)]


def test_a_name_that_builtin_objects_share_is_never_taken_for_unique():
    sources = {
        "shop__store": "class Store:\n    def get(self, key): return key\n",
        "shop__api": "def go(c, q=None): c.get(q)\n",
    }

    assert find_callers(index(**sources), "shop.store", "Store.get") == ()


@pytest.mark.parametrize(
    "source",
    [
        "import shop.service\ndef go(q=None): shop.service.find_items(q)",
        "from shop import service as s\ndef go(q=None): s.find_items(q)",
        "from shop.service import find_items as f\ndef go(q=None): f(q)",
        "from shop.service import *\ndef go(q=None): find_items(q)",
        "from .service import find_items\ndef go(q=None): find_items(q)",
    ],
)
def test_a_function_is_found_under_every_import(source):
    assert evidence(source, "find_items") == [("q", True, False)]


def test_reexports_are_followed_and_shadowed_names_are_not():
    sources = {
        "shop__public": "from shop.service import find_items\n",
        "shop__api": "from shop.public import find_items\ndef go(q=None): find_items(q)\n",
        "shop__other": "from shop.service import find_items\ndef go(find_items, q=None): find_items(q)\n",
    }

    assert [fact.path for fact in find_callers(index(**sources), "shop.service", "find_items")] == ["shop/api.py"]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("class P(BaseModel):\n    name: str | None = None", [("p.name", True, False)]),
        ("class Q(BaseModel):\n    name: Optional[str]\nclass P(Q):\n    pass", [("p.name", True, False)]),
        ("class P(BaseModel):\n    name: str", [("p.name", False, False)]),
        (
            "class P(BaseModel):\n    name: str | None\n    @field_validator('name')\n    def check(cls, v): return v",
            [("p.name", False, False)],
        ),
        (
            "class P(BaseModel):\n    name: str | None\n    @model_validator(mode='after')\n    def check(self): ...",
            [("p.name", False, False)],
        ),
    ],
)
def test_fields_of_a_payload_count_unless_a_validator_looks_at_them(payload, expected):
    source = f"from shop.service import find_items\n{payload}\ndef go(p: P):\n    return find_items(p.name)\n"

    assert evidence(source, "find_items") == expected


@pytest.mark.parametrize(
    ("body", "guarded"),
    [
        ("if p.size: pass\n    return find_items(p.name)", False),
        ("if p.name: return find_items(p.name)", True),
        ("check(p)\n    return find_items(p.name)", True),
        ("p.check()\n    return find_items(p.name)", True),
        ("p.name = 'x'\n    return find_items(p.name)", True),
    ],
)
def test_a_field_is_guarded_by_what_looks_at_it_or_its_object(body, guarded):
    payload = "class P:\n    name: str | None\n    size: int\n"
    source = f"from shop.service import find_items\n{payload}def go(p: P):\n    {body}\n"

    assert evidence(source, "find_items") == [("p.name", True, guarded)]


def test_none_itself_is_evidence_and_a_default_or_star_is_none():
    source = (
        "from shop.service import Catalogue\ndef go(args):\n    Catalogue(None)\n    Catalogue(1).lookup_items(*args)\n"
    )

    assert evidence(source) == []
    assert evidence(source, "Catalogue.__init__") == [("None", True, False), ("1", False, False)]


def test_what_tests_pass_is_no_evidence():
    sources = {"tests__test_api": "from shop.service import find_items\ndef test_it(q=None): find_items(q)\n"}

    assert find_callers(index(**sources), "shop.service", "find_items") == ()


def test_an_unknown_target_has_no_callers():
    assert find_callers(index(), "shop.service", "nothing") == ()


def test_a_caller_fact_goes_to_json_and_back_unchanged():
    fact = CallerFact("a.py", 1, "go", "q", "q", True, False, "because")

    assert (CallerFact.from_json(fact.to_json()), fact.is_evidence) == (fact, True)
