"""Puts modules in an order in which each comes after those it imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter

from proctor.analysis.facts import ImportFact, ModuleFacts

_Graph = Mapping[str, Sequence[str]]


def import_order(modules: Sequence[ModuleFacts]) -> tuple[tuple[str, ...], ...]:
    """Waves of module names; a module is in a later wave than what it imports, and a cycle shares one wave.

    Read from `ast` facts and not with grimp: grimp needs the package to be importable and stops at the first syntax
    error anywhere in it, while one broken file here must not cost the order of the others.
    """
    graph = imported_modules(modules)
    cycle_of = {name: cycle for cycle in _cycles(graph) for name in cycle}
    sorter: TopologicalSorter[tuple[str, ...]] = TopologicalSorter()
    for name, needed in graph.items():
        sorter.add(cycle_of[name], *(cycle_of[other] for other in needed if cycle_of[other] != cycle_of[name]))
    return tuple(_waves(sorter))


def imported_modules(modules: Sequence[ModuleFacts]) -> dict[str, tuple[str, ...]]:
    """For each module those of the same project that it imports when it runs, by name."""
    known = {module.module for module in modules}
    return {
        module.module: tuple(sorted(set(_needed(module.imports, known)) - {module.module}))
        for module in sorted(modules, key=lambda each: each.module)
    }


def _needed(imports: Iterable[ImportFact], known: set[str]) -> Iterator[str]:
    for each in imports:
        prefix = each.target.removesuffix(".*")
        while prefix and prefix not in known:
            prefix = prefix.rpartition(".")[0]
        if prefix and not each.is_for_types_only:
            yield prefix


def _waves(sorter: TopologicalSorter[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    sorter.prepare()
    while sorter.is_active():
        ready = sorter.get_ready()
        yield tuple(sorted(name for cycle in ready for name in cycle))
        sorter.done(*ready)


def _cycles(graph: _Graph) -> Iterator[tuple[str, ...]]:
    """Strongly connected components (Kosaraju): finish order one way, reach the other way."""
    finished = list(_finish_order(graph, graph))
    backwards: dict[str, list[str]] = {name: [] for name in graph}
    for name, needed in graph.items():
        for other in needed:
            backwards[other].append(name)
    seen: set[str] = set()
    for name in reversed(finished):
        component = tuple(_finish_order(backwards, [name], seen))
        if component:
            yield tuple(sorted(component))


def _finish_order(graph: _Graph, starts: Iterable[str], seen: set[str] | None = None) -> Iterator[str]:
    """Names in the order in which a depth first walk leaves them; names already seen are left out."""
    seen = set() if seen is None else seen
    for start in starts:
        path = [] if start in seen else [(start, iter(graph[start]))]
        seen.add(start)
        while path:
            name, rest = path[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                path.pop()
                yield name
            else:
                seen.add(following)
                path.append((following, iter(graph[following])))
