"""The investigation of one module: load it, search each callable, and establish what tests can say about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from proctor.analysis.callers import CallerFact, find_callers
from proctor.analysis.influences import Influences
from proctor.analysis.state_uses import StateUses
from proctor.analysis.usage import uses_of_parameters
from proctor.analysis.vocabulary import vocabulary_of
from proctor.execution.expressions import NONE, Expression
from proctor.execution.records import CallableReport, Problem, TargetReport
from proctor.execution.target_process import LoadRequest, TargetProcess
from proctor.jobs.testgen.strengthening import Exploration, MutationLimits, Strengthener
from proctor.jobs.testgen.survey import Survey
from proctor.jobs.testgen.workplace import Conditions, Workplace, fake_value
from proctor.mutation.score import Fate
from proctor.oracles.cases import Case, Observers, derive_twins, establish
from proctor.oracles.diagnosis import Diagnosis, incompatibility
from proctor.oracles.endings import is_acceptable
from proctor.oracles.findings import Finding, find_bugs
from proctor.oracles.substitutes import substitutes
from proctor.scenarios.arity import several_arguments
from proctor.scenarios.collaborators import Collaborators
from proctor.scenarios.compose import Composer
from proctor.scenarios.examples import Examples
from proctor.scenarios.goals import Goal, Goals
from proctor.scenarios.inference import inferred
from proctor.scenarios.proposals import Proposer
from proctor.scenarios.rows import RowSource
from proctor.scenarios.scenario import Scenario, Step
from proctor.scenarios.search import Found, Search, SearchLimits, minimised, selected
from proctor.scenarios.state_search import StateSearch, enlarge
from proctor.scenarios.states import StatePool
from proctor.scenarios.texts import TextSource
from proctor.scenarios.values import ValueSource

_TABLES_MISSING = ("NoReferencedTableError", "InvalidRequestError", "NoForeignKeysError")
_MOST_CASES = 40
_FIRST_RUNS = 96
_MOST_TRIES = 2
_STATE_ROUNDS = 3
_OTHER_DAY = 400


class TargetUnusable(Exception):
    """The module cannot be imported; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.type}: {problem.message}")
        self.problem = problem


class _Remedied(Exception):
    """The conditions must change before it is worth going on."""

    def __init__(self, conditions: Conditions) -> None:
        super().__init__("conditions changed")
        self.conditions = conditions


@dataclass(frozen=True, slots=True)
class Investigated:
    """What an investigation found out about (a part of) a module."""

    report: TargetReport
    cases: tuple[Case, ...]
    bases: dict[str, Scenario]
    findings: tuple[Finding, ...]
    diagnoses: tuple[Diagnosis, ...]
    conditions: Conditions
    frozen: tuple[str, ...]
    runs: int
    fates: tuple[Fate, ...] = ()


class Investigator:
    """Investigates one module at one workplace."""

    def __init__(
        self,
        workplace: Workplace,
        survey: Survey,
        path: str,
        limits: SearchLimits,
        mutation: MutationLimits | None = None,
    ) -> None:
        self._mutation = mutation
        self._workplace = workplace
        self._survey = survey
        self._facts = survey.facts[path]
        self._limits = limits
        self._source = (workplace.scratch / path).read_text(encoding="utf-8")

    def investigate(self, groups: Iterable[Sequence[str]] = ((),)) -> list[Investigated]:
        """Investigate groups of callables, an empty one meaning all; what must be mended first is mended.

        Groups are taken one by one, so that several hands can share what is left of them.
        Raises TargetUnusable when the module cannot be imported.
        """
        current = Conditions()
        left, taken = iter(groups), list[frozenset[str]]()
        while True:
            try:
                return self._under(current, _taking(taken, left))
            except _Remedied as remedied:
                current = remedied.conditions

    def _under(self, conditions: Conditions, groups: Iterable[frozenset[str]]) -> list[Investigated]:
        with ExitStack() as stack:
            processes = [self._process(conditions, *variant) for variant in ((1, 0), (2, _OTHER_DAY))]
            first, second = (stack.enter_context(process) for process in processes)
            report = self._loaded(first, conditions)
            second.load()
            observers = Observers(first, second)
            return [self._investigated(members, report, observers, first, conditions) for members in groups]

    def _investigated(
        self,
        members: frozenset[str],
        report: TargetReport,
        observers: Observers,
        process: TargetProcess,
        conditions: Conditions,
    ) -> Investigated:
        study = _Study(
            self._survey,
            self._facts.path,
            self._source,
            report=report,
            process=process,
            limits=self._limits,
        )
        searches = study.search_all(members)
        self._check_dependencies(searches, conditions)
        found = study.conclude(searches, observers, conditions, self._frozen())
        if self._mutation is None:
            return found
        strengthener = Strengthener(report, self._source, process, observers, self._mutation)
        cases, fates = strengthener.strengthened(found.cases, study.explorations(searches), members)
        return replace(found, cases=cases, fates=fates, runs=process.observed)

    def _process(self, conditions: Conditions, hash_seed: int, shift_days: int) -> TargetProcess:
        request = LoadRequest(
            self._facts.module,
            conditions.imports,
            shift_days=shift_days,
            freeze=bool(self._frozen()),
            import_seconds=self._workplace.import_seconds,
        )
        return TargetProcess(self._workplace.settings(conditions, hash_seed=hash_seed), request)

    def _frozen(self) -> tuple[str, ...]:
        """The names of clock classes that the module imports, uses and does not ask for types with."""
        imported = {item.name: item.target for item in self._facts.imports}
        uses = {"datetime": (".now(", ".utcnow(", ".today("), "date": (".today(",)}
        return tuple(
            name
            for name, calls in uses.items()
            if imported.get(name) == f"datetime.{name}"
            and any(f"{name}{call}" in self._source for call in calls)
            and f", {name})" not in self._source.replace("isinstance(", "\0isinstance(").partition("\0")[2]
        )

    def _loaded(self, process: TargetProcess, conditions: Conditions) -> TargetReport:
        report = process.load()
        for problem in report.problems:
            if problem.module == self._facts.module:
                self._mend_import(problem, conditions)
        broken = report.database_problem
        if broken is not None and broken.type in _TABLES_MISSING and conditions.imports != self._survey.model_modules:
            diagnosis = Diagnosis.models_not_imported(self._facts.path, broken.message)
            raise _Remedied(conditions.with_imports(self._survey.model_modules, diagnosis))
        return report

    def _mend_import(self, problem: Problem, conditions: Conditions) -> None:
        known = incompatibility(problem.message, (problem.file,))
        if known is None or known.requirement in conditions.requirements:
            raise TargetUnusable(problem)
        diagnosis = Diagnosis.incompatible_dependency(self._facts.path, known.requirement, known.reason)
        raise _Remedied(conditions.with_requirement(known.requirement, diagnosis))

    def _check_dependencies(self, searches: Sequence[Search], conditions: Conditions) -> None:
        """An incompatible pair of packages shows in what the target's own calls raise."""
        for search in searches:
            seen = [item.seen for item in search.found] + [crash for _, crash in search.crashes]
            for raised in (observation.raised for observation in seen if observation.raised):
                known = incompatibility(raised.message, tuple(str(frame["file"]) for frame in raised.frames))
                if known is not None and known.requirement not in conditions.requirements:
                    diagnosis = Diagnosis.incompatible_dependency(self._facts.path, known.requirement, known.reason)
                    raise _Remedied(conditions.with_requirement(known.requirement, diagnosis))


def _taking(taken: list[frozenset[str]], left: Iterator[Sequence[str]]) -> Iterator[frozenset[str]]:
    """What was taken before, to be done again, and then one group after the other."""
    yield from list(taken)
    for members in left:
        taken.append(frozenset(members))
        yield taken[-1]


class _Study:
    """The search and its evaluation, with a loaded target."""

    def __init__(  # noqa: PLR0913 - what a study looks at, each from another hand
        self,
        survey: Survey,
        path: str,
        source: str,
        *,
        report: TargetReport,
        process: TargetProcess,
        limits: SearchLimits,
    ) -> None:
        self._survey = survey
        self._path = path
        self._report = report = inferred(report, uses_of_parameters(source))
        self._process = process
        self._limits = limits
        self._goals = Goals.of(report.sites)
        self._values = ValueSource(report)
        self._rows = RowSource(report.models)
        self._composer = Composer(report, self._values, self._rows)
        self._collaborators = Collaborators(report, self._values)
        self._influences = Influences(source)
        self._examples = Examples(report, source)
        self._vocabulary = vocabulary_of(source, _texts_nearby(survey, path))
        self._environment = tuple(
            (read.name, fake_value(read.name)) for read in survey.facts[path].environment_reads if read.required
        )
        self._bases: dict[str, Scenario] = {}
        self._proposers: dict[str, Proposer] = {}
        self._reached: set[Goal] = set()
        owners = frozenset(target.owner for target in report.callables if target.owner)
        self._pool = StatePool(report.classes, owners)
        self._states = StateSearch(self._pool, StateUses(source), self._collaborators)

    def search_all(self, wanted: frozenset[str]) -> list[Search]:
        """Search every callable shortly, then longer where branches stayed open, then after calls of its siblings."""
        searches = []
        for target in self._report.callables:
            if wanted and target.qualname not in wanted and target.kind != "constructor":
                continue
            search = self._search(target)
            if search is not None:
                searches.append(search)
        self._search_in_states(searches)
        self._persist(searches, lambda search, given_up: search.run((), given_up))
        self._persist(searches, partial(self._search_after_others, searches))
        self._search_in_states(searches)
        return searches

    def _search_in_states(self, searches: Sequence[Search]) -> None:
        """Call what has open goals in the states that were arrived at, as long as that leads on to new ones."""
        enlarge(searches)
        for _ in range(_STATE_ROUNDS):
            before = len(self._pool), len(self._reached)
            for owner in dict.fromkeys(search.target.owner for search in searches):
                if owner is not None:
                    members = [search for search in searches if search.target.owner == owner]
                    self._reached |= self._states.grow(owner, members, frozenset(self._reached))
            self._persist(searches, self._search_in_known_states)
            if before == (len(self._pool), len(self._reached)):
                return

    def _search_in_known_states(self, search: Search, given_up: frozenset[Goal]) -> None:
        self._states.search_in(search, self._bases[search.target.qualname], given_up)

    def _persist(self, searches: Sequence[Search], go_on: Callable[[Search, frozenset[Goal]], object]) -> None:
        """Go on with every callable that has open goals; what lies in a shared helper is tried by two at most."""
        tried: Counter[Goal] = Counter()
        for search in searches:
            given_up = frozenset(self._reached) | {goal for goal, times in tried.items() if times >= _MOST_TRIES}
            goals = search.open_goals(given_up)
            if goals:
                tried.update(goals)
                go_on(search, given_up)
                self._reached |= search.reached

    def _search(self, target: CallableReport) -> Search | None:
        base = self._composer.base(target)
        if base is None:
            return None
        base = replace(self._collaborators.lifted(base), environment=self._environment)
        self._bases[target.qualname] = base
        texts = TextSource(self._vocabulary, target.qualname)
        proposer = Proposer(target, self._report, self._influences, self._values, self._rows, self._composer, texts)
        self._proposers[target.qualname] = proposer
        # with rows to store, a run takes milliseconds: there the search does not go on for as long as it gets on
        limits = replace(self._limits, extension=1) if base.database else self._limits
        search = Search(target, self._goals, proposer, self._process, limits, is_acceptable, self._pool.notice)
        shown = [replace(seed, environment=self._environment) for seed in self._examples.seeds(target, base)]
        several = several_arguments(base, target, self._values)
        seeds = [base, *shown, *self._none_seeds(target, base), *_unset(base), *several]
        search.run(seeds, frozenset(self._reached), limit=min(_FIRST_RUNS, self._limits.runs))
        self._reached |= search.reached
        self._values.producers.learn(target, [(item.scenario, item.seen) for item in search.found])
        return search

    def _none_seeds(self, target: CallableReport, base: Scenario) -> list[Scenario]:
        """The plain call with None wherever a caller may pass it."""
        names = {fact.parameter for fact in self._callers(target) if fact.is_evidence}
        seeds = []
        for position, argument in enumerate(base.act.arguments):
            if argument.name in names:
                seeds.append(_with_argument(base, position, NONE))
        return seeds

    def _callers(self, target: CallableReport) -> tuple[CallerFact, ...]:
        return find_callers(self._survey.index, self._report.module, target.qualname)

    def _search_after_others(self, searches: Sequence[Search], search: Search, given_up: frozenset[Goal]) -> None:
        base = self._bases[search.target.qualname]
        if not base.database:  # states of plain objects are known better than by one call before
            return
        steps = [step for other in searches if other is not search for step in _preparing_steps(other)]
        seeds = self._proposers[search.target.qualname].after(base, steps)
        search.run(list(seeds)[:24], given_up, limit=search.runs + self._limits.runs // 2)

    def conclude(
        self, searches: Sequence[Search], observers: Observers, conditions: Conditions, frozen: tuple[str, ...]
    ) -> Investigated:
        """Choose, simplify and establish the cases of every callable, and judge its crashes."""
        cases: list[Case] = []
        findings: list[Finding] = []
        diagnoses = list(conditions.diagnoses)
        for search in searches:
            kept = self._kept(search)
            held = self._established(kept, observers, diagnoses)
            cases += [*held, *substitutes(search.spare, kept, held, observers, self._goals.needed)]
            diagnoses += _replaced_calls(self._path, kept)
            found = find_bugs(search.target, search.crashes, self._callers(search.target), self._controls(search))
            findings += found
            cases += [Case(item.function, _kind(item.scenario), item.scenario, (), finding=item) for item in found]
        return Investigated(
            self._report,
            tuple(cases),
            self._bases,
            tuple(findings),
            tuple(dict.fromkeys(diagnoses)),
            conditions,
            frozen,
            self._process.observed,
        )

    def explorations(self, searches: Sequence[Search]) -> list[Exploration]:
        """What was found for each callable, and who can vary it."""
        return [Exploration(search, self._proposers[search.target.qualname]) for search in searches]

    def _kept(self, search: Search) -> list[Found]:
        wanted = self._goals.needed | self._goals.wanted
        chosen = selected(search.found, wanted)[:_MOST_CASES]
        return [minimised(item, wanted, self._goals, self._process) for item in chosen]

    def _established(self, kept: Sequence[Found], observers: Observers, diagnoses: list[Diagnosis]) -> list[Case]:
        plain = [item.scenario for item in kept if not item.scenario.database]
        real = [item.scenario for item in kept if item.scenario.database and not item.scenario.mock_calls]
        twins = derive_twins(observers, kept, self._goals, self._report.models, self._report.exceptions)
        diagnoses += twins.diagnoses
        return [
            *establish(observers, "unit", [*plain, *twins.scenarios]),
            *establish(observers, "integration", real),
        ]

    def _controls(self, search: Search) -> list[Scenario]:
        """Each call that crashed on a None, with the plain call's value in its place, where that does not crash."""
        plain = {a.name: a.value for a in self._bases[search.target.qualname].act.arguments}
        for parameter in search.target.parameters:
            value = self._values.typical(parameter.type, parameter.name)
            if value is not None and plain.get(parameter.name, NONE) == NONE:
                plain[parameter.name] = value
        controls = [
            _with_argument(scenario, position, plain[argument.name])
            for scenario, seen in search.crashes
            if seen.raised is not None and "None" in seen.raised.message
            for position, argument in enumerate(scenario.act.arguments)
            if argument.value == NONE and plain.get(argument.name, NONE) != NONE
        ]
        distinct = list(dict.fromkeys(controls))
        seen_again = self._process.observe(distinct)
        return [
            control for control, seen in zip(distinct, seen_again, strict=True) if seen.ended and is_acceptable(seen)
        ]


def _texts_nearby(survey: Survey, path: str) -> list[str]:
    """The texts in the bodies of the project's modules that a module imports."""
    wanted = {item.target for item in survey.facts[path].imports}
    near = [
        facts
        for facts in survey.facts.values()
        if any(target == facts.module or target.startswith(f"{facts.module}.") for target in wanted)
    ]
    found = [callable_facts for facts in near for callable_facts in facts.callables]
    return [text for each in found for text in each.literals if isinstance(text, str)]


def _with_argument(scenario: Scenario, position: int, value: Expression) -> Scenario:
    arguments = list(scenario.act.arguments)
    arguments[position] = replace(arguments[position], value=value)
    return replace(scenario, act=replace(scenario.act, arguments=tuple(arguments)))


def _unset(base: Scenario) -> list[Scenario]:
    """The plain call with each variable of the environment missing."""
    made = []
    for name, _ in base.environment:
        rest = tuple((other, None if other == name else value) for other, value in base.environment)
        made.append(replace(base, environment=rest))
    return made


def _preparing_steps(search: Search) -> list[Step]:
    """The calls of another callable that succeed and leave something behind."""
    for item in search.found:
        changes = item.seen.committed or not item.scenario.database
        if item.seen.outcome == "returned" and changes and search.target.kind == "method":
            return [item.scenario.act]
    return []


def _kind(scenario: Scenario) -> str:
    return "integration" if scenario.database == "session" else "unit"


def _replaced_calls(path: str, kept: Sequence[Found]) -> list[Diagnosis]:
    calls = dict.fromkeys(
        f"{item.holder.replace(':', '.')}.{item.name}" for found in kept for item in found.scenario.replacements
    )
    return [Diagnosis.outside_reached(path, call, path) for call in calls]
