"""Families: tests that differ only in literal values become one parametrised test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from proctor.oracles.cases import Case
from proctor.writing.functions import Draft
from proctor.writing.naming import method_name, outcome
from proctor.writing.printing import Imports
from proctor.writing.shapes import identity_of

_LONGEST_ID = 60


@dataclass(frozen=True, slots=True)
class WrittenTest:
    """The source of one test function; `members` are the tests that pytest makes of it, by their parameter's id."""

    name: str
    source: str
    members: tuple[tuple[str, Case], ...]

    @property
    def count(self) -> int:
        """How many tests pytest makes of it."""
        return len(self.members)


def written_tests(drafts: Sequence[Draft], imports: Imports) -> tuple[WrittenTest, ...]:
    """The tests of one class: families merged, everything else on its own, in the order of the first member."""
    families: dict[tuple[object, ...], list[Draft]] = {}
    for draft in drafts:
        names = tuple(name for name, _ in draft.tokens)
        key = (draft.fixtures, draft.decorators, draft.lines, names)
        families.setdefault(key, []).append(draft)
    taken = {draft.name for draft in drafts}
    return tuple(_written(family, imports, taken) for family in families.values())


def _written(family: list[Draft], imports: Imports, taken: set[str]) -> WrittenTest:
    first: dict[tuple[tuple[str, str], ...], Draft] = {}  # of the same tests the first, which has the plain name
    for draft in family:
        first.setdefault(draft.tokens, draft)
    distinct = list(first.values())
    if len(distinct) == 1:
        draft = distinct[0]
        source = _function(draft.name, draft, draft.decorators, draft.filled(), ())
        return WrittenTest(draft.name, source, (("", draft.case),))
    return _parametrised(distinct, imports, taken)


def _parametrised(family: list[Draft], imports: Imports, taken: set[str]) -> WrittenTest:
    first = family[0]
    varying = tuple(
        name for index, (name, _) in enumerate(first.tokens) if len({draft.tokens[index][1] for draft in family}) > 1
    )
    pytest = imports.module("pytest")
    identities = _identities(family, varying)
    rows = [
        f"    {pytest}.param({', '.join(_values(draft, varying))}, id={identity!r}),"
        for draft, identity in zip(family, identities, strict=True)
    ]
    shown = f'"{varying[0]}"' if len(varying) == 1 else repr(varying)
    decorator = "\n".join([f"@{pytest}.mark.parametrize({shown}, [", *rows, "])"])
    name = _family_name(first, varying, taken)
    decorators = (*first.decorators, decorator)
    source = _function(name, first, decorators, first.filled(frozenset(varying)), varying)
    return WrittenTest(name, source, tuple(zip(identities, (draft.case for draft in family), strict=True)))


def _identities(family: list[Draft], varying: tuple[str, ...]) -> list[str]:
    """An id for each member: its values where they are short and tell it from the others, else its own name's part."""
    given = [name for name in varying if name not in ("expected", "message")] or list(varying)
    by_value = ["-".join(_value_id(name, dict(draft.tokens)[name]) for name in given) for draft in family]
    by_name = [_identity(draft) for draft in family]
    found: list[str] = []
    for value, name in zip(by_value, by_name, strict=True):
        is_telling = value.strip("-") and by_value.count(value) == 1 and len(value) <= _LONGEST_ID
        found.append(_unused(value if is_telling else name, found))
    return found


def _value_id(name: str, printed: str) -> str:
    """The value's id; numbers and flags say nothing without the name of what they are given for."""
    identity = identity_of(printed)
    is_bare = identity in ("None", "True", "False") or (identity and not any(map(str.isalpha, identity)))
    return f"{name}_{identity}" if is_bare else identity


def _unused(identity: str, found: list[str]) -> str:
    """The id, with an ordinal where another has it already."""
    same = sum(other == identity or other.startswith(f"{identity}_no_") for other in found)
    return f"{identity}_no_{same + 1}" if same else identity


def _values(draft: Draft, varying: tuple[str, ...]) -> Iterator[str]:
    tokens = dict(draft.tokens)
    yield from (tokens[name] for name in varying)


def _identity(draft: Draft) -> str:
    """The part of the test's own name that tells it from the others."""
    name = draft.name.removeprefix(f"test_{method_name(draft.case.target)}_")
    return name.removesuffix(f"_{outcome(draft.case)}") or name


def _family_name(draft: Draft, varying: tuple[str, ...], taken: set[str]) -> str:
    subjects = [name.strip("_") for name in varying if name not in ("expected", "message")]
    parts = ["test", method_name(draft.case.target), "by", "_and_".join(subjects[:2]) or "input"]
    ending = outcome(draft.case) if "expected" not in varying else "returns_value"
    name = next(name for name in _family_names(parts, draft, ending) if name not in taken)
    taken.add(name)
    return name


def _family_names(parts: list[str], draft: Draft, ending: str) -> Iterator[str]:
    """The plain name, then those with what else sets the first member apart."""
    yield "_".join([*parts, ending])
    conditions = _identity(draft).split("_and_")
    for condition in reversed(conditions):
        yield "_".join([*parts, f"and_{condition}", ending])
    name = "_".join([*parts, ending])
    while True:
        name += "_too"
        yield name


def _function(
    name: str, draft: Draft, decorators: tuple[str, ...], lines: tuple[str, ...], parameters: tuple[str, ...]
) -> str:
    arguments = ", ".join(["self", *draft.fixtures, *parameters])
    body = [f"    {line}" if line else "" for line in lines]
    return "\n".join([*decorators, f"def {name}({arguments}):", *body])
