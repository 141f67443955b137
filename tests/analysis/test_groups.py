"""Logical groups of a large class or module."""

from proctor.analysis.facts import ClassFacts, ModuleFacts
from proctor.analysis.groups import Group, logical_groups
from proctor.analysis.reading import read_module

NAMES = {
    "Order": ["create_order", "cancel_order", "complete_order", "update_order"],
    "Query": ["list_orders", "get_order", "filter_orders", "paginate_orders", "search_orders"],
    "Rate": ["apply_discount", "calculate_tax", "calculate_total", "validate_discount", "check_tax"],
}


def orders() -> ClassFacts:
    bodies = {
        "Order": "self.session.add(Order()); self._notify()",
        "Query": "return self.session.query(Order).all()",
        "Rate": "return self.rates[Rate.STANDARD] * Decimal(1)",
    }
    methods = [f"    def {name}(self): {bodies[kind]}" for kind, names in NAMES.items() for name in names]
    facts = read_module("a.py", "a", "class Orders:\n" + "\n".join([*methods, "    def _notify(self): pass\n"]))
    assert isinstance(facts, ModuleFacts)
    return facts.classes[0]


def test_methods_that_share_words_and_state_are_grouped_under_their_verbs():
    assert logical_groups(orders(), max_methods=5) == (
        Group("cancel, complete, create", tuple(f"Orders.{name}" for name in NAMES["Order"])),
        Group("filter, get, list", tuple(f"Orders.{name}" for name in NAMES["Query"])),
        Group("apply, calculate, check", tuple(f"Orders.{name}" for name in NAMES["Rate"])),
    )


def test_few_methods_are_one_group_without_the_private_ones():
    every = tuple(f"Orders.{name}" for names in NAMES.values() for name in names)

    assert logical_groups(orders(), max_methods=14) == (Group("apply, calculate, cancel", every),)


def test_no_method_is_lost_and_no_group_is_too_large():
    source = "\n".join(f"def handle_{chr(97 + n % 26)}{n}(x): return x" for n in range(41))
    facts = read_module("a.py", "a", source)
    assert isinstance(facts, ModuleFacts)

    groups = logical_groups(facts)

    assert sorted(name for group in groups for name in group.methods) == sorted(f.name for f in facts.functions)
    assert (max(len(group.methods) for group in groups) <= 12, len({group.name for group in groups})) == (
        True,
        len(groups),
    )


def test_nothing_public_gives_no_group():
    facts = read_module("a.py", "a", "def _hidden(): pass\n")

    assert isinstance(facts, ModuleFacts)
    assert logical_groups(facts) == ()


def test_a_group_goes_to_json_and_back_unchanged():
    group = Group("get, list", ("A.get", "A.list"))

    assert Group.from_json(group.to_json()) == group
